"""The scenario of a process that dies between the software's booking and its own note of it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from .desk import PAUSE, Bench, Desk, open_desk, refuse_unwritten
from .scenario import Scenario
from .terms import SLOWNESS

SLOT = "gateways-1"
"""The slot of the process that dies, and of the one that is started in its place."""
VICTIM = Path(__file__).with_name("victim.py")
LATE_SECONDS = 20
BOOKED_WITHIN = 20.0 * SLOWNESS


async def crash_in_the_middle(bench: Bench, connectors: Collection[str]) -> None:
    """A gateway is killed while each connector waits for the answer to a booking.

    What it leaves behind is in `bench.crashed`, to be taken up by whoever has its slot next.
    """
    if not connectors:
        return
    async with _gateway(bench, connectors) as process:
        desks = [await open_desk(bench, connector) for connector in connectors]
        bench.crashed = {desk.connector: (desk, desk.entry()) for desk in desks}
        orders = {}
        for desk, delivery in bench.crashed.values():
            orders[desk.connector] = await desk.order("book", "answer_late", seconds=LATE_SECONDS)
            await desk.house.say(delivery)
        bench.uncaught = await _not_struck(bench, orders)
        if process.returncode is None:
            process.kill()


@asynccontextmanager
async def _gateway(bench: Bench, connectors: Collection[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        SLOT,
        *connectors,
        env=os.environ | bench.house.environment(),
        stdin=PIPE,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _not_struck(bench: Bench, orders: dict[str, int]) -> set[str]:
    """Wait until every booking is under way; the connectors of which none was made in time."""
    clock = asyncio.get_running_loop().time
    gives_up = clock() + BOOKED_WITHIN
    while True:
        faults = {fault["id"]: fault for fault in (await bench.control.get("/faults")).json()["faults"]}
        missing = {connector for connector, number in orders.items() if not faults[number]["struck"]}
        if not missing or clock() > gives_up:
            return missing
        await asyncio.sleep(PAUSE)


async def after_the_crash(desk: Desk) -> None:
    """The process in its place finds the entry in the books, or asks a person; nothing is booked again."""
    crashed, delivery = desk.bench.crashed[desk.connector]
    for told in desk.bench.told_of(delivery):
        refuse_unwritten(told.message)
    assert desk.connector not in desk.bench.uncaught, "no booking was under way when the process died"
    await crashed.ends_booked_once(delivery)


CRASH = Scenario("crash between send and record", after_the_crash, connects=False)
