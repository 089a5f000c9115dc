"""PostgreSQL of a while ago with the software's books of now, as the runbook puts it in place: nothing lost or doubled.

What `docs/runbooks/restored-backup.md` tells a person to type is what this test does.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from local_stack.services import SERVICES
from local_stack.settings import PROJECT
from local_stack.world import World

from .fec_files import Dialect, FecLine, payment, purchase, totals, write_fec
from .system import running_system

FILE = "RESTORED"
RESTORED = tuple(spec.name for spec in SERVICES if spec.name != "sandbox")
"""The sandbox is the world outside: its books are those of now."""
BEFORE, LOST, AFTER = range(0, 8), range(8, 24), range(24, 30)
PATIENCE_SECONDS = 200
COLUMNS = """
    select relname, string_agg(quote_ident(attname), ', ') from pg_class join pg_attribute on attrelid = pg_class.oid
    where relkind = 'r' and relnamespace = $1::text::regnamespace and attnum > 0 and not attisdropped
        and attgenerated = ''
    group by relname
"""


def book(numbers: range) -> list[FecLine]:
    """Each number an invoice and its payment."""
    lines: list[FecLine] = []
    for number in numbers:
        third = (f"401R{number % 5:02}", f"Fournisseur {number % 5}")
        lines += purchase(f"A{number}", third, f"{number + 1}.50", "0.10")
        lines += payment(f"B{number}", third, f"{number + 1}.60")
    return lines


@pytest.mark.slow
async def test_a_restored_backup_loses_nothing_and_doubles_nothing(world: World, tmp_path: Path) -> None:
    database = await asyncpg.connect(world.admin_url)
    async with running_system(world, tmp_path) as system:
        await _publish(system, database, tmp_path, BEFORE)
    instant = datetime.now(UTC)
    await _copy(database, "{0}", "backup_{0}")

    async with running_system(world, tmp_path) as system:
        await _publish(system, database, tmp_path, range(BEFORE.start, LOST.stop))
    restored_at = datetime.now(UTC)
    await _copy(database, "backup_{0}", "{0}")
    assert await _synchronized(database) == 2 * len(BEFORE)

    for service in ("hub", "entries", "reference_data"):
        own = await asyncpg.connect(world.database_url(service))
        await own.execute((PROJECT / "services" / service / "restored.sql").read_text())
        await own.close()
    status, output = await system.run("rewind", "--to", instant.isoformat())
    assert status == 0, output
    assert "read again" in output

    async with running_system(world, tmp_path) as system:
        await _all_synchronized(database, LOST.stop)
        assert await _sent_since(database, restored_at) == 0, "what was in the books was sent again"
        await _doubt_is_over(database)
        await _publish(system, database, tmp_path, range(BEFORE.start, AFTER.stop))
        _, ledger_text = await system.run("sandbox", "ledger", "--software-file", FILE, "--json")
    ledger: dict[str, Any] = json.loads(ledger_text)
    assert ledger["accounts"] == totals(book(range(BEFORE.start, AFTER.stop)))
    assert ledger["entries"] == 2 * AFTER.stop
    assert [ledger[name] for name in ("lost", "doubled", "altered", "refused")] == [[], [], [], []]
    assert [row["noticed_by"] for row in await database.fetch("select * from gateways.restorations")] == ["pulse"]
    await database.close()


async def _publish(system: Any, database: asyncpg.Connection, folder: Path, numbers: range) -> None:
    """Publish the book so far, which brings what is new in it, and wait until everything is in the books."""
    fec = write_fec(folder / f"book-{numbers.stop}.txt", book(numbers), Dialect())
    status, output = await system.run("sandbox", "publish", "--fec", str(fec), "--software-file", FILE)
    assert status == 0, output
    await _all_synchronized(database, numbers.stop)


async def _doubt_is_over(database: asyncpg.Connection) -> None:
    """The minutes pass in which owners of before could still have acted on the software."""
    await database.execute("update gateways.restorations set settled_at = now(), doubt_seconds = '{}'")


async def _all_synchronized(database: asyncpg.Connection, invoices: int) -> None:
    """Wait until the accountant sees so many invoices and their payments as synchronized."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _synchronized(database) != 2 * invoices:
            await asyncio.sleep(0.3)


async def _synchronized(database: asyncpg.Connection) -> int:
    return int(await database.fetchval("select count(*) from hub.entry where status = 'synchronized'"))


async def _sent_since(database: asyncpg.Connection, instant: datetime) -> int:
    """Entries that left since then, by the gateways' own account."""
    query = "select count(*) from gateways.attempts where operation = 'send' and started_at > $1"
    return int(await database.fetchval(query, instant))


async def _copy(database: asyncpg.Connection, source: str, target: str) -> None:
    """Every table of the house's schemas into others, or back: a backup, and its restoration."""
    async with database.transaction():
        await database.execute("set local session_replication_role = replica")
        for service in RESTORED:
            place, copy = source.format(service), target.format(service)
            await database.execute(f"create schema if not exists {copy}")
            tables = await database.fetch(COLUMNS, service)
            for table, _ in tables:
                await database.execute(
                    f"create table if not exists {copy}.{table} as table {place}.{table} with no data"
                )
            await database.execute(f"truncate {', '.join(f'{copy}.{table}' for table, _ in tables)} cascade")
            for table, names in tables:
                await database.execute(
                    f"insert into {copy}.{table} ({names}) overriding system value select {names} from {place}.{table}"
                )
