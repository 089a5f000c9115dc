"""Databases for tests, copied from a template that is migrated once per state of the migrations."""

import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from local_stack.passwords import database_url
from local_stack.provisioning import tenants
from local_stack.services import SERVICES, ServiceSpec
from qontable.migrations import KIT, MigrationFailed
from qontable.provisioning import provision_database

_LOCK = 0x516F6E03
_FORGOTTEN_SECONDS = 2 * 3600


def fresh_name() -> str:
    """A name for what a test makes on a shared server; it says when it was made."""
    return f"test_{int(time.time())}_{secrets.token_hex(4)}"


def is_forgotten(name: str) -> bool:
    """Whether a name was made by a test so long ago that its run must have been killed."""
    kind, _, rest = name.partition("_")
    made, _, _ = rest.partition("_")
    return kind == "test" and made.isdigit() and time.time() - int(made) > _FORGOTTEN_SECONDS


async def create_database(server: str, name: str) -> str:
    """A database with every service's schema, empty; the superuser's address of it. Drops forgotten ones."""
    template = f"template_{_migrations_hash()}"
    async with _superuser(server) as admin:
        await admin.execute("select pg_advisory_lock($1)", _LOCK)
        databases = [row["datname"] for row in await admin.fetch("select datname from pg_database")]
        for forgotten in filter(is_forgotten, databases):
            await admin.execute(f'drop database if exists "{forgotten}" with (force)')
        if template not in databases:
            await _make_template(admin, server, template)
        await admin.execute(f'create database "{name}" template "{template}"')
    return database_url(server, name)


async def drop_database(server: str, name: str) -> None:
    """Drop it, whoever is still connected."""
    async with _superuser(server) as admin:
        await admin.execute(f'drop database if exists "{name}" with (force)')


async def _make_template(admin: asyncpg.Connection, server: str, template: str) -> None:
    """It gets its name when it is whole; until then it is an ordinary database of a test."""
    unfinished = fresh_name()
    await admin.execute(f'create database "{unfinished}"')
    try:
        url = database_url(server, unfinished)
        await provision_database(url, tenants(url, _chosen_services()))
        await admin.execute(f'alter database "{unfinished}" rename to "{template}"')
    except MigrationFailed:
        await admin.execute(f'drop database "{unfinished}" with (force)')
        raise


def _chosen_services() -> list[ServiceSpec]:
    """All, unless `QONTABLE_TEST_SERVICES` names some: then others' unfinished migrations stand in nobody's way."""
    named = os.environ.get("QONTABLE_TEST_SERVICES")
    return [spec for spec in SERVICES if named is None or spec.name in named.split(",")]


def _migrations_hash() -> str:
    found = hashlib.sha256()
    for folder in (KIT, *(spec.migrations for spec in _chosen_services())):
        found.update(f"{folder}\n".encode())
        for file in sorted(folder.glob("*.sql")):
            found.update(f"{file.name}\n".encode() + file.read_bytes())
    return found.hexdigest()[:16]


@asynccontextmanager
async def _superuser(server: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server)
    try:
        yield connection
    finally:
        await connection.close()
