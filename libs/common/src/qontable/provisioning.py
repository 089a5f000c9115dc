"""What must be there before services start: roles and schemas, tables, topics, the gateways' first key.

All of it is idempotent: a deployment runs it before every start, two at once do no harm.
"""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from aiokafka.errors import KafkaError

from qontable.migrations import MigrationFailed, migrate, provision, role_url
from qontable.topics import PARTITIONS, all_topics, ensure_topics
from qontable.vault import write_new_key

FIRST_KEY = "key-1"

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A service as the database knows it: its role and schema, the role's password, the folder of its migrations."""

    service: str
    password: str
    migrations: Path

    def url(self, admin_url: str) -> str:
        """The address of the admin's database with this service's role."""
        return role_url(admin_url, self.service, self.password)


async def provision_database(admin_url: str, tenants: Iterable[Tenant]) -> None:
    """A role, a schema and up-to-date tables for each. Raises `MigrationFailed`."""
    for tenant in tenants:
        await provision(admin_url, tenant.service, tenant.password)
        await asyncio.to_thread(migrate, tenant.url(admin_url), tenant.service, tenant.migrations)


def ensure_first_key(ring: Path) -> None:
    """Give the gateways a key if they have none. A ring that is there is left as it is."""
    if not ring.exists():
        write_new_key(ring, FIRST_KEY)


@app.command("provision")
def provision_system(  # noqa: PLR0913 - an option each
    names: Annotated[list[str], typer.Argument(help="Services; a role's password is in `QONTABLE_PASSWORD_NAME`.")],
    *,
    admin_url: Annotated[str, typer.Option(envvar="QONTABLE_ADMIN_URL", help="A PostgreSQL superuser's address.")],
    kafka: Annotated[str, typer.Option(envvar="QONTABLE_KAFKA", help="Kafka bootstrap servers.")],
    connectors: Annotated[
        list[str],
        typer.Option("--connector", help="Where entries may be dispatched to, a topic each; may be repeated."),
    ],
    topic_prefix: Annotated[str, typer.Option(envvar="QONTABLE_TOPIC_PREFIX", help="Put before every topic.")] = "",
    partitions: Annotated[int, typer.Option(help="Partitions of topics that are made now.")] = PARTITIONS,
    replication: Annotated[int, typer.Option(help="Copies of each partition.")] = 1,
    folder: Annotated[Path, typer.Option(help="Folder with NAME/migrations for each service.")] = Path("services"),
    key_ring: Annotated[Path | None, typer.Option(help="The gateways' key ring, made if it is missing.")] = None,
) -> None:
    """Make roles, schemas, tables and topics of a whole system agree with this version."""
    tenants = [Tenant(name, _password(name), folder / name / "migrations") for name in names]
    try:
        asyncio.run(provision_database(admin_url, tenants))
        topics = all_topics(connectors)
        asyncio.run(ensure_topics(kafka, topic_prefix, topics=topics, partitions=partitions, replication=replication))
    except MigrationFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except (OSError, asyncpg.PostgresConnectionError, KafkaError) as error:
        typer.echo(f"unreachable: {error}", err=True)
        raise typer.Exit(3) from None
    if key_ring is not None:
        ensure_first_key(key_ring)
    typer.echo(f"provisioned: {', '.join(names)}")


def _password(service: str) -> str:
    variable = f"QONTABLE_PASSWORD_{service.upper()}"
    if variable not in os.environ:
        raise typer.BadParameter(f"{variable} is not set, which is to be the password of the role {service}")
    return os.environ[variable]
