"""Batches through the service: gathered, written once or not at all, fetched by those who may."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from exports.app import ending
from local_stack.world import World
from qontable.clock import now
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportCompleted, FormatAnnounced
from qontable.schemas import sample_events
from qontable.storage import Storage, StorageFailed

from .yard import PDF, Yard, load, surroundings, working


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def yard(world: World) -> AsyncIterator[Yard]:
    """Exports at work in a world of this module's own."""
    async with surroundings(world) as made, working(world):
        yield made


async def test_a_whole_batch_becomes_one_file_that_its_firm_fetches(yard: Yard) -> None:
    documents = [await yard.keep(PDF + number) for number in (b"1", b"2")]
    batch = load(3, documents)
    await yard.say(*batch.orders[:2], batch.opened)
    for order in batch.orders[:2]:
        await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, state="queued")
    assert not yard.all(ExportCompleted, export_id=batch.export_id), "half a batch is never written"
    await yard.say(batch.orders[2])
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.entries, done.lines, done.documents) == ("written", 3, 6, 2)
    assert (done.debit, done.credit, done.left_out) == ("300.00", "300.00", {"documents": 2})
    for order in batch.orders:
        told = await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, state="confirmed")
        assert (told.version, told.connector) == (2, "export")
    assert {file.name for file in done.files} >= {"ecritures.zip", "report.json", "report.fr.html"}
    answer = await yard.fetch(done, "ecritures.zip")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        book = archive.read("ecritures.csv").decode("utf-8-sig")
        assert {archive.read(name) for name in archive.namelist() if name.endswith(".pdf")} == {PDF + b"1", PDF + b"2"}
    assert [f"A{number:03}" in book for number in (1, 2, 3)] == [True] * 3
    assert (await yard.fetch(done, "report.fr.html")).text.startswith("<!doctype html>")


async def test_it_is_counted_what_batches_wait_and_how_they_end(yard: Yard) -> None:
    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    ended = {"format": "quadra-ascii", "state": "stopped"}
    before = counted("qontable_exports_ended_total", **ended)
    batch = load(2, format="quadra-ascii", journal="ACHATS")
    await yard.say(batch.opened, batch.orders[0])
    await yard.until(lambda: counted("qontable_exports_due_seconds") > 0)
    await yard.say(batch.orders[1])
    await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert counted("qontable_exports_ended_total", **ended) == before + 1
    assert counted("qontable_export_findings_total", code="journal_needs_map") >= 1
    assert counted("qontable_export_seconds_count", format="quadra-ascii") >= 1
    await yard.until(lambda: counted("qontable_exports_due_seconds") == 0)


async def test_the_log_says_how_many_entries_a_batch_had(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, object]] = []
    monkeypatch.setattr(ending, "log", SimpleNamespace(info=lambda _, **fields: said.append(fields)))
    batch = load(3, format="quadra-ascii", journal="ACHATS")
    await yard.say(batch.opened, *batch.orders)
    await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert {"export": batch.export_id, "state": "stopped", "entries": 3} in said


async def test_a_link_leads_to_its_own_firms_file_until_it_ends(yard: Yard) -> None:
    batch = load(1)
    await yard.say(batch.opened, *batch.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (await yard.fetch(done, "ecritures.csv")).status_code == 200
    assert (await yard.fetch(done, "ecritures.csv", firm_id="frm_other")).status_code == 404
    assert (await yard.fetch(done, "other.csv")).status_code == 404
    assert (await yard.fetch(done, "ecritures.csv", expires_at=now() - timedelta(seconds=1))).status_code == 410
    assert (await yard.fetch(done, "ecritures.csv", secret="a secret that is not this house's")).status_code == 404


async def test_the_same_batch_twice_is_written_once(yard: Yard) -> None:
    batch = load(2)
    await yard.say(batch.opened, *batch.orders, batch.opened, *batch.orders)
    await yard.hear(ExportCompleted, export_id=batch.export_id)
    before = len(yard.all(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id))
    await yard.say(batch.opened, *batch.orders)
    told = await yard.hear(EntryDeliveryChanged, before + 1, delivery_id=batch.orders[0].delivery_id)
    assert (told.state, told.version) == ("confirmed", 2)
    assert len(yard.all(ExportCompleted, export_id=batch.export_id)) == 1
    count = "select count(*) from batch_entries where export_id = $1"
    assert await yard.database.fetchval(count, batch.export_id) == 2


async def test_the_same_entries_make_the_same_bytes(yard: Yard) -> None:
    batch = load(3, format="xlsx")
    other = f"{batch.export_id}x"
    again = [
        order.model_copy(
            update={
                "delivery_id": f"{order.delivery_id}x",
                "batch": order.batch.model_copy(update={"export_id": other}) if order.batch else None,
            }
        )
        for order in batch.orders
    ]
    await yard.say(batch.opened, *batch.orders, batch.opened.model_copy(update={"export_id": other}), *again)
    first, second = [await yard.hear(ExportCompleted, export_id=name) for name in (batch.export_id, other)]
    assert first.files == second.files


async def test_what_stops_a_file_is_said_and_nothing_is_written(yard: Yard) -> None:
    batch = load(2, format="isacompta", journal="ACHATS", year_start="2026-01-01", year_end="2026-12-31")
    await yard.say(batch.opened, *batch.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.findings[0].code) == ("stopped", "journal_needs_map")
    assert {file.name.partition(".")[0] for file in done.files} == {"report"}
    for order in batch.orders:
        told = await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, state="recalled")
        assert told.message is not None
        assert told.message.category == "export_stopped"
    assert (await yard.fetch(done, "report.json")).json()["written"] is False


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"format": "isacompta"}, "fiscal_year_missing"),
        ({"format": "fec"}, "siren_missing"),
        ({"format": "wordstar"}, "format_unknown"),
    ],
)
async def test_an_order_that_says_too_little_is_stopped(yard: Yard, order: dict[str, str], code: str) -> None:
    batch = load(1, **order)
    await yard.say(batch.opened, *batch.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.files, [found.code for found in done.findings]) == ("stopped", (), [code])


async def test_a_batch_of_nothing_says_so(yard: Yard) -> None:
    batch = load(0)
    await yard.say(batch.opened.model_copy(update={"left_out": {}}))
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.findings[0].code) == ("stopped", "nothing_to_export")


async def test_what_stays_is_counted_in_the_report_and_is_not_an_empty_period(yard: Yard) -> None:
    nothing, some = load(0), load(1)
    await yard.say(nothing.opened, some.opened, *some.orders)
    stopped = await yard.hear(ExportCompleted, export_id=nothing.export_id)
    assert (stopped.outcome, [found.code for found in stopped.findings]) == ("stopped", ["all_stay", "stays_documents"])
    written = await yard.hear(ExportCompleted, export_id=some.export_id)
    assert (written.outcome, written.counts) == ("written", {"stays_documents": 2})
    report = (await yard.fetch(written, "report.en.html")).text
    assert "Entries that wait for a document, not exported (2)" in report


async def test_a_document_that_is_not_what_it_was_is_left_out_and_told(yard: Yard) -> None:
    good = await yard.keep(PDF)
    altered = good.model_copy(update={"sha256": "0" * 64, "document_id": "doc_altered"})
    gone = good.model_copy(update={"sha256": "1" * 64, "storage_key": "documents/gone"})
    batch = load(3, [good, altered, gone])
    await yard.say(batch.opened, *batch.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.documents, done.counts["document_missing"]) == ("written", 1, 2)
    told = [await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, version=2) for order in batch.orders]
    assert [event.documents for event in told] == ["sent", "kept", "kept"]


async def test_storage_that_is_away_for_a_moment_stops_no_batch(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents are fetched side by side, so that the failure of one comes in a group."""
    stream, asked = Storage.stream, []

    def away_at_first(storage: Storage, key: str, size: int) -> Any:
        asked.append(key)
        if len(asked) == 1:
            raise StorageFailed("storage failed")
        return stream(storage, key, size)

    monkeypatch.setattr(Storage, "stream", away_at_first)
    batch = load(2, [await yard.keep(PDF), await yard.keep(PDF + b"2")])
    await yard.say(batch.opened, *batch.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.documents, len(asked) > 2) == ("written", 2, True)


@pytest.mark.parametrize("order", [{"format": "tra", "with_documents": False}, {"format": "cegid-csv"}])
async def test_a_file_without_documents_sends_none(yard: Yard, order: dict[str, Any]) -> None:
    batch = load(1, [await yard.keep(PDF)], **order)
    await yard.say(batch.opened, *batch.orders)
    assert (await yard.hear(ExportCompleted, export_id=batch.export_id)).outcome == "written"
    told = await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id, state="confirmed")
    assert told.documents == "kept"


async def test_one_recall_takes_the_batch_back_whole_also_what_comes_later(yard: Yard) -> None:
    batch = load(3)
    await yard.say(batch.opened, batch.orders[0], batch.orders[1])
    await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[1].delivery_id)
    await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id)
    await yard.say(batch.recall(batch.orders[1]))
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    await yard.say(batch.orders[2])
    for order in batch.orders:
        told = await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, state="recalled")
        assert told.message is not None
        assert told.message.category == "export_recalled"
    assert (done.outcome, done.files) == ("recalled", ())


async def test_a_batch_that_is_taken_back_tells_each_of_its_entries_once(yard: Yard) -> None:
    batch = load(3)
    await yard.say(batch.opened, *batch.orders[:2])
    for order in batch.orders[:2]:
        await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, state="queued")
    await yard.say(*map(batch.recall, batch.orders[:2]))
    await yard.hear(ExportCompleted, export_id=batch.export_id)
    await yard.say(batch.recall(batch.orders[2]))
    await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[2].delivery_id, state="recalled")
    told = yard.all(EntryDeliveryChanged, file_id=batch.opened.file_id, version=2)
    first = [event.delivery_id for event in told].count(batch.orders[0].delivery_id)
    assert first == 1


async def test_a_batch_over_which_a_fault_of_ours_fails_is_stopped_and_says_so(yard: Yard) -> None:
    batch, after = load(2), load(1)
    await yard.say(batch.opened, batch.orders[0])
    await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id)
    await yard.database.execute(
        "update batch_entries set dispatch = '{}' where delivery_id = $1", batch.orders[0].delivery_id
    )
    await yard.say(batch.orders[1], after.opened, *after.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.files, [found.code for found in done.findings]) == ("stopped", (), ["export_failed"])
    told = await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id, state="recalled")
    assert told.message is not None
    assert told.message.category == "export_stopped"
    assert (await yard.hear(ExportCompleted, export_id=after.export_id)).outcome == "written"


async def test_a_recall_before_its_dispatch_holds(yard: Yard) -> None:
    batch = load(2)
    await yard.say(batch.recall(batch.orders[0]))
    await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id, state="recalled", version=1)
    await yard.say(batch.opened, *batch.orders)
    assert (await yard.hear(ExportCompleted, export_id=batch.export_id)).outcome == "recalled"
    await yard.hear(EntryDeliveryChanged, delivery_id=batch.orders[1].delivery_id, state="recalled")
    assert not yard.all(EntryDeliveryChanged, delivery_id=batch.orders[1].delivery_id, state="confirmed")


async def test_a_recall_after_the_file_is_answered_with_what_is(yard: Yard) -> None:
    batch = load(1)
    await yard.say(batch.opened, *batch.orders)
    await yard.hear(ExportCompleted, export_id=batch.export_id)
    before = len(yard.all(EntryDeliveryChanged, delivery_id=batch.orders[0].delivery_id))
    await yard.say(batch.recall(batch.orders[0]))
    told = await yard.hear(EntryDeliveryChanged, before + 1, delivery_id=batch.orders[0].delivery_id)
    assert (told.state, told.version) == ("confirmed", 2)


async def test_a_batch_that_is_not_whole_in_time_comes_back_whole(yard: Yard) -> None:
    batch = load(3, seconds=1)
    await yard.say(batch.opened, *batch.orders[:2])
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.files) == ("recalled", ())
    for order in batch.orders[:2]:
        await yard.hear(EntryDeliveryChanged, delivery_id=order.delivery_id, state="recalled", version=2)


async def test_copies_of_what_is_booked_are_written_and_nobody_is_told(yard: Yard) -> None:
    batch = load(2, again=True)
    await yard.say(batch.opened, *batch.orders)
    done = await yard.hear(ExportCompleted, export_id=batch.export_id)
    assert (done.outcome, done.entries) == ("written", 2)
    assert not yard.all(EntryDeliveryChanged, file_id=batch.opened.file_id)


async def test_a_dispatch_without_its_batch_or_of_anothers_is_set_aside(yard: Yard) -> None:
    batch, other = load(1), load(1)
    stranger = other.orders[0].model_copy(update={"batch": batch.orders[0].batch})
    await yard.say(batch.opened, *batch.orders)
    await yard.hear(ExportCompleted, export_id=batch.export_id)
    await yard.say(stranger, other.orders[0].model_copy(update={"batch": None}))
    await yard.until_true("select count(*) = 2 from set_aside where topic = 'entry.dispatched.export'")
    rows = await yard.database.fetch("select reason from set_aside where topic = 'entry.dispatched.export'")
    assert {row["reason"] for row in rows} == {"foreign_batch", "no_batch"}


async def test_every_format_is_announced_with_its_limits(yard: Yard) -> None:
    isacompta = await yard.hear(FormatAnnounced, format="isacompta")
    assert ("agiris" in isacompta.first_for, isacompta.needs) == (True, ("fiscal_year",))
    (sample,) = sample_events(FormatAnnounced)
    assert set(sample.limits) <= set(isacompta.limits)
    await yard.until(lambda: len({event.format for event in yard.all(FormatAnnounced)}) == 20)
