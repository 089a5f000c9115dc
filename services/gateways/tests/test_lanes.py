"""How a connection's work is shared out in time: order, limits, pauses, halts."""

import asyncio
from itertools import pairwise

from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched
from qontable.events.hub import Throttle

from .house import House
from .software import not_sent, once_all_came, slow, time_out


async def _all_confirmed(house: House, deliveries: list[EntryDispatched]) -> None:
    await asyncio.gather(*(house.reaches(delivery, "confirmed") for delivery in deliveries))


def _sent_in_order(house: House, deliveries: list[EntryDispatched]) -> list[str]:
    wanted = {delivery.entry.entry_id for delivery in deliveries}
    return [entry for what, entry, _ in house.software.calls if what == "send" and entry in wanted]


async def test_entries_of_one_file_leave_in_sequence_whatever_the_order_of_arrival(house: House) -> None:
    connection = await house.connect()
    await house.change(connection, version=2, enabled=False)
    deliveries = [house.dispatch(connection, file_id="fil_order", sequence=number) for number in range(1, 31)]
    await house.say(*reversed(deliveries))
    for delivery in deliveries:
        await house.reaches(delivery, "queued")
    await house.change(connection, version=3)
    await _all_confirmed(house, deliveries)
    assert _sent_in_order(house, deliveries) == [delivery.entry.entry_id for delivery in deliveries]


async def test_files_go_side_by_side_up_to_the_limit_and_never_beyond(house: House) -> None:
    connection = await house.connect(throttle=Throttle(requests=1000, seconds=1, concurrent=3))
    deliveries = [house.dispatch(connection, file_id=f"fil_side_{number}") for number in range(9)]
    for delivery in deliveries:
        house.software.script[delivery.entry.entry_id] = [slow(0.2)]
    house.software.most_at_once = 0
    await house.say(*deliveries)
    await _all_confirmed(house, deliveries)
    assert house.software.most_at_once == 3


async def test_an_entry_in_doubt_does_not_hold_up_the_next_one_of_its_file(house: House) -> None:
    connection = await house.connect()
    first, second = (house.dispatch(connection, file_id="fil_doubt", sequence=number) for number in (1, 2))
    house.software.script[first.entry.entry_id] = [time_out]
    await house.say(first, second)
    confirmed = await house.reaches(second, "confirmed")
    assert house.said(EntryDeliveryChanged, delivery_id=first.delivery_id)[-1].state == "unknown"
    assert confirmed.attempts == 1


async def test_the_vendor_s_limit_holds(house: House) -> None:
    connection = await house.connect(throttle=Throttle(requests=5, seconds=1, concurrent=5))
    deliveries = [
        house.dispatch(connection, file_id=f"fil_limit_{number % 5}", sequence=number) for number in range(16)
    ]
    await house.say(*deliveries)
    await _all_confirmed(house, deliveries)
    wanted = {delivery.entry.entry_id for delivery in deliveries}
    times = sorted(when for what, entry, when in house.software.calls if what == "send" and entry in wanted)
    assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[5:], strict=False))


async def test_refused_credentials_halt_their_own_lane_until_newer_ones_come(house: House) -> None:
    healthy = await house.connect()
    connection = await house.connect(token="revoked")
    house.software.refused_tokens.add("revoked")
    delivery, other = house.dispatch(connection), house.dispatch(healthy)
    await house.say(delivery, other)
    await house.reaches(other, "confirmed")
    refused = await house.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
    assert refused.message is not None
    await asyncio.sleep(1.5)
    assert house.software.sends(delivery.entry.entry_id) == 1
    assert house.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id)[-1].state == "queued"
    await house.change(connection, token="renewed", version=2)
    await house.reaches(delivery, "confirmed")
    well = house.said(ConnectionHealthChanged, connection_id=connection)[-1]
    assert well.health == "connected"
    assert well.version > refused.version


async def test_credentials_sealed_under_a_key_that_is_gone_halt_the_lane_and_say_so(house: House) -> None:
    connection = await house.connect()
    event = house.connection(connection, token="good", throttle=None, version=2, enabled=True)
    await house.say(event.model_copy(update={"sealed": event.sealed.model_copy(update={"key_id": "gone"})}))
    refused = await house.hears(ConnectionHealthChanged, connection_id=connection, health="credentials_refused")
    assert refused.message is not None
    assert refused.message.category == "credentials_unreadable"
    delivery = house.dispatch(connection)
    await house.say(delivery)
    await house.reaches(delivery, "queued")
    await house.change(connection, version=3)
    await house.reaches(delivery, "confirmed")


async def test_five_failures_in_a_row_are_a_problem_and_a_dead_software_is_asked_once_per_pause(house: House) -> None:
    connection = await house.connect()
    deliveries = [house.dispatch(connection, file_id=f"fil_dead_{number}") for number in range(4)]
    together = asyncio.Barrier(len(deliveries))
    for delivery in deliveries:
        failure = not_sent("unreachable")
        house.software.script[delivery.entry.entry_id] = [once_all_came(together, failure), failure]
    await house.say(*deliveries)
    await house.hears(ConnectionHealthChanged, connection_id=connection, health="unreachable")
    await house.hears(ConnectionHealthChanged, connection_id=connection, health="problem")
    await _all_confirmed(house, deliveries)
    times = [
        when for what, entry, when in house.software.calls if entry in {item.entry.entry_id for item in deliveries}
    ]
    assert len(times) == 4 * 3
    probes = times[4:9]  # after one round side by side
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(probes))
    told = [event.health for event in house.said(ConnectionHealthChanged, connection_id=connection)]
    assert told == ["connected", "unreachable", "problem", "connected"]


async def test_work_for_a_connection_that_is_not_known_yet_waits_for_it(house: House) -> None:
    delivery = house.dispatch("con_later")
    await house.say(delivery)
    await house.reaches(delivery, "queued")
    await asyncio.sleep(0.3)
    assert house.software.sends(delivery.entry.entry_id) == 0
    await house.change("con_later")
    await house.reaches(delivery, "confirmed")


async def test_an_entry_never_leaves_through_another_firm_s_connection(house: House) -> None:
    connection = await house.connect()
    delivery = house.dispatch(connection)
    entry = delivery.entry.model_copy(update={"firm_id": "frm_2"})
    await house.say(delivery.model_copy(update={"firm_id": "frm_2", "entry": entry}))
    rejected = await house.reaches(delivery, "rejected")
    assert rejected.message is not None
    assert rejected.message.category == "foreign_connection"
    assert house.software.sends(delivery.entry.entry_id) == 0


async def test_nothing_is_due_when_everything_is_done(house: House) -> None:
    delivery = house.dispatch(await house.connect())
    await house.say(delivery)
    await house.reaches(delivery, "confirmed")
    await house.until(
        "select due_at is null and lease_until is null from gateways.lanes where connection_id = $1",
        delivery.connection_id,
    )
