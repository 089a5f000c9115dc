"""Each service's role tries every door of the database that is not its own, and finds it locked (DESIGN 3; 8, rule 7).

Tables are read from the catalogue, so that a new one is tried as well.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg
import pytest
import pytest_asyncio

from local_stack.passwords import database_url
from local_stack.services import SERVICES
from local_stack.world import World

ROLES = tuple(spec.name for spec in SERVICES)
REFUSED = asyncpg.InsufficientPrivilegeError
TRIES = (
    "select * from {table} limit 1",
    "select {column} from {table} for update",
    "insert into {table} default values",
    "update {table} set {column} = {column}",
    "delete from {table}",
    "truncate {table}",
    "do $$ begin lock table {table}; end $$",
    "copy {table} to stdout",
    "alter table {table} disable row level security",
    "drop table {table}",
    "create trigger heard after insert on {table} execute function now()",
    "create view seen as select * from {table}",
)
"""What is tried at every relation of every other schema; a statement that has no sense there is refused before it."""
DOORS = {
    "becomes another service": "set role {other}",
    "becomes the superuser": "set role {superuser}",
    "takes another's session": "set session authorization {other}",
    "makes a role": "create role intruder",
    "gives itself rights": "alter role {role} superuser",
    "joins a role that reads everything": "grant pg_read_all_data to {role}",
    "makes a database": "create database intruder",
    "makes a schema": "create schema intruder",
    "makes a table in another's schema": "create table {other}.intruder (id int)",
    "makes a function in another's schema": "create function {other}.intruder() returns int language sql return 1",
    "makes a table that all see": "create table public.intruder (id int)",
    "reads a file of the server": "select pg_read_file('PG_VERSION')",
    "lists files of the server": "select pg_ls_dir('.')",
    "copies a file of the server": "copy set_aside from '/etc/hostname'",
    "writes a file of the server": "copy set_aside to '/tmp/intruder'",
    "runs a program": "copy set_aside to program 'true'",
    "imports a file": "select lo_import('/etc/hostname')",
    "reads another's large object": "select lo_get({large_object})",
    "reads passwords": "select rolpassword from pg_authid",
    "reads where the data lie": "select current_setting('data_directory', false)",
    "reads who may connect": "select * from pg_hba_file_rules",
    "reads the server's log": "select pg_current_logfile()",
    "has statements logged": "set log_statement = 'all'",
    "changes the server": "alter system set log_statement = 'all'",
    "ends another's session": "select pg_terminate_backend({session})",
    "stops another's statement": "select pg_cancel_backend({session})",
    "follows all changes": "select pg_create_logical_replication_slot('intruder', 'pgoutput')",
    "publishes all changes": "create publication intruder",
    "reaches out of the server": "create foreign data wrapper intruder",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view or sequence, its schema, and a column of it."""

    schema: str
    name: str
    column: str


@dataclass(frozen=True, slots=True)
class Building:
    """A world's database: a superuser's eyes, one connection per role, everything that lies in a schema."""

    world: World
    admin: asyncpg.Connection
    roles: dict[str, asyncpg.Connection]
    relations: tuple[Relation, ...]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def building(world: World) -> AsyncIterator[Building]:
    async with AsyncExitStack() as stack:
        admin = await asyncpg.connect(world.admin_url)
        stack.push_async_callback(admin.close)
        roles = {}
        for role in ROLES:
            roles[role] = await asyncpg.connect(world.database_url(role))
            stack.push_async_callback(roles[role].close)
            await roles[role].execute("set qontable.scope = 'service'")
        rows = await admin.fetch(
            """
            select nspname as schema, relname as name, attname as column
            from pg_class join pg_namespace on pg_namespace.oid = relnamespace
            join pg_attribute on attrelid = pg_class.oid and attnum = 1
            where nspname !~ '^(pg_|information_schema$)' and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            """
        )
        yield Building(world, admin, roles, tuple(Relation(**row) for row in rows))


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_nothing_in_another_schema(building: Building, role: str) -> None:
    others = [relation for relation in building.relations if relation.schema != role]
    assert {relation.schema for relation in others} == set(ROLES) - {role}
    entered = []
    for relation in others:
        table = f'{relation.schema}."{relation.name}"'
        for words in TRIES:
            statement = words.format(table=table, column=f'"{relation.column}"')
            if not await is_refused(building.roles[role], statement):
                entered.append(statement)
    assert not entered


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_no_other_door(building: Building, role: str) -> None:
    other = next(name for name in ROLES if name != role)
    places = {
        "role": role,
        "other": other,
        "superuser": await building.admin.fetchval("select quote_ident(current_user)"),
        "large_object": await building.roles[other].fetchval("select lo_from_bytea(0, 'canary')"),
        "session": building.roles[other].get_server_pid(),
    }
    for door, words in DOORS.items():
        assert await is_refused(building.roles[role], words.format(**places)), f"{role} {door}"
    assert not await is_refused(building.roles[role], f"select * from {role}.set_aside"), "not even its own"


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_sees_neither_statements_nor_statistics_of_others(building: Building, role: str) -> None:
    for name, connection in building.roles.items():
        await connection.execute(f"select 'canary of {name}'")
        await connection.execute(
            "insert into set_aside (consumer, topic, headers, reason) select 'c', 'canary', '[]', n::text "
            "from generate_series(1, 20) as n"
        )
        await connection.execute("analyze set_aside")
    seen = await building.roles[role].fetch(
        "select query from pg_stat_activity where usename <> $1 and datname = current_database()", role
    )
    assert {row["query"] for row in seen} == {"<insufficient privilege>"}
    statistics = "select distinct schemaname from pg_stats where schemaname = any($1)"
    assert {row[0] for row in await building.admin.fetch(statistics, ROLES)} == set(ROLES)
    assert {row[0] for row in await building.roles[role].fetch(statistics, ROLES)} <= {role}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("database", ["postgres", "template1"])
async def test_a_role_enters_no_other_database(building: Building, role: str, database: str) -> None:
    with pytest.raises(REFUSED, match="permission denied for database"):
        await asyncpg.connect(database_url(building.world.database_url(role), database))


async def test_nobody_is_granted_anything_that_is_not_his(building: Building) -> None:
    granted = await building.admin.fetch(
        """
        select nspname, relname, grantee::regrole::text from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace, aclexplode(relacl)
        where nspname = any($1) and (grantee <> relowner or relowner::regrole::text <> nspname)
        union all
        select nspname, '', grantee::regrole::text from pg_namespace, aclexplode(nspacl)
        where nspname = any($1) and grantee::regrole::text <> nspname
        """,
        ROLES,
    )
    assert not granted
    borrowed = "select proname from pg_proc where prosecdef and pronamespace::regnamespace::text = any($1)"
    assert not await building.admin.fetch(borrowed, ROLES), "a function that acts with its owner's rights"


async def is_refused(connection: asyncpg.Connection, statement: str) -> bool:
    """Whether the role has no right to this statement. Where it has, the test fails, and the world ends with it."""
    try:
        await connection.execute(statement)
    except REFUSED:
        return True
    return False
