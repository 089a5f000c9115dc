"""A service's room in the database: its own, furnished once, whoever starts first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import asyncpg
import pytest

from qontable.migrations import MigrationFailed, migrate, provision, role_url

LEDGER = """-- migrate:up
create table ledger (id int primary key);
select pg_sleep(0.3);

-- migrate:down
drop table ledger;
"""


class Room:
    """A role and schema of a test's own, and a folder of migrations."""

    def __init__(self, admin: asyncpg.Connection, admin_url: str, folder: Path) -> None:
        self.admin = admin
        self.admin_url = admin_url
        self.name = f"room_{token_hex(4)}"
        self.url = role_url(admin_url, self.name, "first")
        self.folder = folder
        (folder / "0001_ledger.sql").write_text(LEDGER)

    async def migrate(self) -> None:
        await asyncio.to_thread(migrate, self.url, self.name, self.folder)

    async def tables(self) -> set[str]:
        rows = await self.admin.fetch("select tablename from pg_tables where schemaname = $1", self.name)
        return {row["tablename"] for row in rows}


@pytest.fixture
async def room(postgres: str, tmp_path: Path) -> AsyncIterator[Room]:
    admin = await asyncpg.connect(postgres)
    room = Room(admin, postgres, tmp_path)
    await provision(postgres, room.name, "first")
    yield room
    await admin.execute(f"drop schema {room.name} cascade; drop owned by {room.name}; drop role {room.name}")
    await admin.close()


async def test_two_that_start_at_once_furnish_the_room_once(room: Room) -> None:
    await asyncio.gather(room.migrate(), room.migrate(), room.migrate())
    kit = {"inbox", "outbox", "set_aside", "kit_migrations"}
    assert await room.tables() >= kit | {"ledger", "schema_migrations"}
    assert await room.admin.fetchval(f"select count(*) from {room.name}.schema_migrations") == 1


async def test_a_refused_migration_says_what_and_leaves_what_came_before(room: Room) -> None:
    (room.folder / "0002_wrong.sql").write_text("-- migrate:up\ncreate tabel x (id int);\n\n-- migrate:down\n")
    with pytest.raises(MigrationFailed, match=f'{room.name}: .* syntax error at or near "tabel"'):
        await room.migrate()
    assert "ledger" in await room.tables()


async def test_provisioning_again_changes_the_password_and_nothing_else(room: Room) -> None:
    await room.migrate()
    before = await room.tables()
    await provision(room.admin_url, room.name, "second")
    assert await room.tables() == before
    connection = await asyncpg.connect(role_url(room.admin_url, room.name, "second"))
    assert await connection.fetchval("select current_schema()") == room.name
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(room.url)


async def test_a_password_may_hold_any_character_and_is_on_no_command_line(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = "a/b:c@d%e?f#g h"
    await provision(room.admin_url, room.name, password)
    room.url = role_url(room.admin_url, room.name, password)
    await room.migrate()
    assert "ledger" in await room.tables()
    tells = tmp_path / "dbmate"
    tells.write_text('#!/bin/sh\necho "$0 $@" >&2\nexit 1\n')
    tells.chmod(0o755)
    monkeypatch.setattr("qontable.migrations._dbmate", lambda: str(tells))
    with pytest.raises(MigrationFailed, match="--migrations-dir=") as told:
        await room.migrate()
    assert room.name not in str(told.value).removeprefix(room.name)


async def test_a_role_has_no_rights_beyond_its_schema(room: Room) -> None:
    row = await room.admin.fetchrow("select * from pg_roles where rolname = $1", room.name)
    assert row is not None
    assert not any(
        row[right] for right in ("rolsuper", "rolcreatedb", "rolcreaterole", "rolbypassrls", "rolreplication")
    )
    assert not await room.admin.fetchval("select has_schema_privilege($1, 'public', 'usage')", room.name)
