"""Import files: which entries a batch has, that it has them once, and how it comes back."""

import uuid
from typing import Any

from qontable.clock import now
from qontable.events.delivery import EntryDispatched, EntryRecallRequested, EntryStatusChanged
from qontable.events.export import ExportOpened, ExportOrder, ExportRequested

from .client import UNTIED, Client, line
from .house import House


def request(client: Client, export_id: str = "", **order: Any) -> ExportRequested:
    """Someone asks for an import file."""
    return ExportRequested(
        export_id=export_id or f"exp_{uuid.uuid4().hex[:8]}",
        firm_id=client.firm_id,
        file_id=client.file_id,
        order=ExportOrder.model_validate({"format": "csv", "company": "Durand", **order}),
        requested_by="usr_1",
        requested_at=now(),
    )


async def opened(house: House, asked: ExportRequested) -> ExportOpened:
    """The batch of this request."""
    return await house.hear(ExportOpened, export_id=asked.export_id)


async def batch(house: House, asked: ExportRequested) -> list[EntryDispatched]:
    """The batch's dispatches, once all are there, in their sequence."""
    size = (await opened(house, asked)).size
    found: list[EntryDispatched] = await house.until(lambda: len(of := _of(house, asked)) >= size and [of])
    return sorted(found[0], key=lambda order: order.sequence)


def _of(house: House, asked: ExportRequested) -> list[EntryDispatched]:
    return [event for event in house.all(EntryDispatched) if event.batch and event.batch.export_id == asked.export_id]


async def ready(house: House, *entry_ids: str, **tie: Any) -> Client:
    """A client file that is tied to no software, with these entries ready."""
    client = house.stranger()
    await house.say(client.firm_created(), client.file_created(), client.tied(**UNTIED, **tie))
    for day, entry_id in enumerate(entry_ids, start=1):
        await house.say(client.validated(entry_id, date=f"2026-03-{day:02d}"))
    for entry_id in entry_ids:
        await house.waits_for(client, entry_id, "mapping")
    return client


async def test_the_ready_entries_of_the_period_leave_as_one_batch_and_are_exported(house: House) -> None:
    client = await ready(house, "before", "first", "last", "after")
    asked = request(client, first="2026-03-02", last="2026-03-03")
    await house.say(asked)
    orders = await batch(house, asked)
    assert [(order.entry.entry_id, order.connector) for order in orders] == [("first", "export"), ("last", "export")]
    assert {order.batch.size for order in orders if order.batch} == {2}
    for order in orders:
        await house.status(client, order.entry.entry_id, "sending", detail="queued")
        await house.answer(order, "confirmed", 2)
        told = await house.status(client, order.entry.entry_id, "synchronized")
        assert told.detail == "exported"
    assert not house.all(EntryStatusChanged, file_id=client.file_id, entry_id="after", status="sending")


async def test_the_same_request_twice_is_one_batch(house: House) -> None:
    client = await ready(house, "one", "two")
    asked = request(client)
    await house.say(asked, asked)
    orders = await batch(house, asked)
    later = request(client)
    await house.say(asked, later)
    other = await opened(house, later)
    assert other.size == 0
    assert len(_of(house, asked)) == len(orders) == 2
    assert len(house.all(ExportOpened, export_id=asked.export_id)) == 1
    assert await house.fetchval("select count(*) from entries.deliveries where file_id = $1", client.file_id) == 2


async def test_entries_that_cannot_go_stay_and_are_counted(house: House) -> None:
    client = await ready(house, "good")
    await house.say(client.validated("dollars", currency="USD"))
    document = {
        "document_id": "doc_1",
        "file_name": "a.pdf",
        "media_type": "application/pdf",
        "bytes": 10,
        "sha256": "0" * 64,
        "url": "http://127.0.0.1:9/never",
        "url_expires_at": "2030-01-01T00:00:00+00:00",
    }
    await house.say(client.validated("waits", invoice_number="FD-2", documents=[document]))
    unbalanced = [line("606400", "1.00", "0.00"), line("401000", "0.00", "2.00", "401DURAND")]
    await house.say(client.validated("wrong", lines=unbalanced))
    for entry_id in ("dollars", "waits"):
        await house.waits_for(client, entry_id, "mapping")
    await house.status(client, "wrong", "to_verify")
    asked = request(client)
    await house.say(asked)
    assert (await opened(house, asked)).left_out == {"currency": 1, "documents": 1, "to_verify": 1}
    assert [order.entry.entry_id for order in await batch(house, asked)] == ["good"]
    without = request(client, with_documents=False)
    await house.say(without)
    assert [order.entry.entry_id for order in await batch(house, without)] == ["waits"]
    assert (await opened(house, without)).left_out == {"currency": 1, "to_verify": 1, "under_way": 1}
    other_month = request(client, first="2026-04-01")
    await house.say(other_month)
    assert (await opened(house, other_month)).left_out == {}, "entries of the period only"


async def test_entries_of_a_file_that_was_not_written_are_ready_again(house: House) -> None:
    client = await ready(house, "ent")
    asked = request(client)
    await house.say(asked)
    (order,) = await batch(house, asked)
    await house.status(client, "ent", "sending")
    why = {"category": "export_stopped", "text": "nothing was written"}
    await house.answer(order, "recalled", 2, message=why)
    again = await house.hear(
        EntryStatusChanged, lambda event: event.version > 2, file_id=client.file_id, entry_id="ent", status="ready"
    )
    assert again.waiting_for == ("mapping",)
    second = request(client)
    await house.say(second)
    assert [item.entry.entry_id for item in await batch(house, second)] == ["ent"]


async def test_what_is_in_the_books_is_exported_again_without_a_change(house: House) -> None:
    client = await ready(house, "ent")
    asked = request(client)
    await house.say(asked)
    (order,) = await batch(house, asked)
    await house.answer(order, "confirmed", 2)
    booked = await house.status(client, "ent", "synchronized")
    again = request(client, again=True)
    await house.say(again)
    (copy,) = await batch(house, again)
    assert copy.batch is not None
    assert (copy.batch.again, copy.entry.entry_id, copy.delivery_id != order.delivery_id) == (True, "ent", True)
    assert await house.fetchval("select version from entries.entries where file_id = $1", client.file_id) == (
        booked.version
    )
    assert await house.fetchval("select count(*) from entries.deliveries where file_id = $1", client.file_id) == 1


async def test_a_change_of_the_tie_does_not_touch_a_batch(house: House) -> None:
    client = await ready(house, "ent")
    asked = request(client)
    await house.say(asked)
    (order,) = await batch(house, asked)
    await house.say(client.connected(), client.refreshed(), client.tied())
    await house.until_known(client)
    await house.answer(order, "confirmed", 2)
    await house.status(client, "ent", "synchronized", detail="exported")
    assert not house.all(EntryRecallRequested, delivery_id=order.delivery_id)


async def test_another_firms_file_is_not_exported(house: House) -> None:
    client = await ready(house, "ent")
    asked = request(client).model_copy(update={"firm_id": "frm_other"})
    await house.say(asked)
    await house.until_true(
        "select true from entries.set_aside where topic = 'export.requested' and reason = 'foreign_file'"
    )
    assert not house.all(ExportOpened, export_id=asked.export_id)


async def test_a_batch_past_its_deadline_is_recalled_whole(house: House) -> None:
    client = await ready(house, "one", "two", "three")
    asked = request(client)
    await house.say(asked)
    orders = await batch(house, asked)
    await house.answer(orders[0], "queued", 1)
    await house.database.execute("update entries.exports set deadline = now() where export_id = $1", asked.export_id)
    house.wake("exports")
    for order in orders:
        await house.hear(EntryRecallRequested, delivery_id=order.delivery_id, connector="export")
        await house.answer(order, "recalled", 2)
        await house.hear(
            EntryStatusChanged,
            lambda event: event.version > 2,
            file_id=client.file_id,
            entry_id=order.entry.entry_id,
            status="ready",
        )
    assert await house.fetchval("select state from entries.exports where export_id = $1", asked.export_id) == "over"


async def test_a_batch_that_nobody_takes_is_left_to_its_deadline_not_to_a_person(house: House) -> None:
    tied = await house.client()
    client = await ready(house, "exported")
    asked = request(client)
    await house.say(asked, tied.validated("sent"))
    orders = [*await batch(house, asked), await house.dispatched(tied, "sent")]
    await house.database.execute(
        "update entries.deliveries set issue = 8, acknowledge_by = now() where delivery_id = any($1)",
        [order.delivery_id for order in orders],
    )
    house.wake("reissue")
    await house.status(tied, "sent", "sending", detail="parked")
    await house.answer(orders[0], "confirmed", 1)
    await house.status(client, "exported", "synchronized", detail="exported")
    assert not house.all(EntryStatusChanged, file_id=client.file_id, detail="parked")


async def test_an_entry_that_is_held_for_its_document_is_in_no_import_file_either(house: House) -> None:
    client = await ready(house, "held", policies={"missing_documents": "hold"})
    asked = request(client)
    await house.say(asked)
    told = await opened(house, asked)
    assert (told.size, told.left_out) == (0, {"documents": 1})
