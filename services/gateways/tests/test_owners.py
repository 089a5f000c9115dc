"""Processes that die, stop, and come back while they own a lane: nothing lost, nothing doubled."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from gateways.domain.port import Parcel
from gateways.domain.retry import RetryPlan
from qontable.events.connector import ConnectionResealed
from qontable.events.delivery import EntryAttempted, EntryDeliveryChanged, EntryDispatched
from qontable.service import Service
from qontable.vault import load_ring, write_new_key
from qontable.wire import read_entry

from .house import FAST, House
from .software import accept, make_sheet, not_sent, slow

VICTIM = Path(__file__).with_name("victim.py")


@asynccontextmanager
async def running(house: House, slot: str, plan: RetryPlan = FAST, lanes: int = 50) -> AsyncIterator[Service]:
    service = await house.gateway(slot=slot, plan=plan, lanes=lanes)
    async with service.running():
        yield service


class Victim:
    """A gateway process that a test stops or kills at a given point of an entry."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def says(self, line: str) -> None:
        """Wait until the process says this."""
        assert self.process.stdout
        while line not in self.lines:
            read = await asyncio.wait_for(self.process.stdout.readline(), 20)
            assert read, f"ended before it said {line}: {self.lines}"
            self.lines.append(read.decode().strip())


@asynccontextmanager
async def victim(house: House, slot: str) -> AsyncIterator[Victim]:
    """A gateway in a process of its own; killed at the end of the block at the latest."""
    environment = house.environment()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(VICTIM), slot, env=os.environ | environment, stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield Victim(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def caught_in_the_middle(house: House, gateway: Victim, connection_id: str) -> tuple[EntryDispatched, ...]:
    """Two entries: one whose attempt is on record but which has not left, one that has left without an answer."""
    number = next(house.numbers)
    before = house.dispatch(connection_id, entry_id=f"before-{number}")
    after = house.dispatch(connection_id, entry_id=f"after-{number}")
    await house.say(before, after)
    await gateway.says(f"opened {before.entry.entry_id}")
    await gateway.says(f"left {after.entry.entry_id}")
    return before, after


async def _stands(house: House, delivery: EntryDispatched, state: str) -> None:
    """By the table: a stopped process may hold the outbox's relay, and then nothing is heard before it wakes up."""
    query = "select state = $2 from gateways.deliveries where delivery_id = $1"
    await house.until(query, delivery.delivery_id, state)


async def _settled(house: House, delivery: EntryDispatched, state: str) -> None:
    await house.reaches(delivery, state, patience=15)


async def test_a_stopped_owner_that_wakes_up_sends_nothing_and_writes_nothing(empty_house: House) -> None:
    house = empty_house
    async with running(house, "connecting"):
        connection = await house.connect()
    async with victim(house, "stopped") as gateway:
        before, after = await caught_in_the_middle(house, gateway, connection)
        gateway.process.send_signal(signal.SIGSTOP)
        accept(house.software, _parcel_of(after))
        async with running(house, "second"):
            await _stands(house, before, "confirmed")
            await _stands(house, after, "confirmed")
            gateway.process.send_signal(signal.SIGCONT)
            await gateway.says(f"kept {before.entry.entry_id}")
            await _settled(house, before, "confirmed")
            confirmed = await house.reaches(after, "confirmed")
            await asyncio.sleep(0.5)
    assert house.states(before) == ["queued", "unknown", "queued", "confirmed"]
    assert house.states(after) == ["queued", "unknown", "confirmed"]
    assert house.software.sends(after.entry.entry_id) == 0
    assert len(house.software.books[before.reference]) == 1
    outcomes = [item.outcome for item in house.said(EntryAttempted, delivery_id=before.delivery_id)]
    assert (outcomes[0], outcomes[-1], outcomes.count("accepted")) == ("orphaned", "accepted", 1)
    version = "select version from gateways.deliveries where delivery_id = $1"
    assert await house.database.fetchval(version, after.delivery_id) == confirmed.version


async def test_after_a_kill_entries_are_looked_up_and_only_what_proves_absent_is_sent_again(empty_house: House) -> None:
    """Even without unique references: the slot has started again, so the owner is proven dead."""
    house = empty_house
    house.software.sheet = make_sheet(unique=(False, "documented"))
    try:
        async with running(house, "connecting"):
            connection = await house.connect()
        async with victim(house, "restarted") as gateway:
            before, after = await caught_in_the_middle(house, gateway, connection)
        accept(house.software, _parcel_of(after))
        async with running(house, "restarted"):
            await _settled(house, before, "confirmed")
            await _settled(house, after, "confirmed")
    finally:
        house.software.sheet = make_sheet()
    assert house.states(before) == ["queued", "unknown", "queued", "confirmed"]
    assert house.states(after) == ["queued", "unknown", "confirmed"]
    assert (house.software.sends(before.entry.entry_id), house.software.sends(after.entry.entry_id)) == (1, 0)


async def test_an_orphan_without_unique_references_waits_for_a_person_while_its_owner_may_live(
    empty_house: House,
) -> None:
    house = empty_house
    house.software.sheet = make_sheet(unique=(False, "documented"))
    try:
        async with running(house, "connecting"):
            connection = await house.connect()
        async with victim(house, "gone") as gateway:
            before, after = await caught_in_the_middle(house, gateway, connection)
        async with running(house, "other"):
            await _settled(house, before, "parked")
            await _settled(house, after, "parked")
            await house.resolve(before, "not_in_books")
            await house.resolve(after, "drop")
            await _settled(house, before, "confirmed")
            await _settled(house, after, "recalled")
    finally:
        house.software.sheet = make_sheet()
    assert (house.software.sends(before.entry.entry_id), house.software.sends(after.entry.entry_id)) == (1, 0)


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
        house.software.sheet = make_sheet()


async def test_a_gateway_told_to_stop_lets_its_requests_end_and_leaves_nothing_in_doubt(empty_house: House) -> None:
    house = empty_house
    async with running(house, "stopping"):
        delivery = house.dispatch(await house.connect())
        house.software.script[delivery.entry.entry_id] = [slow(0.5)]
        await house.say(delivery)
        await house.called(delivery)
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


async def test_a_connection_with_endless_work_makes_room_for_one_that_waits(
    empty_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = empty_house
    monkeypatch.setattr("gateways.app.lanes.TURN_SECONDS", 0.2)
    async with running(house, "narrow", lanes=1):
        busy, waiting = await house.connect(), await house.connect()
        long = [house.dispatch(busy, file_id="fil_long", sequence=number) for number in range(100)]
        for delivery in long:
            house.software.script[delivery.entry.entry_id] = [slow(0.1)]
        await house.say(*long)
        await house.reaches(long[0], "confirmed")
        other = house.dispatch(waiting)
        await house.say(other)
        await house.reaches(other, "confirmed", patience=6)
        assert len(house.said(EntryDeliveryChanged, connection_id=busy, state="confirmed")) < 100


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


async def test_credentials_under_an_older_key_are_sealed_again_under_the_newest(empty_house: House) -> None:
    house = empty_house
    async with running(house, "before"):
        connection = await house.connect(token="secret-token")
    write_new_key(house.world.gateway_keys, "newer")
    async with running(house, "after"):
        resealed = await house.hears(ConnectionResealed, connection_id=connection)
    ring = load_ring(house.world.gateway_keys)
    assert resealed.sealed.key_id == "newer"
    assert resealed.from_version == 1
    assert ring.open(resealed.sealed, firm_id="frm_1", connection_id=connection) == {"token": "secret-token"}


def _parcel_of(delivery: EntryDispatched) -> Parcel:
    return Parcel(read_entry(delivery.entry), delivery.reference, delivery.ack_code, delivery.journal_code)
