"""What becomes of an entry once it has left: the gateway's answers, recalls, newer revisions, silence."""

from datetime import UTC, datetime

import asyncpg
import pytest

from entries.adapters.deliveries import reissue_unacknowledged, request_untied
from entries.app import dispatch
from qontable.events.delivery import EntryDispatched, EntryRecallRequested, EntryStatusChanged, SoftwareMessage

from .client import line
from .house import House

REFUSAL = {
    "category": "journal_locked",
    "code": "ECR9",
    "text": "Le journal AC est verrouillé",
    "remedy": {"fr": "Déverrouillez le journal.", "en": "Unlock the journal."},
}


async def test_a_validated_entry_leaves_at_once_and_is_synchronized(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent_1"))
    order = await house.dispatched(client, "ent_1")
    assert (order.journal_code, order.software_file, order.sequence) == ("AC", client.software_file_id, 1)
    sending = await house.status(client, "ent_1", "sending")
    assert sending.summary["amount"] == "120.00"
    assert sending.summary["ack_code"] == order.ack_code
    await house.answer(order, "confirmed", software_entry_id="77")
    assert (await house.status(client, "ent_1", "synchronized")).software_entry_id == "77"


async def test_a_delivery_is_told_step_by_step_until_it_is_in_the_books(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    cut = {"where": "lines.0.label", "original": "Papeterie Durand", "sent": "Papeterie"}
    for version, state in enumerate(("sending", "handed_over", "unknown"), start=2):
        await house.answer(order, state, version)
        await house.status(client, "ent", "sending", detail=state, delivery_state=state)
    await house.answer(order, "confirmed", 5, documents="missing", cuts=[cut])
    told = await house.status(client, "ent", "synchronized")
    assert (told.documents, told.delivery_id, told.cuts[0].sent) == ("missing", order.delivery_id, "Papeterie")
    versions = [status.version for status in house.all(EntryStatusChanged, file_id=client.file_id, entry_id="ent")]
    assert versions == list(range(1, len(versions) + 1))
    assert await house.fetchval(
        "select count(*) from entries.status_history where file_id = $1", client.file_id
    ) == len(versions)


async def test_a_refusal_of_the_software_is_told_word_for_word_with_its_remedy(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    await house.answer(await house.dispatched(client, "ent"), "rejected", message=REFUSAL)
    told = await house.status(client, "ent", "to_verify", detail="rejected")
    assert told.message == SoftwareMessage.model_validate(REFUSAL)


async def test_a_refused_entry_leaves_again_only_after_it_was_validated_again(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    first = await house.dispatched(client, "ent")
    await house.answer(first, "rejected", message=REFUSAL)
    await house.status(client, "ent", "to_verify")
    await house.say(client.tied(), client.validated("other"))
    await house.dispatched(client, "other")
    assert len(house.orders(client, "ent")) == 1
    await house.say(client.validated("ent", 2))
    second = await house.dispatched(client, "ent", 2)
    assert (second.entry.revision, second.reference, second.ack_code) == (2, first.reference, first.ack_code)
    assert second.delivery_id != first.delivery_id
    assert (await house.status(client, "ent", "sending", revision=2)).message is None


async def test_an_older_answer_that_comes_late_changes_nothing(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await house.answer(order, "confirmed", 5)
    await house.status(client, "ent", "synchronized")
    await house.answer(order, "rejected", 4, message=REFUSAL)
    await house.say(client.validated("marker"))
    await house.dispatched(client, "marker")
    assert house.all(EntryStatusChanged, file_id=client.file_id, entry_id="ent")[-1].status == "synchronized"


async def test_what_is_in_the_books_is_never_sent_again(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    await house.answer(await house.dispatched(client, "ent"), "confirmed", software_entry_id="77")
    await house.status(client, "ent", "synchronized")
    await house.say(client.validated("ent", 2, lines=[line("606400", "1.00", "0"), line("512000", "0", "1.00")]))
    told = await house.status(client, "ent", "synchronized", revision=2)
    assert (told.open_difference, told.software_entry_id) == (True, "77")
    assert len(house.orders(client, "ent")) == 1


async def test_an_entry_in_the_books_that_is_taken_back_shows_an_open_difference(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    await house.answer(await house.dispatched(client, "ent"), "confirmed")
    await house.status(client, "ent", "synchronized")
    await house.say(client.undone("ent"))
    await house.status(client, "ent", "synchronized", open_difference=True)


async def test_an_entry_taken_back_while_it_is_under_way_is_recalled(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await house.say(client.undone("ent"))
    recall = await house.hear(EntryRecallRequested, file_id=client.file_id)
    assert (recall.delivery_id, recall.entry_id) == (order.delivery_id, "ent")
    await house.status(client, "ent", "sending", detail="recall_requested")
    await house.answer(order, "recalled")
    await house.status(client, "ent", "withdrawn")
    assert len(house.all(EntryRecallRequested, file_id=client.file_id)) == 1


async def test_a_recall_that_came_too_late_is_told_and_what_was_booked_shows_a_difference(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await house.say(client.undone("ent"))
    await house.hear(EntryRecallRequested, file_id=client.file_id)
    await house.answer(order, "sending", 2)
    await house.answer(order, "too_late", 3)
    await house.status(client, "ent", "sending", detail="recall_too_late", delivery_state="sending")
    await house.answer(order, "confirmed", 4)
    await house.status(client, "ent", "synchronized", open_difference=True)


async def test_a_newer_revision_waits_until_the_older_one_is_recalled_then_leaves(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    first = await house.dispatched(client, "ent")
    await house.say(client.validated("ent", 2))
    await house.status(client, "ent", "sending", revision=2, waiting_for=("open_delivery",))
    await house.hear(EntryRecallRequested, file_id=client.file_id)
    assert len(house.orders(client, "ent")) == 1
    await house.answer(first, "recalled")
    assert (await house.dispatched(client, "ent", 2)).entry.revision == 2


@pytest.mark.parametrize(("state", "difference"), [("rejected", False), ("confirmed", True)])
async def test_a_newer_revision_follows_the_outcome_of_the_older_one(
    house: House, state: str, *, difference: bool
) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    first = await house.dispatched(client, "ent")
    await house.say(client.validated("ent", 2))
    await house.status(client, "ent", "sending", revision=2)
    await house.answer(first, state)
    if difference:
        await house.status(client, "ent", "synchronized", open_difference=True)
        assert len(house.orders(client, "ent")) == 1
    else:
        assert (await house.dispatched(client, "ent", 2)).entry.revision == 2


async def test_remapping_or_disabling_recalls_what_is_under_way_and_it_leaves_by_the_new_way(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    first = await house.dispatched(client, "ent")
    client.software_file_id = "soft_moved"
    await house.say(client.tied())
    recall = await house.hear(EntryRecallRequested, file_id=client.file_id)
    assert recall.delivery_id == first.delivery_id
    await house.answer(first, "recalled")
    await house.waits_for(client, "ent", "reference_data")
    await house.say(client.refreshed(2, full=True))
    assert (await house.dispatched(client, "ent", 2)).software_file == "soft_moved"


async def test_a_delivery_that_a_person_drops_is_given_back_and_not_sent_again(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await house.answer(order, "parked", 2)
    await house.status(client, "ent", "sending", detail="parked")
    await house.answer(order, "recalled", 3, message={"category": "dropped_by_person", "text": "A person dropped it."})
    await house.status(client, "ent", "to_verify", detail="recalled")
    assert len(house.orders(client, "ent")) == 1


async def test_a_dispatch_that_nobody_acknowledges_is_issued_again_under_its_key(house: House) -> None:
    client = await house.client()
    document = house.documents.document("silent")
    await house.say(client.validated("ent", documents=[document]), client.validated("heard"))
    first = await house.dispatched(client, "ent")
    await house.answer(await house.dispatched(client, "heard"), "queued")
    await house.status(client, "heard", "sending")
    await house.until_true(
        "select count(*) = 1 from entries.deliveries where file_id = $1 and acknowledge_by is null", client.file_id
    )
    await house.database.execute(
        "update entries.deliveries set acknowledge_by = now() where acknowledge_by is not null"
    )
    house.wake("reissue")
    again = await house.dispatched(client, "ent", 2)
    assert again == first.model_copy(update={"issue": 2})
    assert len(house.orders(client, "heard")) == 1


async def test_a_dispatch_is_not_touched_while_somebody_holds_its_entry(house: House) -> None:
    """Entry first, then delivery: whoever took them the other way round would sooner or later wait for each other."""
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    moment = datetime.now(UTC)
    assert house.service
    async with house.database.acquire() as holder, house.service.database.transaction() as other:
        holding = holder.transaction()
        await holding.start()
        await holder.execute("select from entries.entries where file_id = $1 for update", client.file_id)
        await other.execute("set local lock_timeout to '200ms'")
        await other.execute(
            "update deliveries set acknowledge_by = $2 where delivery_id = $1", order.delivery_id, moment
        )
        await other.execute("update integrations set active = false where file_id = $1", client.file_id)
        assert await reissue_unacknowledged(other, moment, moment, 8, 10) == []
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with other.transaction():
                await request_untied(other, [client.file_id], moment)
        await holding.rollback()
        again = await reissue_unacknowledged(other, moment, moment, 8, 10)
        assert [delivery.delivery_id for delivery in again] == [order.delivery_id]
        assert len(await request_untied(other, [client.file_id], moment)) == 1


async def test_an_order_that_ran_out_of_issues_waits_for_its_turn_to_be_parked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "CHUNK", 1)
    client = await house.client()
    await house.say(client.validated("one"), client.validated("two"))
    await house.dispatched(client, "one")
    await house.dispatched(client, "two")
    await house.database.execute(
        "update entries.deliveries set issue = 8, acknowledge_by = now() where file_id = $1", client.file_id
    )
    house.wake("reissue")
    for entry_id in ("one", "two"):
        await house.status(client, entry_id, "sending", detail="parked")
    assert len(house.orders(client)) == 2


async def run_out_of_issues(house: House, order: EntryDispatched) -> None:
    """As if the order had been issued eight times, and nobody had said a word."""
    await house.database.execute(
        "update entries.deliveries set issue = 8, acknowledge_by = now() where delivery_id = $1", order.delivery_id
    )
    house.wake("reissue")


async def test_a_dispatch_that_no_gateway_takes_is_shown_as_parked_and_issued_no_more(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await run_out_of_issues(house, order)
    told = await house.status(client, "ent", "sending", detail="parked", delivery_state="parked")
    assert told.message is not None
    assert (told.message.category, set(told.message.remedy)) == ("not_taken", {"fr", "en"})
    assert await house.fetchval(
        "select acknowledge_by is null and open from entries.deliveries where delivery_id = $1", order.delivery_id
    )
    assert len(house.orders(client, "ent")) == 1
    await house.answer(order, "queued", 1)
    await house.status(client, "ent", "sending", detail="queued", delivery_state="queued", version=told.version + 1)


async def test_a_gateway_that_sets_an_order_aside_parks_it_until_it_takes_it(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"), client.validated("taken"))
    order, taken = await house.dispatched(client, "ent"), await house.dispatched(client, "taken")
    await house.answer(taken, "queued", 1)
    await house.answer(taken, "parked", 0)
    await house.answer(order, "parked", 0)
    told = await house.status(client, "ent", "sending", detail="parked")
    assert not house.all(EntryStatusChanged, file_id=client.file_id, entry_id="taken", detail="parked")
    await house.answer(order, "queued", 1)
    await house.status(client, "ent", "sending", detail="queued", version=told.version + 1)


async def test_a_newer_revision_replaces_an_order_that_no_gateway_took(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await run_out_of_issues(house, order)
    await house.status(client, "ent", "sending", detail="parked")
    await house.say(client.validated("ent", 2))
    recall = await house.hear(EntryRecallRequested, file_id=client.file_id)
    assert recall.delivery_id == order.delivery_id
    await house.answer(order, "recalled", 1, revision=None, connector=None, connection_id=None)
    assert (await house.dispatched(client, "ent", 2)).entry.revision == 2


async def test_an_entry_has_at_most_one_open_delivery(house: House) -> None:
    client = await house.client()
    await house.say(*(client.validated("ent", revision) for revision in range(1, 6)))
    await house.status(client, "ent", "sending", revision=5)
    assert len(house.orders(client, "ent")) == 1
    assert (
        await house.fetchval("select count(*) from entries.deliveries where file_id = $1 and open", client.file_id) == 1
    )


async def test_an_answer_on_a_delivery_that_was_never_dispatched_is_set_aside(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"))
    order = await house.dispatched(client, "ent")
    await house.answer(order, "confirmed", delivery_id="dlv_unknown")
    await house.until_true("select count(*) = 1 from entries.set_aside where key = $1", client.file_id.encode())
    assert await house.set_aside(client) == ["unknown_delivery"]


async def test_one_trace_leads_from_the_validated_entry_to_dispatch_and_status(house: House) -> None:
    client = await house.client()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    await house.say(client.validated("ent"), traceparent=f"00-{trace}-00f067aa0ba902b7-00")
    order = await house.dispatched(client, "ent")
    await house.answer(order, "confirmed")
    await house.status(client, "ent", "synchronized")
    told = [headers["traceparent"] for event, headers in house.heard if getattr(event, "file_id", "") == client.file_id]
    assert len(told) == 3
    assert {text.split("-")[1] for text in told} == {trace}
