"""Processes that die, stop, and come back while they own a lane: nothing lost, nothing doubled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gateways.app.lane import Lane
from gateways.domain.retry import RetryPlan
from qontable.events.delivery import EntryAttempted, EntryDispatched
from qontable.service import Service

from .house import FAST, House
from .software import Software, accept, book_when_resumed, make_sheet, not_sent, slow


@asynccontextmanager
async def running(house: House, slot: str, plan: RetryPlan = FAST, lanes: int = 50) -> AsyncIterator[Service]:
    service = await house.gateway(slot=slot, plan=plan, lanes=lanes)
    async with service.running():
        yield service


@asynccontextmanager
async def killed_in_the_middle(house: House, slot: str, delivery: EntryDispatched) -> AsyncIterator[None]:
    """A gateway dies between an attempt's row and its answer; inside the block it is dead, its request goes on."""
    service = await house.gateway(slot=slot)
    async with service.running():
        house.software.resume.clear()
        house.software.script[delivery.entry.entry_id] = [book_when_resumed]
        await house.say(delivery)
        await _called(house, delivery)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Lane, "_give_back", _nothing)
            for task in asyncio.all_tasks():
                if task.get_name() in ("lanes", "slot", f"lane {delivery.connection_id}"):
                    task.cancel()
            await asyncio.sleep(0.05)
            service.database.pool.terminate()
    yield


async def _nothing(*_: object) -> None:
    return


async def _called(house: House, delivery: EntryDispatched) -> None:
    while house.software.sends(delivery.entry.entry_id) == 0:
        await asyncio.sleep(0.02)


async def _settled(house: House, delivery: EntryDispatched, state: str) -> None:
    await house.reaches(delivery, state, patience=15)


async def test_a_lane_taken_from_a_stopped_owner_is_not_written_by_it_any_more(empty_house: House) -> None:
    house = empty_house
    async with running(house, "paused", lanes=1):
        delivery = house.dispatch(await house.connect())
        house.software.resume.clear()
        house.software.script[delivery.entry.entry_id] = [book_when_resumed]
        await house.say(delivery)
        await _called(house, delivery)
        async with running(house, "second"):
            # what a stopped process looks like from outside: its lease ends and is not renewed
            await house.database.execute(
                "update gateways.lanes set lease_until = now(), due_at = now(), lease_token = lease_token"
                " where connection_id = $1",
                delivery.connection_id,
            )
            await house.database.execute("select pg_notify('lanes_gateways', '')")
            await house.reaches(delivery, "unknown")
            house.software.resume.set()
            await _settled(house, delivery, "confirmed")
    assert house.states(delivery) == ["queued", "unknown", "confirmed"]
    assert len(house.software.books[delivery.reference]) == 1
    outcomes = {item.attempt: item.outcome for item in house.said(EntryAttempted, delivery_id=delivery.delivery_id)}
    assert outcomes[1] == "orphaned"


async def test_an_entry_whose_gateway_was_killed_is_looked_up_before_anything_else(empty_house: House) -> None:
    house = empty_house
    async with running(house, "connecting"):
        connection = await house.connect()
    delivery = house.dispatch(connection)
    async with killed_in_the_middle(house, "victim", delivery):
        house.software.script[delivery.entry.entry_id].clear()
        accept(house.software, _parcel_of(delivery))
        async with running(house, "victim"):
            await _settled(house, delivery, "confirmed")
    assert house.software.sends(delivery.entry.entry_id) == 1
    assert len(house.software.books[delivery.reference]) == 1


async def test_an_entry_that_never_left_a_killed_gateway_is_sent_once_it_proves_absent(empty_house: House) -> None:
    house = empty_house
    async with running(house, "connecting"):
        connection = await house.connect()
    delivery = house.dispatch(connection)
    async with killed_in_the_middle(house, "victim", delivery), running(house, "other"):
        await _settled(house, delivery, "confirmed")
    assert house.software.sends(delivery.entry.entry_id) == 2
    assert len(house.software.books[delivery.reference]) == 1


async def test_without_unique_references_an_orphan_waits_for_a_person_unless_its_owner_is_proven_dead(
    empty_house: House,
) -> None:
    house = empty_house
    house.software.sheet = make_sheet(unique=(False, "documented"))
    try:
        async with running(house, "connecting"):
            connection = await house.connect()
        abandoned, proven = house.dispatch(connection), house.dispatch(connection)
        async with killed_in_the_middle(house, "gone", abandoned), running(house, "other"):
            await _settled(house, abandoned, "parked")
        async with killed_in_the_middle(house, "restarted", proven), running(house, "restarted"):
            await _settled(house, proven, "confirmed")
        assert house.software.sends(abandoned.entry.entry_id) == 1
        assert house.software.sends(proven.entry.entry_id) == 2
    finally:
        house.software.sheet = Software().sheet


async def test_where_the_settling_time_is_a_guess_and_references_repeat_nothing_is_sent_twice(
    empty_house: House,
) -> None:
    house = empty_house
    house.software.sheet = make_sheet(unique=(True, "assumed"), settles=(0.3, "assumed"))
    try:
        async with running(house, "cautious"):
            delivery = house.dispatch(await house.connect())
            house.software.script[delivery.entry.entry_id] = [lambda software, parcel: 1 / 0]
            await house.say(delivery)
            parked = await house.reaches(delivery, "parked")
            assert parked.message is not None
            assert parked.message.category == "cannot_be_excluded"
            await house.resolve(delivery, "in_books")
            await _settled(house, delivery, "confirmed")
        assert house.software.sends(delivery.entry.entry_id) == 1
    finally:
        house.software.sheet = Software().sheet


async def test_a_gateway_told_to_stop_lets_its_requests_end_and_leaves_nothing_in_doubt(empty_house: House) -> None:
    house = empty_house
    async with running(house, "stopping"):
        delivery = house.dispatch(await house.connect())
        house.software.script[delivery.entry.entry_id] = [slow(0.5)]
        await house.say(delivery)
        await _called(house, delivery)
    await _settled(house, delivery, "confirmed")
    assert "unknown" not in house.states(delivery)


async def test_replicas_share_the_lanes_and_nothing_is_sent_twice(empty_house: House) -> None:
    house = empty_house
    async with running(house, "left", lanes=3), running(house, "right", lanes=3):
        connections = [await house.connect() for _ in range(6)]
        deliveries = [house.dispatch(connection) for connection in connections for _ in range(10)]
        for delivery in deliveries:
            house.software.script[delivery.entry.entry_id] = [slow(0.05)]
        await house.say(*deliveries)
        for delivery in deliveries:
            await _settled(house, delivery, "confirmed")
    owners = await house.database.fetch(
        "select distinct slot from gateways.attempts where delivery_id = any($1)",
        [delivery.delivery_id for delivery in deliveries],
    )
    assert {row["slot"] for row in owners} == {"left", "right"}
    assert all(len(house.software.books[delivery.reference]) == 1 for delivery in deliveries)


async def test_what_fails_for_as_long_as_retries_last_is_parked_and_one_answer_resumes_it(empty_house: House) -> None:
    house = empty_house
    plan = RetryPlan(steps=(timedelta(seconds=0.2),), give_up_after=timedelta(seconds=1))
    async with running(house, "patient", plan):
        connection = await house.connect()
        deliveries = [house.dispatch(connection, file_id="fil_outage", sequence=number) for number in range(8)]
        for delivery in deliveries:
            house.software.script[delivery.entry.entry_id] = [not_sent("unreachable")] * 50
        await house.say(*deliveries)
        for delivery in deliveries:
            parked = await house.reaches(delivery, "parked")
            assert parked.message is not None
            assert parked.message.category == "gave_up"
        for delivery in deliveries:
            house.software.script[delivery.entry.entry_id].clear()
            await house.resolve(delivery, "not_in_books")
        for delivery in deliveries:
            await _settled(house, delivery, "confirmed")


async def test_a_second_process_in_a_slot_waits_until_the_first_has_gone(empty_house: House) -> None:
    house = empty_house
    async with running(house, "same"):
        connection = await house.connect()
        run = await house.database.fetchval("select run from gateways.slots where slot = 'same'")
        async with running(house, "same"):
            await asyncio.sleep(0.5)
            assert await house.database.fetchval("select run from gateways.slots where slot = 'same'") == run
            delivery = house.dispatch(connection)
            await house.say(delivery)
            await _settled(house, delivery, "confirmed")
            used = await house.database.fetchval(
                "select run from gateways.attempts where delivery_id = $1", delivery.delivery_id
            )
            assert used == run


def _parcel_of(delivery: EntryDispatched):  # type: ignore[no-untyped-def]
    from gateways.domain.port import Parcel
    from qontable.wire import read_entry

    return Parcel(read_entry(delivery.entry), delivery.reference, delivery.ack_code, delivery.journal_code)
