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
from qontable.addresses import Addresses
from sandbox.app.systems import open_systems
from sandbox.domain.book.generator import make_book

from .exporting import exported, signed_in
from .fec_files import Dialect, FecLine, payment, purchase, totals, write_fec
from .system import System, running_system

FILE = "RESTORED"
RESTORED = tuple(spec.name for spec in SERVICES if spec.name != "sandbox")
"""The sandbox is the world outside: its books are those of now."""
BEFORE, LOST, AFTER = range(0, 8), range(8, 24), range(24, 30)
PATIENCE_SECONDS = 200
BY_FILE, FILE_FIRM = "fil_by_file", "frm_by_file"
"""A client file whose software has no API, and its firm."""
DRAFTS = make_book(60).drafts[:20]
COLUMNS = """
    select relname, string_agg(quote_ident(attname), ', ') from pg_class join pg_attribute on attrelid = pg_class.oid
    where relkind = 'r' and relnamespace = $1::text::regnamespace and attnum > 0 and not attisdropped
        and attgenerated = ''
    group by relname
"""
EXPORTED = """
    select count(*) from hub.entry
    where file_id = $1 and status = 'synchronized' and detail = 'exported'
"""
COMPLETE = """
    select count(*) from hub.entry
    where file_id = $1 and (status = 'synchronized' or status = 'ready' and documents in ('kept', 'none'))
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
        await _validate(system, database, len(DRAFTS) // 2)
        instant = datetime.now(UTC)
        await _copy(database, "{0}", "backup_{0}")  # while everything runs, as backups are taken
        await _publish(system, database, tmp_path, range(BEFORE.start, LOST.stop))
        await _export(system, "written", len(DRAFTS) // 2)
        await _validate(system, database, len(DRAFTS))
        await _export(system, "written", len(DRAFTS) - len(DRAFTS) // 2)
    restored_at = datetime.now(UTC)
    await _copy(database, "backup_{0}", "{0}")
    assert await _synchronized(database) == 2 * len(BEFORE)

    for service in ("hub", "entries", "reference_data"):
        own = await asyncpg.connect(world.database_url(service))
        await own.execute((PROJECT / "services" / service / "restored.sql").read_text())
        await own.close()
    for words in (
        ("hub", "restored", "--from"),
        ("exports", "restored", "--from"),
        ("entries", "restored", "--from"),
        ("rewind", "--to"),
    ):
        status, output = await system.run(*words, instant.isoformat())
        assert status == 0, output
    assert "read again" in output

    async with running_system(world, tmp_path) as system:
        await _all_synchronized(database, LOST.stop)
        await _until(database, EXPORTED, len(DRAFTS))
        await _export(system, "stopped", 0)
        assert await database.fetch("select reason from hub.set_aside") == []
        history = await database.fetch("select state from hub.export order by requested_at")
        assert [row["state"] for row in history] == ["written", "written", "stopped"]
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


async def _publish(system: System, database: asyncpg.Connection, folder: Path, numbers: range) -> None:
    """Publish the book so far, which brings what is new in it, and wait until everything is in the books."""
    fec = write_fec(folder / f"book-{numbers.stop}.txt", book(numbers), Dialect())
    status, output = await system.run("sandbox", "publish", "--fec", str(fec), "--software-file", FILE)
    assert status == 0, output
    await _all_synchronized(database, numbers.stop)


async def _validate(system: System, database: asyncpg.Connection, entries: int) -> None:
    """The accountant validates the file's first entries, which wait: no software is called for them."""
    async with open_systems(_addresses(system)) as systems:
        await systems.platform.create_firm(FILE_FIRM, "Cabinet")
        await systems.platform.create_file(FILE_FIRM, BY_FILE, "Atelier", "0042", None)
        await systems.platform.publish(FILE_FIRM, BY_FILE, "isacompta", "0042", DRAFTS[:entries])
    await _until(database, COMPLETE, entries)


async def _export(system: System, state: str, entries: int) -> None:
    """An import file of everything that is ready, which ends so, with so many entries."""
    async with open_systems(_addresses(system)) as systems, await signed_in(system, systems, FILE_FIRM) as hub:
        done = await exported(hub, BY_FILE, {"format": "xlsx"})
    assert (done["state"], done["entries"]) == (state, entries), done


def _addresses(system: System) -> Addresses:
    return Addresses.model_validate_json(system.addresses_file.read_text())


async def _until(database: asyncpg.Connection, query: str, entries: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await database.fetchval(query, BY_FILE) != entries:
            await asyncio.sleep(0.3)


async def _doubt_is_over(database: asyncpg.Connection) -> None:
    """The minutes pass in which owners of before could still have acted on the software."""
    await database.execute("update gateways.restorations set settled_at = now(), doubt_seconds = '{}'")


async def _all_synchronized(database: asyncpg.Connection, invoices: int) -> None:
    """Wait until the accountant sees so many invoices and their payments as synchronized."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _synchronized(database) != 2 * invoices:
            await asyncio.sleep(0.3)


async def _synchronized(database: asyncpg.Connection) -> int:
    return int(
        await database.fetchval(
            "select count(*) from hub.entry where status = 'synchronized' and file_id <> $1", BY_FILE
        )
    )


async def _sent_since(database: asyncpg.Connection, instant: datetime) -> int:
    """Entries that left since then, by the gateways' own account."""
    query = "select count(*) from gateways.attempts where operation = 'send' and started_at > $1"
    return int(await database.fetchval(query, instant))


async def _copy(database: asyncpg.Connection, source: str, target: str) -> None:
    """Every table of the house's schemas into others, or back, as of one instant: a backup, and its restoration."""
    async with database.transaction(isolation="repeatable_read"):
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
