"""A document goes missing: gone before it was kept, never there, lost in the software. The accountant sees where each
entry stands and what to do, and all three come to the books with what they should have."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from services.hub.tests.browser import Answer, Browser

from qontable.addresses import Addresses
from sandbox.app.onboarding import Client, onboard
from sandbox.app.systems import Systems, open_systems
from sandbox.domain.book.desk import YEAR
from sandbox.domain.book.generator import LEAST_ENTRIES, make_book
from sandbox.domain.drafts import Draft, document_identity
from sandbox.domain.software_seed import seed_from_workshop
from sandbox.entrypoints.console import watching

from .system import System

FIRM, FILE, CODE = "frm_missing", "fil_missing", "MISSING-1"
CONNECTOR = "pennylane"
"""It takes a document after its entry."""
BOOK = make_book(LEAST_ENTRIES)
PURCHASES = [draft for draft in BOOK.drafts if draft.kind == "purchase" and draft.document_name]
GONE, LOST = PURCHASES[:2]
BARE = PURCHASES[2].model_copy(update={"document_name": None})
PATIENCE_SECONDS = 30


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def systems(system: System) -> AsyncIterator[Systems]:
    """The parts of the running system."""
    async with open_systems(Addresses.model_validate_json(system.addresses_file.read_text())) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def software_file(systems: Systems) -> str:
    """Where the entries of the firm's one client file go, which is active."""
    seed = seed_from_workshop(BOOK.workshop, connector=CONNECTOR, firm=FIRM, code=CODE)
    client = Client(
        firm_id=FIRM, firm_name="Cabinet Fontaine", file_id=FILE, siren=None, seed=seed, send_from=f"{YEAR}-01-01",
        ask_about_duplicates=False, real_limits=False,
    )  # fmt: skip
    with watching() as progress:
        return (await onboard(systems, client, progress)).software_file_id


@pytest_asyncio.fixture(loop_scope="session")
async def hub(system: System, systems: Systems, software_file: str) -> AsyncIterator[Browser]:
    """The browser of the firm's administrator, in French."""
    token = await systems.hub.sign_in(FIRM, systems.platform_secret)
    browser = Browser(system.world.http_url("hub"))
    await browser.send(await browser.get("/sign-in"), "/sign-in", token=token)
    browser.client.headers["Accept-Language"] = "fr"
    yield browser
    await browser.client.aclose()


async def test_a_document_goes_missing_in_three_ways_and_all_three_entries_come_to_the_books(
    system: System, systems: Systems, software_file: str, hub: Browser
) -> None:
    await _choose(hub, documents="hold")
    struck = {"connector": CONNECTOR, "route": "POST /ledger_entries", "reply": "cut", "count": 1}
    await systems.control.order_fault("lose_documents", **struck)
    await _publish(system, systems, software_file)

    gone = await _until(hub, GONE, "Une pièce jointe n'existe plus. Importez de nouveau la pièce")
    assert "Échec de la synchronisation" in gone.words
    assert "Le justificatif n'a pas pu être repris de Qonto" in gone.words
    await _until(hub, BARE, "en attente d'un justificatif Ajoutez-le dans Qonto et validez-la de nouveau")
    lost = await _until(hub, LOST, "Synchronisée, justificatif manquant")
    assert "Le justificatif est gardé ici et peut encore partir." in lost.words
    for tab, draft in (("to_verify", GONE), ("ready", BARE), ("synchronized&state=document_missing", LOST)):
        shown = await hub.get(f"/files/{FILE}?tab={tab}")
        assert [row[1] for row in shown.rows()] == [draft.label], tab
    assert await _booked(systems) == (1, 0, [LOST.key])

    await _choose(hub, documents="warn")
    await hub.send(lost, f"{_path(LOST)}/document-resending")
    await _publish_again(systems, software_file)
    await _until(hub, BARE, "Elle est partie sans justificatif")
    for draft in (LOST, GONE):
        await _until(hub, draft, "Le justificatif est parti avec l'écriture vers Pennylane.")
    shown = await hub.get(f"/files/{FILE}?tab=synchronized")
    assert sorted(row[6] for row in shown.rows()) == ["envoyé", "envoyé", "sans"]
    assert await _booked(systems) == (3, 2, [])


async def _publish(system: System, systems: Systems, software_file: str) -> None:
    """All three are validated; one's document is deleted in Qonto before it was kept, while nobody fetches."""
    entries = system.process("entries")
    assert entries
    entries.suspend()
    try:
        published = await systems.platform.publish(FIRM, FILE, CONNECTOR, software_file, (GONE, BARE, LOST))
        assert published["published"] == 3, published
        document = document_identity(FILE, GONE.identity(FILE), 1)
        async with httpx.AsyncClient(base_url=system.world.http_url("sandbox")) as platform:
            assert (await platform.delete(f"/platform/documents/{document}")).status_code == 204
    finally:
        entries.resume()


async def _publish_again(systems: Systems, software_file: str) -> None:
    """The document is imported in Qonto again, and its entry validated again."""
    again = GONE.model_copy(update={"label": f"{GONE.label} bis"})
    published = await systems.platform.publish(FIRM, FILE, CONNECTOR, software_file, (again,))
    assert published["published"] == 1, published


async def _choose(hub: Browser, *, documents: str) -> None:
    """The file's rule about entries without a document."""
    kept = await hub.send(await hub.get(f"/files/{FILE}/settings"), f"/files/{FILE}/policies", documents=documents)
    assert "Les réglages sont enregistrés." in kept.words


async def _until(hub: Browser, draft: Draft, words: str) -> Answer:
    """An entry's page, as soon as it says this."""
    page = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while page is None or page.status != 200 or words not in page.words:
                await asyncio.sleep(0.1)
                page = await hub.get(_path(draft))
    except TimeoutError:
        raise AssertionError(f"{words!r} is not on {page and page.words}") from None
    return page


async def _booked(systems: Systems) -> tuple[int, int, list[str]]:
    """How many entries and documents are in the books, and which entry is not there as it was validated."""
    verdict = await systems.control.ledger(CONNECTOR, CODE)
    assert (verdict["doubled"], verdict["unexpected"]) == ([], [])
    return verdict["entries"], verdict["documents"], verdict["altered"]


def _path(draft: Draft) -> str:
    return f"/files/{FILE}/entries/{draft.identity(FILE)}"
