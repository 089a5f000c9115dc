"""Engine and Cegid Loop connector on real sockets, against the stand-in: jobs, halves, documents that it fetches."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateways.connectors.cegid_loop.client import CegidLoop
from gateways.connectors.cegid_loop.settings import CegidLoopSettings
from gateways.connectors.registry import load_sheets
from gateways.entrypoints.documents import serve_documents
from local_stack.world import World
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryDispatched, KeptDocument
from qontable.events.hub import Throttle
from qontable.events.reference import AccountsFetched, AccountsRefreshRequested
from qontable.reference import reference_uuid
from qontable.storage import open_storage

from .house import House, open_house

KEY, SECRET = "public-part", "secret-part-7Qz"
LIMITS = {"requests": 10_000, "seconds": 10.0, "concurrent": 50}
HUB = "/cegid_loop/hub/folders/DURAND"
PDF = b"%PDF-1.7 a small invoice"


@asynccontextmanager
async def _running(world: World) -> AsyncIterator[httpx.AsyncClient]:
    environment = os.environ | world.settings_env("sandbox")
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "sandbox", env=environment, stdout=DEVNULL)
    try:
        async with httpx.AsyncClient(base_url=world.http_url("sandbox"), timeout=10) as client:
            await _ready(client)
            await _fill(client, world)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                if (await client.get("/control/faults")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def _fill(client: httpx.AsyncClient, world: World) -> None:
    seed = {
        "connector": "cegid_loop",
        "firm": "Cabinet",
        "code": "DURAND",
        "name": "Durand SARL",
        "accounts": [
            {"number": "606400", "label": "Fournitures"},
            {"number": "401000", "label": "Fournisseurs"},
        ],
        "subsidiaries": [{"code": "FDURAND", "label": "Papeterie Durand", "account": "401000"}],
        "journals": [{"code": "ACH", "name": "Achats", "type": "purchases"}],
        "fiscal_years": [{"start": "2026-01-01", "end": "2026-12-31"}],
    }
    (await client.post("/control/software-files", json=seed)).raise_for_status()
    subscription = world.settings_env("gateways")["QONTABLE_CEGID_LOOP_SUBSCRIPTION_KEY"]
    token = {
        "connector": "cegid_loop", "firm": "Cabinet", "token": f"{KEY}:{SECRET}", "secret": subscription,
        "activated": True,
    }  # fmt: skip
    (await client.post("/control/tokens", json=token | LIMITS)).raise_for_status()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loop_software(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The stand-in with one client file and one key."""
    async with _running(world) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loop_house(world: World, loop_software: httpx.AsyncClient) -> AsyncIterator[House]:
    """A gateway with the real connector; only its times are shorter than the sheet's."""
    sheet = load_sheets()["cegid_loop"]
    quick = {"poll_after": 0.2, "shows_within": 0.3}
    facts = {
        name: fact.model_copy(update={"value": quick.get(name, fact.value)})
        for name, fact in sheet.capabilities.items()
    }
    settles = sheet.settles_within.model_copy(update={"value": 1.0})
    changes = {"request_timeout": 3.0, "settles_within": settles, "capabilities": facts}
    variables = world.settings_env("gateways")
    settings = CegidLoopSettings.model_validate(
        {
            "url": variables["QONTABLE_CEGID_LOOP_URL"],
            "subscription_key": variables["QONTABLE_CEGID_LOOP_SUBSCRIPTION_KEY"],
        }
    )
    software: Any = CegidLoop(sheet.model_copy(update=changes), settings)
    async with open_house(world, software) as house:
        house.connector = "cegid_loop"
        house.credentials = {"api_key": KEY, "api_secret": SECRET}
        service = await house.gateway(slot="gateways-1", documents=serve_documents)
        async with service.running():
            yield house


async def _connect(house: House) -> str:
    return await house.connect(throttle=Throttle(**LIMITS))


def _dispatch(house: House, connection: str, **changes: Any) -> EntryDispatched:
    made = house.dispatch(connection, **changes)
    return made.model_copy(update={"software_file": "DURAND"})


async def _booked(house: House, *deliveries: EntryDispatched) -> list[int]:
    query = "select count(*) from sandbox.booked_entries where reference = $1"
    return [int(await house.database.fetchval(query, str(reference_uuid(item.reference)))) for item in deliveries]


@asynccontextmanager
async def _switched(software: httpx.AsyncClient, **settings: Any) -> AsyncIterator[None]:
    before = (await software.get(HUB)).raise_for_status().json()["settings"]
    (await software.patch(HUB, json=settings)).raise_for_status()
    yield
    (await software.patch(HUB, json={name: before[name] for name in settings})).raise_for_status()


@asynccontextmanager
async def _faulty(software: httpx.AsyncClient, route: str, kind: str, **more: Any) -> AsyncIterator[None]:
    order = {"kind": kind, "route": route, "count": 1, "connector": "cegid_loop"} | more
    number = (await software.post("/control/faults", json=order)).raise_for_status().json()["id"]
    yield
    faults = {fault["id"]: fault for fault in (await software.get("/control/faults")).json()["faults"]}
    await software.delete(f"/control/faults/{number}")
    assert faults[number]["struck"], f"{kind} never struck"


def _to_nowhere(delivery: EntryDispatched) -> EntryDispatched:
    """The same with a line on an account that Loop does not have."""
    first, second = delivery.entry.lines
    lines = (first.model_copy(update={"account": "999999"}), second)
    return delivery.model_copy(update={"entry": delivery.entry.model_copy(update={"lines": lines})})


async def test_entries_that_leave_together_are_one_import_and_booked_once(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    connection = await _connect(loop_house)
    deliveries = [_dispatch(loop_house, connection, file_id="fil_together", sequence=n) for n in range(8)]
    before = len((await loop_software.get(HUB)).json()["imports"])
    await loop_house.say(*deliveries)
    for delivery in deliveries:
        await loop_house.reaches(delivery, "confirmed", patience=60)
    assert await _booked(loop_house, *deliveries) == [1] * 8
    assert len((await loop_software.get(HUB)).json()["imports"]) - before < 8


async def test_an_import_that_fails_is_halved_until_the_guilty_entry_stands_alone(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    connection = await _connect(loop_house)
    deliveries = [_dispatch(loop_house, connection, file_id="fil_halved", sequence=n) for n in range(6)]
    deliveries[2] = _to_nowhere(deliveries[2])
    await loop_house.say(*deliveries)
    rejected = await loop_house.reaches(deliveries[2], "rejected", patience=90)
    assert rejected.message is not None
    assert rejected.message.category == "import_failed"
    for delivery in deliveries[:2] + deliveries[3:]:
        await loop_house.reaches(delivery, "confirmed", patience=90)
    assert await _booked(loop_house, *deliveries) == [1, 1, 0, 1, 1, 1]


async def test_what_an_import_booked_before_it_failed_is_not_booked_again(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    connection = await _connect(loop_house)
    deliveries = [_dispatch(loop_house, connection, file_id="fil_partial", sequence=n) for n in range(4)]
    deliveries[1] = _to_nowhere(deliveries[1])
    async with _switched(loop_software, partial=True):
        await loop_house.say(*deliveries)
        await loop_house.reaches(deliveries[1], "rejected", patience=90)
        for delivery in (deliveries[0], *deliveries[2:]):
            await loop_house.reaches(delivery, "confirmed", patience=90)
    assert await _booked(loop_house, *deliveries) == [1, 0, 1, 1]


async def test_a_file_without_activation_returns_its_entries_under_one_cause_and_takes_them_once_activated(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    connection = await _connect(loop_house)
    deliveries = [_dispatch(loop_house, connection, file_id="fil_inactive", sequence=n) for n in range(3)]
    async with _switched(loop_software, activated=False):
        await loop_house.say(*deliveries)
        told = [await loop_house.reaches(delivery, "rejected", patience=60) for delivery in deliveries]
    assert {event.message.category for event in told if event.message} == {"connector_not_activated"}
    assert all("does not have access" in event.message.text for event in told if event.message)
    again = _dispatch(loop_house, connection, file_id="fil_inactive", entry_id=deliveries[0].entry.entry_id)
    await loop_house.say(again)
    await loop_house.reaches(again, "confirmed", patience=60)


async def test_a_document_is_fetched_by_the_software_and_its_link_is_nowhere_else(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    storage = open_storage(loop_house.world.settings_env("gateways")["QONTABLE_STORAGE_URL"])
    await storage.put("documents/loop/one", PDF)
    kept = KeptDocument(
        document_id="doc_1", file_name="Facture.pdf", media_type="application/pdf", size=len(PDF),
        sha256=sha256(PDF).hexdigest(), storage_key="documents/loop/one",
    )  # fmt: skip
    delivery = _dispatch(loop_house, await _connect(loop_house)).model_copy(update={"documents": (kept,)})
    await loop_house.say(delivery)
    confirmed = await loop_house.reaches(delivery, "confirmed", patience=60)
    assert confirmed.documents == "sent"
    query = """
        select exists (
            select from sandbox.booked_entries e join sandbox.booked_documents d on d.entry_id = e.id
            where e.reference = $1 and d.sha256 = $2
        )
    """
    await loop_house.until(query, str(reference_uuid(delivery.reference)), kept.sha256, patience=60)
    heard = b"".join(event.body() for event, _ in loop_house.heard)
    assert b"/documents/" not in heard


FAULTS = [
    ("answer_late", {"seconds": 5.0}),
    ("book_and_cut", {}),
    ("book_and_error", {}),
    ("throttle", {"seconds": 1.0}),
    ("answer_without_entry", {}),
]


@pytest.mark.parametrize(("kind", "more"), FAULTS, ids=[kind for kind, _ in FAULTS])
async def test_whatever_the_software_does_to_an_import_the_entry_is_booked_once(
    loop_house: House, loop_software: httpx.AsyncClient, kind: str, more: dict[str, Any]
) -> None:
    delivery = _dispatch(loop_house, await _connect(loop_house))
    async with _faulty(loop_software, "POST /importJson", kind, **more):
        await loop_house.say(delivery)
        await loop_house.reaches(delivery, "confirmed", patience=60)
    assert await _booked(loop_house, delivery) == [1]


@pytest.mark.parametrize("route", ["GET /getImportStatus", "GET /EcritureComptable"])
async def test_a_question_that_fails_never_leads_to_a_second_booking(
    loop_house: House, loop_software: httpx.AsyncClient, route: str
) -> None:
    delivery = _dispatch(loop_house, await _connect(loop_house))
    async with _faulty(loop_software, route, "server_error", count=2):
        await loop_house.say(delivery)
        await loop_house.reaches(delivery, "confirmed", patience=60)
    assert await _booked(loop_house, delivery) == [1]


async def test_an_import_that_takes_long_is_waited_for(loop_house: House, loop_software: httpx.AsyncClient) -> None:
    delivery = _dispatch(loop_house, await _connect(loop_house))
    async with _switched(loop_software, waiting_seconds=1.0, running_seconds=1.0):
        await loop_house.say(delivery)
        await loop_house.reaches(delivery, "handed_over", patience=60)
        await loop_house.reaches(delivery, "confirmed", patience=60)
    assert await _booked(loop_house, delivery) == [1]


@pytest.mark.parametrize("kind", ["server_error", "refuse_connection", "garbage"])
async def test_a_call_that_may_have_arrived_and_is_not_seen_is_a_person_s_and_not_sent_again(
    loop_house: House, loop_software: httpx.AsyncClient, kind: str
) -> None:
    """How long Loop retries is assumed, so nobody else can know that it does not arrive after all."""
    delivery = _dispatch(loop_house, await _connect(loop_house))
    async with _faulty(loop_software, "POST /importJson", kind):
        await loop_house.say(delivery)
        parked = await loop_house.reaches(delivery, "parked", patience=60)
    assert parked.message is not None
    assert parked.message.category == "cannot_be_excluded"
    assert await _booked(loop_house, delivery) == [0]
    await loop_house.resolve(delivery, "not_in_books")
    await loop_house.reaches(delivery, "confirmed", patience=60)
    assert await _booked(loop_house, delivery) == [1]


async def test_reference_data_are_read_from_the_routes_as_they_are(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    connection = await _connect(loop_house)
    request = AccountsRefreshRequested(
        refresh_id=f"ref_{connection}", firm_id="frm_1", file_id="fil_ref", connection_id=connection,
        connector="cegid_loop", software_file_id="DURAND", reason="button",
        requested_at=loop_house.said(ConnectionHealthChanged)[0].since,
    )  # fmt: skip
    await loop_house.say(request)

    def told() -> list[AccountsFetched]:
        return loop_house.said(AccountsFetched, refresh_id=request.refresh_id)

    await loop_house.comes_true(lambda: any(event.closing or event.failure for event in told()), patience=60)
    parts = told()
    assert not [event.failure for event in parts if event.failure]
    rows = [event.rows for event in parts if event.rows]
    assert {row.number for part in rows for row in part.accounts} == {"606400", "401000"}
    assert [(row.number, row.label) for part in rows for row in part.subsidiaries] == [("FDURAND", "Papeterie Durand")]
    assert [(row.code, row.type) for part in rows for row in part.journals] == [("ACH", "purchases")]
    assert not [row for part in rows for row in part.fiscal_years]


async def test_a_revoked_key_halts_and_a_renewed_connection_delivers(
    loop_house: House, loop_software: httpx.AsyncClient
) -> None:
    connection = await _connect(loop_house)
    await loop_software.patch(
        "/control/tokens", json={"connector": "cegid_loop", "token": f"{KEY}:{SECRET}", "revoked": True}
    )
    delivery = _dispatch(loop_house, connection)
    await loop_house.say(delivery)
    await loop_house.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
    await loop_software.patch(
        "/control/tokens", json={"connector": "cegid_loop", "token": f"{KEY}:{SECRET}", "revoked": False}
    )
    assert await _booked(loop_house, delivery) == [0]
    await loop_house.change(connection, version=2, throttle=Throttle(**LIMITS))
    await loop_house.reaches(delivery, "confirmed", patience=60)
    assert await _booked(loop_house, delivery) == [1]
