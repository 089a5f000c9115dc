"""A system for one test module: its own database, topics, storage, ports and keys, on a shared broker and server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from local_stack.backends import Backends
from local_stack.connectors import connectors
from local_stack.databases import create_database, drop_database, fresh_name, is_forgotten
from local_stack.part import until
from local_stack.ports import free_port
from local_stack.services import SERVICES, Surroundings
from qontable.provisioning import ensure_first_key
from qontable.topics import all_topics, ensure_topics

PARTITIONS = 3
_SHOWN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class World:
    """One system. Services of a test find in it what they find in the local stack."""

    surroundings: Surroundings

    @property
    def kafka(self) -> str:
        """Bootstrap servers."""
        return self.surroundings.kafka

    @property
    def topic_prefix(self) -> str:
        """What stands before every topic of this world, and must stand before every group."""
        return self.surroundings.topic_prefix

    @property
    def storage_url(self) -> str:
        """An empty folder for documents."""
        return self.surroundings.storage_url

    @property
    def gateway_keys(self) -> Path:
        """The gateways' key ring."""
        return self.surroundings.gateway_keys

    @property
    def admin_url(self) -> str:
        """A superuser's address of this world's database: for looking, not for services."""
        return self.surroundings.postgres_admin_url

    def database_url(self, service: str) -> str:
        """The address of this world's database with the service's role."""
        return self.surroundings.database_url(service)

    def http_url(self, service: str) -> str:
        """Where the service serves once a test has started it."""
        return self.surroundings.http_url(service)

    def settings_env(self, service: str) -> dict[str, str]:
        """Every setting of a service, by the names of their variables."""
        return self.surroundings.environment(next(spec for spec in SERVICES if spec.name == service))


@asynccontextmanager
async def make_world(backends: Backends, folder: Path, *, partitions: int = PARTITIONS) -> AsyncIterator[World]:
    """A fresh world; its database and topics are removed at the end of the block."""
    name = fresh_name()
    prefix = f"{name}."
    admin_url = await create_database(backends.postgres, name)
    await _create_topics(backends.kafka, prefix, partitions)
    ensure_first_key(folder / "gateway-keys.json")
    try:
        yield World(
            Surroundings(
                kafka=backends.kafka,
                postgres_admin_url=admin_url,
                storage_url=(folder / "storage").as_uri(),
                gateway_keys=folder / "gateway-keys.json",
                ports=_ports(),
                topic_prefix=prefix,
            )
        )
    finally:
        await drop_database(backends.postgres, name)
        await _delete_topics(backends.kafka, prefix)


async def _create_topics(bootstrap: str, prefix: str, partitions: int) -> None:
    """Create topics and return when the broker shows them, a moment later. Deletes forgotten ones."""
    topics = all_topics(connectors())
    await ensure_topics(bootstrap, prefix, topics=topics, partitions=partitions)
    wanted = {f"{prefix}{topic.name}" for topic in topics}
    async with _admin(bootstrap) as client:

        async def are_there() -> bool:
            return wanted <= set(await client.list_topics())

        async with asyncio.timeout(_SHOWN_SECONDS):
            await until(are_there)
        await client.delete_topics([topic for topic in await client.list_topics() if is_forgotten(topic)])


async def _delete_topics(bootstrap: str, prefix: str) -> None:
    async with _admin(bootstrap) as client:
        await client.delete_topics([topic for topic in await client.list_topics() if topic.startswith(prefix)])


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def _ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    for spec in SERVICES:
        ports[spec.name] = free_port(ports.values())
    return ports
