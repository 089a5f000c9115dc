"""What becomes of dispatched entries, seen from outside."""

import asyncio

import pytest

from qontable.events.delivery import EntryAttempted, EntryDeliveryChanged

from .house import House
from .software import (
    accept,
    book_and_time_out,
    cannot_ask,
    hand_over,
    not_sent,
    raise_fault,
    reference_taken,
    reject,
    throttle,
    time_out,
)


async def test_an_accepted_entry_is_acknowledged_and_confirmed(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    await house.say(delivery)
    confirmed = await house.reaches(delivery, "confirmed")
    assert confirmed.software_entry_id == f"book-{delivery.entry.entry_id}"
    assert confirmed.attempts == 1
    assert house.states(delivery) == ["queued", "confirmed"]
    attempt = await house.hears(EntryAttempted, delivery_id=delivery.delivery_id)
    assert (attempt.operation, attempt.outcome, attempt.attempt) == ("send", "accepted", 1)
    assert attempt.http_status == 200
    assert attempt.payload_key
    assert attempt.request_sha256


async def test_the_same_delivery_issued_again_is_answered_and_not_sent_again(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    before = len(house.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id))
    await house.say(delivery.model_copy(update={"issue": 2}))
    await house.comes_true(lambda: len(house.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id)) > before)
    assert house.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id)[-1].state == "confirmed"
    assert house.software.sends(delivery.entry.entry_id) == 1


async def test_an_entry_that_is_in_the_books_is_never_sent_by_another_delivery(house: House) -> None:
    connection = await house.connect()
    first = house.dispatch(connection)
    await house.say(first)
    await house.reaches(first, "confirmed")
    second = house.dispatch(connection, file_id=first.file_id, entry_id=first.entry.entry_id)
    await house.say(second)
    refused = await house.reaches(second, "rejected")
    assert refused.message is not None
    assert refused.message.category == "already_delivered"
    assert house.software.sends(first.entry.entry_id) == 1


async def test_a_refusal_keeps_the_software_s_words(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [reject]
    await house.say(delivery)
    rejected = await house.reaches(delivery, "rejected")
    assert rejected.message is not None
    assert (rejected.message.category, rejected.message.text) == ("journal_locked", "vendor words")


async def test_an_entry_booked_behind_a_lost_answer_is_found_and_not_sent_again(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [book_and_time_out]
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    assert house.states(delivery) == ["queued", "unknown", "confirmed"]
    assert house.software.sends(delivery.entry.entry_id) == 1
    operations = [item.operation for item in house.said(EntryAttempted, delivery_id=delivery.delivery_id)]
    assert operations == ["send", "find"]


async def test_an_entry_that_never_arrived_is_sent_again_after_two_late_look_ups(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [time_out]
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    calls = [(what, when) for what, entry, when in house.software.calls if entry == delivery.entry.entry_id]
    sent_at, again_at = (when for what, when in calls if what == "send")
    finds = [when for what, when in calls if what == "find"]
    settled = 0.8 * 1.25 + 0.3
    assert len([when for when in finds if when - sent_at >= settled - 0.05]) == 2
    assert again_at > max(finds)
    assert len(house.software.books[delivery.reference]) == 1


async def test_an_answer_that_says_the_reference_exists_is_looked_up_not_rejected(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [reference_taken]
    house.software.books[delivery.reference].append(None)  # type: ignore[arg-type]
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    assert house.software.sends(delivery.entry.entry_id) == 1


async def test_a_fault_of_the_connector_leaves_the_entry_in_doubt_not_lost(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [raise_fault]
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    assert house.states(delivery) == ["queued", "unknown", "confirmed"]


async def test_a_look_up_without_an_answer_leaves_it_unknown(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [book_and_time_out]
    house.software.finds[delivery.entry.entry_id] = [cannot_ask("refused"), cannot_ask("refused")]
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    assert house.states(delivery) == ["queued", "unknown", "confirmed"]
    assert [what for what, entry, _ in house.software.calls if entry == delivery.entry.entry_id] == [
        "send", "find", "find", "find",
    ]  # fmt: skip


async def test_what_was_not_sent_is_tried_again_by_itself(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [not_sent("unreachable"), not_sent("unreachable"), accept]
    await house.say(delivery)
    confirmed = await house.reaches(delivery, "confirmed")
    assert confirmed.attempts == 3
    waiting = house.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id, attempts=1)
    assert waiting[0].state == "queued"
    assert waiting[0].next_attempt_at is not None


async def test_retry_after_is_not_undercut(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [throttle(1.5)]
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    first, second = (when for what, entry, when in house.software.calls if entry == delivery.entry.entry_id)
    assert second - first >= 1.5


async def test_a_handed_over_entry_is_verified_until_the_books_show_it(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [hand_over]
    house.software.finds[delivery.entry.entry_id] = [cannot_ask("refused")]
    await house.say(delivery)
    await house.reaches(delivery, "handed_over")
    house.software.books[delivery.reference].append(None)  # type: ignore[arg-type]
    await house.reaches(delivery, "confirmed")
    assert ("verify h-1", delivery.entry.entry_id) in [(what, entry) for what, entry, _ in house.software.calls]


async def test_a_handed_over_entry_that_never_shows_is_missing_until_a_person_answers(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [hand_over]
    await house.say(delivery)
    await house.reaches(delivery, "missing")
    await house.resolve(delivery, "not_in_books")
    await house.reaches(delivery, "confirmed")
    assert len(house.software.books[delivery.reference]) == 1


async def test_a_recall_in_time_keeps_the_entry_from_leaving(house: House) -> None:
    connection = await house.connect()
    await house.change(connection, version=2, enabled=False)
    delivery = house.dispatch(connection)
    await house.say(delivery)
    await house.reaches(delivery, "queued")
    await house.recall(delivery)
    await house.reaches(delivery, "recalled")
    await house.change(connection, version=3)
    await asyncio.sleep(0.5)
    assert house.software.sends(delivery.entry.entry_id) == 0


async def test_a_recall_that_overtakes_its_dispatch_is_remembered(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    await house.recall(delivery)
    await house.until("select true from gateways.recalls where delivery_id = $1", delivery.delivery_id)
    await house.say(delivery)
    await house.reaches(delivery, "recalled")
    assert house.software.sends(delivery.entry.entry_id) == 0


async def test_a_recall_that_crosses_its_dispatch_still_keeps_the_entry_from_leaving(house: House) -> None:
    connection = await house.connect()
    await house.change(connection, version=2, enabled=False)
    delivery = house.dispatch(connection)
    await house.say(delivery)
    await house.reaches(delivery, "queued")
    # what two transactions leave behind that did not see each other
    await house.database.execute("insert into gateways.recalls values ($1, now())", delivery.delivery_id)
    await house.change(connection, version=3)
    await house.reaches(delivery, "recalled")
    assert house.software.sends(delivery.entry.entry_id) == 0


async def test_a_recall_too_late_says_so_and_the_delivery_goes_on(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [book_and_time_out]
    house.software.finds[delivery.entry.entry_id] = [cannot_ask("refused")] * 3
    await house.say(delivery)
    await house.reaches(delivery, "unknown")
    await house.recall(delivery)
    await house.reaches(delivery, "too_late")
    await house.reaches(delivery, "confirmed")


async def test_a_recalled_entry_that_proves_absent_does_not_leave_again(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [time_out]
    await house.say(delivery)
    await house.reaches(delivery, "unknown")
    await house.recall(delivery)
    await house.reaches(delivery, "recalled")
    assert house.software.sends(delivery.entry.entry_id) == 1


async def test_an_unreadable_entry_is_returned_and_does_not_hold_up_its_neighbours(house: House) -> None:
    connection = await house.connect()
    broken = house.dispatch(connection, file_id="fil_broken", sequence=1)
    line = broken.entry.lines[0].model_copy(update={"debit": "99.99"})
    unbalanced = broken.entry.model_copy(update={"lines": (line, broken.entry.lines[1])})
    healthy = house.dispatch(connection, file_id="fil_broken", sequence=2)
    await house.say(broken.model_copy(update={"entry": unbalanced}), healthy)
    rejected = await house.reaches(broken, "rejected")
    assert rejected.message is not None
    assert rejected.message.category == "entry_unreadable"
    await house.reaches(healthy, "confirmed")
    assert house.software.sends(broken.entry.entry_id) == 0


async def test_an_order_that_is_set_aside_is_told_as_parked_and_its_neighbours_leave(house: House) -> None:
    connection = await house.connect()
    before, broken, after = (house.dispatch(connection) for _ in range(3))
    await house.say(before)
    await house.say_raw(broken, broken.body().replace(b'"sequence":1', b'"sequence":"first"'))
    await house.say(after)
    parked = await house.reaches(broken, "parked")
    assert (parked.version, parked.entry_id, parked.revision) == (0, broken.entry.entry_id, None)
    assert parked.message is not None
    assert (parked.message.category, set(parked.message.remedy)) == ("set_aside", {"fr", "en"})
    for neighbour in (before, after):
        await house.reaches(neighbour, "confirmed")
    reason = "select reason = 'invalid_event' from gateways.set_aside where key = $1"
    await house.until(reason, broken.file_id.encode())
    await house.say(broken)
    await house.reaches(broken, "confirmed")


async def test_an_order_without_readable_names_is_set_aside_and_told_nobody(house: House) -> None:
    """Entries notices by itself: it stops issuing it and shows the entry as parked."""
    delivery = house.dispatch(await house.connect())
    await house.say_raw(delivery, b"{")
    await house.until("select reason = 'not_json' from gateways.set_aside where key = $1", delivery.file_id.encode())
    assert house.states(delivery) == []


@pytest.mark.parametrize(
    ("answer", "state", "category"),
    [
        ("not_in_books", "recalled", "never_taken"),
        ("drop", "recalled", "dropped_by_person"),
        ("in_books", "confirmed", "found_by_person"),
    ],
)
async def test_an_answer_ends_an_order_that_was_never_taken_and_it_never_leaves_after_it(
    house: House, answer: str, state: str, category: str
) -> None:
    delivery = house.dispatch(await house.connect())
    await house.resolve(delivery, answer)
    ended = await house.reaches(delivery, state)
    assert ended.message is not None
    assert (ended.version, ended.message.category) == (1, category)
    await house.say(delivery)
    late = await house.hears(EntryDeliveryChanged, delivery_id=delivery.delivery_id, state="recalled", revision=1)
    assert late.version == 1
    assert house.software.sends(delivery.entry.entry_id) == 0


async def test_a_recall_of_an_order_that_was_never_taken_is_answered(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    await house.recall(delivery)
    recalled = await house.reaches(delivery, "recalled")
    assert (recalled.version, recalled.entry_id) == (1, delivery.entry.entry_id)
    await house.recall(delivery.model_copy(update={"delivery_id": "dlv_exported", "connector": "export"}))
    await house.recall(marker := delivery.model_copy(update={"delivery_id": "dlv_marker"}))
    await house.reaches(marker, "recalled")
    assert not house.said(EntryDeliveryChanged, delivery_id="dlv_exported")
