"""What a stack's services find at their start, made as any deployment makes it (`qontable.provisioning`)."""

import asyncio
from collections.abc import Sequence

import asyncpg

from local_stack.connectors import connectors
from local_stack.passwords import role_password
from local_stack.services import SERVICES, ServiceSpec, Surroundings
from qontable.provisioning import Tenant, ensure_first_key, provision_database
from qontable.topics import PARTITIONS, all_topics, ensure_topics


async def ensure_database(server_url: str, name: str) -> None:
    """Create the database unless it is there."""
    connection = await asyncpg.connect(server_url)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()


def tenants(admin_url: str, services: Sequence[ServiceSpec] = SERVICES) -> list[Tenant]:
    """The services as the database of the admin's address knows them."""
    return [Tenant(spec.name, role_password(admin_url, spec.name), spec.migrations) for spec in services]


async def provision_system(
    surroundings: Surroundings, services: Sequence[ServiceSpec] = SERVICES, *, partitions: int = PARTITIONS
) -> None:
    """Everything that these services find at their start. Idempotent."""
    admin_url = surroundings.postgres_admin_url
    await asyncio.gather(
        provision_database(admin_url, tenants(admin_url, services)),
        ensure_topics(
            surroundings.kafka, surroundings.topic_prefix, topics=all_topics(connectors()), partitions=partitions
        ),
    )
    ensure_first_key(surroundings.gateway_keys)
