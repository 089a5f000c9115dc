"""The stand-in platform as the rest of the house meets it: topics, links and its control API."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from qontable.clock import now
from qontable.events.delivery import DocumentLinkRequested, EntryStatusChanged, SoftwareMessage
from qontable.events.hub import EntryCorrectionRequested, FileCreationRequested, SoftwareFile
from qontable.events.platform import EntryContent, WireLine
from sandbox.app.platform import PlatformParts
from sandbox.domain.book.generator import make_book
from sandbox.domain.drafts import Draft
from sandbox.domain.links import LinkSigner

FIRM = {
    "firm_id": "frm_1",
    "name": "Cabinet",
    "administrator": {"user_id": "usr_1", "name": "Zoé", "email": "z@x.example"},
}
TARGET = {"firm_id": "frm_1", "connector": "myunisoft", "software_file_id": "4521"}
Publish = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def file_id(http: httpx.AsyncClient, request: pytest.FixtureRequest) -> str:
    """A client file of this test's own."""
    name = f"fil_{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}"
    assert (await http.post("/firms", json=FIRM)).status_code == 201
    created = await http.post("/files", json={"firm_id": "frm_1", "file_id": name, "name": "Atelier Morvan"})
    assert created.status_code == 201
    return name


@pytest.fixture
def publish(http: httpx.AsyncClient, file_id: str) -> Publish:
    async def call(drafts: list[Draft], **changes: object) -> dict[str, Any]:
        entries = [draft.model_dump(mode="json") for draft in drafts]
        answer = await http.post(f"/files/{file_id}/entries", json=TARGET | {"entries": entries} | changes)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    return call


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return [draft for draft in make_book(60).drafts if draft.document_name][:3]


def of(file_id: str, revision: int = 1) -> Callable[[Any], bool]:
    return lambda event: event.file_id == file_id and getattr(event, "revision", revision) == revision


async def eventually(http: httpx.AsyncClient, file_id: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await http.get(f"/files/{file_id}/progress")).json()
            if wanted(found):
                return found
            await asyncio.sleep(0.1)


async def test_a_client_file_that_is_wanted_is_created_once(http: httpx.AsyncClient, bus: Any, file_id: str) -> None:
    software_file = SoftwareFile(software_file_id="4521", name="SCI Les Tilleuls", code="TIL", siren="753012467")
    wanted = FileCreationRequested(
        firm_id="frm_1", creation_id=f"cre_{file_id}", connection_id="con_1", connector="myunisoft",
        software_file=software_file, requested_by="usr_1", requested_at=now(),
    )  # fmt: skip
    await bus.say(wanted.model_copy(update={"firm_id": "frm_nobody", "creation_id": "cre_nobody"}))
    for _ in range(2):
        await bus.say(wanted)
    first, second = await bus.heard("file.created", lambda event: event.creation_id == wanted.creation_id, count=2)
    assert (first.firm_id, first.name, first.siren, first.code) == ("frm_1", "SCI Les Tilleuls", "753012467", "TIL")
    assert (first.file_id, first.version, second.version) == (second.file_id, 1, 2)
    assert (await http.get(f"/files/{first.file_id}/progress")).json()["published"] == 0


async def test_a_firm_and_a_file_are_announced_with_growing_versions(
    http: httpx.AsyncClient, bus: Any, file_id: str
) -> None:
    again = await http.post("/files", json={"firm_id": "frm_1", "file_id": file_id, "name": "Atelier Morvan SAS"})
    assert again.json()["version"] == 2
    first, second = await bus.heard("file.created", of(file_id), count=2)
    assert [(first.name, first.version), (second.name, second.version)] == [
        ("Atelier Morvan", 1),
        ("Atelier Morvan SAS", 2),
    ]
    (firm,) = await bus.heard("firm.created", lambda event: event.firm_id == "frm_1")
    assert firm.administrator.name == "Zoé"


async def test_a_file_of_an_unknown_firm_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/files", json={"firm_id": "frm_nobody", "file_id": "fil_x", "name": "X"})
    assert answer.status_code == 404


async def test_entries_are_published_with_documents_that_the_links_open(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    assert await publish(drafts) == {"published": 3, "unchanged": 0, "too_large": []}
    events = await bus.heard("entry.validated", of(file_id), count=3)
    assert [event.label for event in events] == [draft.label for draft in drafts]
    for event in events:
        (document,) = event.documents
        answer = await http.get(document.url)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert hashlib.sha256(answer.content).hexdigest() == document.sha256
        assert len(answer.content) == document.size
    assert len({event.documents[0].sha256 for event in events}) == 3


async def test_publishing_twice_says_nothing_twice_and_a_change_is_a_revision(
    bus: Any, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    await publish(drafts)
    assert (await publish(drafts))["unchanged"] == 3
    changed = drafts[0].model_copy(update={"label": "Autre libellé"})
    assert await publish([changed, *drafts[1:]]) == {"published": 1, "unchanged": 2, "too_large": []}
    (event,) = await bus.heard("entry.validated", of(file_id, revision=2))
    assert event.label == "Autre libellé"


async def test_an_entry_that_no_event_can_carry_comes_back_at_once(
    http: httpx.AsyncClient, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    line = WireLine(account="606100", label="x" * 15_000, debit="0.00", credit="0.00")
    huge = drafts[0].model_copy(update={"lines": (line,) * 80})
    assert (await publish([huge]))["too_large"] == [huge.key]
    assert (await http.get(f"/files/{file_id}/progress")).json()["quiet"] is True


async def test_a_link_ends_and_a_forged_one_never_opens(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft], parts: PlatformParts
) -> None:
    await publish(drafts[:1])
    (event,) = await bus.heard("entry.validated", of(file_id))
    document = event.documents[0]
    links = parts.links
    ended = links.link(document.document_id, now() - timedelta(minutes=31))
    assert (await http.get(ended.url)).status_code == 403
    forged = LinkSigner(b"other key", links.base_url, links.lifetime).link(document.document_id, now())
    assert (await http.get(forged.url)).status_code == 403
    later = document.url.replace("expires=", "expires=9")
    assert (await http.get(later)).status_code == 403
    assert timedelta(minutes=29) < document.url_expires_at - now() < timedelta(minutes=30)


async def test_a_lost_link_is_renewed_and_a_gone_document_said_to_be_gone(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    await publish(drafts[:2])
    kept, gone = await bus.heard("entry.validated", of(file_id), count=2)
    assert (await http.delete(f"/documents/{gone.documents[0].document_id}")).status_code == 204
    for event in (kept, gone):
        await bus.say(
            DocumentLinkRequested(
                firm_id="frm_1",
                file_id=file_id,
                entry_id=event.entry_id,
                revision=1,
                document_id=event.documents[0].document_id,
                requested_at=now(),
            )
        )
    renewed = {event.document_id: event for event in await bus.heard("document.link_renewed", of(file_id), count=2)}
    fresh = renewed[kept.documents[0].document_id]
    assert not fresh.gone
    assert (await http.get(fresh.url)).status_code == 200
    assert renewed[gone.documents[0].document_id].gone
    assert (await http.get(gone.documents[0].url)).status_code == 404


def status(event: EntryContent, version: int, **said: Any) -> EntryStatusChanged:
    return EntryStatusChanged(
        firm_id=event.firm_id,
        file_id=event.file_id,
        entry_id=event.entry_id,
        revision=event.revision,
        version=version,
        changed_at=now(),
        **said,
    )


async def test_all_is_quiet_once_every_entry_is_booked_or_back(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    await publish(drafts)
    assert (await http.get(f"/files/{file_id}/progress")).json()["states"] == {"unseen": 3}
    first, second, third = await bus.heard("entry.validated", of(file_id), count=3)
    await bus.say(status(first, 5, status="synchronized"))
    await bus.say(status(first, 4, status="sending"))
    await bus.say(status(second, 1, status="ready", waiting_for=("documents",)))
    message = SoftwareMessage(category="journal_locked", code="JOURNAL7", text="Le journal est verrouillé")
    await bus.say(status(third, 1, status="to_verify", message=message))
    found = await eventually(http, file_id, lambda seen: "unseen" not in seen["states"])
    assert found["states"] == {"synchronized": 1, "ready": 1, "returned": 1}
    assert found["waiting"] == {"documents": 1}
    assert found["quiet"] is False
    await bus.say(status(second, 2, status="synchronized"))
    assert (await eventually(http, file_id, lambda seen: seen["quiet"]))["published"] == 3
    (returned,) = (await http.get(f"/files/{file_id}/entries", params={"state": "returned"})).json()["entries"]
    assert returned["message"]["text"] == "Le journal est verrouillé"
    assert returned["key"] == drafts[2].key


async def test_the_judge_learns_what_came_back_and_what_was_taken_back(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft], parts: PlatformParts
) -> None:
    await publish(drafts)
    first, second, third = await bus.heard("entry.validated", of(file_id), count=3)
    await bus.say(status(first, 1, status="to_verify", detail="preflight"))
    await bus.say(status(second, 1, status="withdrawn"))
    await bus.say(status(third, 1, status="synchronized"))
    await eventually(http, file_id, lambda seen: seen["quiet"])
    rows = await parts.units.database.pool.fetch(
        "select entry_id, state, reason from published where file_id = $1", file_id
    )
    assert {row["entry_id"]: (row["state"], row["reason"]) for row in rows} == {
        first.entry_id: ("refused", "preflight"),
        second.entry_id: ("withdrawn", "withdrawn"),
        third.entry_id: ("published", None),
    }


def correction(event: EntryContent, content: EntryContent | None = None) -> EntryCorrectionRequested:
    return EntryCorrectionRequested(
        firm_id=event.firm_id,
        file_id=event.file_id,
        entry_id=event.entry_id,
        revision=event.revision,
        content=content,
        requested_by="usr_1",
        requested_at=now(),
    )


async def test_a_correction_is_answered_with_the_next_revision(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    await publish(drafts[:1])
    (first,) = await bus.heard("entry.validated", of(file_id))
    await bus.say(correction(first))
    (second,) = await bus.heard("entry.validated", of(file_id, revision=2))
    assert (second.lines, second.validated_by) == (first.lines, "usr_1")
    said = EntryContent.model_validate(second.model_dump(by_alias=True))
    await bus.say(correction(second, said.model_copy(update={"label": "Corrigé"})))
    (third,) = await bus.heard("entry.validated", of(file_id, revision=3))
    assert third.label == "Corrigé"
    assert third.documents[0].sha256 == first.documents[0].sha256
    assert (await http.get(third.documents[0].url)).status_code == 200
    assert (await http.get(f"/files/{file_id}/progress")).json()["states"] == {"unseen": 1}


async def test_corrections_that_came_too_late_or_are_nobodys_are_set_aside(
    bus: Any, file_id: str, publish: Publish, drafts: list[Draft], parts: PlatformParts
) -> None:
    await publish(drafts[:2])
    first, second = await bus.heard("entry.validated", of(file_id), count=2)
    await bus.say(correction(first.model_copy(update={"entry_id": "ent_stranger"})))
    other = EntryContent.model_validate(first.model_dump(by_alias=True))
    await bus.say(correction(second, other))
    await bus.say(correction(first))
    await bus.heard("entry.validated", of(file_id, revision=2))
    await bus.say(correction(first))
    async with asyncio.timeout(20):
        reasons: set[str] = set()
        while len(reasons) < 3:
            rows = await parts.units.database.pool.fetch("select reason from set_aside where reason <> 'unknown_firm'")
            reasons = {row["reason"] for row in rows}
            await asyncio.sleep(0.1)
    assert reasons == {"unknown_entry", "other_entry", "stale_correction"}


async def test_an_undone_review_takes_back_the_newest_revision(
    http: httpx.AsyncClient, bus: Any, file_id: str, publish: Publish, drafts: list[Draft]
) -> None:
    await publish(drafts[:1])
    (first,) = await bus.heard("entry.validated", of(file_id))
    answer = await http.post(f"/files/{file_id}/undone-reviews", json={"entry_ids": [first.entry_id]})
    assert answer.json() == {first.entry_id: 1}
    (undone,) = await bus.heard("entry.review_undone", of(file_id))
    assert (undone.entry_id, undone.revision) == (first.entry_id, 1)
    unknown = await http.post(f"/files/{file_id}/undone-reviews", json={"entry_ids": ["ent_nobody"]})
    assert unknown.status_code == 404


async def test_an_order_with_an_entry_twice_is_refused(
    http: httpx.AsyncClient, file_id: str, drafts: list[Draft]
) -> None:
    entries = [drafts[0].model_dump(mode="json")] * 2
    assert (await http.post(f"/files/{file_id}/entries", json=TARGET | {"entries": entries})).status_code == 422
