"""Every service is killed once, without warning, in the middle of 500 entries; the books hold each entry once.

`make crash` runs it before one's eyes.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from local_stack.services import SERVICES
from local_stack.world import World

from .fec_files import Dialect, FecLine, payment, purchase, totals, write_fec
from .system import System

INVOICES = 250
FILE = "CRASH"
SEED = 20261123
PATIENCE_SECONDS = 270


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(world: World) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's eyes on this world's tables."""
    connection = await asyncpg.connect(world.admin_url)
    yield connection
    await connection.close()


def book() -> list[FecLine]:
    """250 invoices, each paid: 500 entries."""
    lines: list[FecLine] = []
    for number in range(1, INVOICES + 1):
        third = (f"401F{number % 20:02}", f"Fournisseur {number % 20}")
        lines += purchase(f"A{number}", third, f"{number}.50", "0.10") + payment(f"B{number}", third, f"{number}.60")
    return lines


@pytest.mark.slow
async def test_five_hundred_entries_are_booked_once_though_every_service_is_killed(
    system: System, database: asyncpg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = book()
    fec = write_fec(tmp_path / "book.txt", lines, Dialect())
    status, output = await system.run("sandbox", "publish", "--fec", str(fec), "--software-file", FILE)
    assert status == 0, output
    began = time.monotonic()
    victims = [spec.name for spec in SERVICES]
    random.Random(SEED).shuffle(victims)
    killed = []
    for turn, victim in enumerate(victims, start=1):
        booked = await at_least(database, turn * 2 * INVOICES // (len(victims) + 2))
        while not system.kill(victim):
            await asyncio.sleep(0.05)
        killed.append(f"{time.monotonic() - began:5.1f} s  {victim:15} killed with {booked} of {2 * INVOICES} booked")
        assert booked < 2 * INVOICES, "killed too late to prove anything"
    ledger = await settled_ledger(system, database)
    with capsys.disabled():
        print("", *killed, f"{time.monotonic() - began:5.1f} s  all quiet: {await found_states(database)}", sep="\n")
    assert ledger["accounts"] == totals(lines)
    assert (ledger["entries"], ledger["documents"]) == (2 * INVOICES, 2 * INVOICES)
    assert [ledger[name] for name in ("lost", "doubled", "altered", "refused")] == [[], [], [], []]


async def at_least(database: asyncpg.Connection, count: int) -> int:
    """Wait until the software has booked so many entries; how many it has."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            booked: int = await database.fetchval("select count(*) from sandbox.booked_entries")
            if booked >= count:
                return booked
            await asyncio.sleep(0.02)


async def settled_ledger(system: System, database: asyncpg.Connection) -> dict[str, object]:
    """The ledger once the accountant sees every entry as synchronized."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await found_states(database) != {"synchronized": 2 * INVOICES}:
            await asyncio.sleep(0.5)
    _, output = await system.run("sandbox", "ledger", "--software-file", FILE, "--json")
    ledger: dict[str, object] = json.loads(output)
    return ledger


async def found_states(database: asyncpg.Connection) -> dict[str, int]:
    """Entries by what the accountant sees, as the Hub's read model has it."""
    rows = await database.fetch("select status, count(*) from hub.entry group by status")
    return {row["status"]: row["count"] for row in rows}
