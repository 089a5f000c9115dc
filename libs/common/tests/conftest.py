"""A service of no importance, on real Kafka and PostgreSQL, for tests of the kit."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from local_stack.passwords import role_password
from local_stack.ports import free_port
from local_stack.world import World
from qontable.bus import Received, Subscription
from qontable.clock import now
from qontable.database import Database
from qontable.envelope import Envelope
from qontable.events.hub import SyncRequested
from qontable.producer import open_producer
from qontable.provisioning import Tenant, provision_database
from qontable.service import Service
from qontable.settings import Settings
from qontable.unit import Unit

NAME = "kit"
"""The service's name, role and schema: it has the kit's tables and no migrations of its own."""
_NUMBERS = count()
"""Of topics: metrics are this process's, whatever world a topic is of."""


@dataclass
class Desk:
    """Where a test of the kit works: topics of its own, a producer, the service's schema."""

    world: World
    tenant: Tenant
    database: Database
    producer: AIOKafkaProducer

    async def new_topic(self, **settings: str) -> str:
        """A topic that no other test uses."""
        name = f"kit.{next(_NUMBERS)}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.world.kafka)
        await admin.start()
        topic = NewTopic(f"{self.world.topic_prefix}{name}", 2, 1, topic_configs=settings)
        await admin.create_topics([topic])
        await admin.close()
        return name

    @staticmethod
    async def note_seen(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        """A handler that writes down what it was given."""
        await unit.connection.execute(
            "insert into seen (topic, file_id) select * from unnest($1::text[], $2::text[])",
            [record.topic for record in records],
            [record.event.file_id for record in records],
        )

    @staticmethod
    def event(file_id: str) -> SyncRequested:
        """A small event to send around."""
        return SyncRequested(firm_id="frm_1", file_id=file_id, requested_at=now(), requested_by="usr_1")

    @staticmethod
    async def in_thread(work: Callable[..., Any], *given: Any) -> Any:
        """A command, which has a loop of its own, while the services of the test go on."""
        return await asyncio.to_thread(work, *given)

    @staticmethod
    async def eventually(holds: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
        """The first true answer of `holds`; fails when there is none in time."""
        ends = time.monotonic() + seconds
        while True:
            answer = await holds()
            if answer:
                return answer
            assert time.monotonic() < ends, "it did not happen in time"
            await asyncio.sleep(0.05)

    async def send(
        self, topic: str, event: SyncRequested, *, event_id: str | None = None, headers: dict[str, bytes] | None = None
    ) -> None:
        """An event as some service would send it; `headers` are added or replaced."""
        identity = event_id or uuid.uuid4().hex
        envelope = Envelope(identity, event.ce_type(), "/test", now(), event.subject)
        wire = {name: value.encode() for name, value in envelope.headers().items()} | (headers or {})
        await self.send_raw(topic, event.body(), wire, key=event.key)

    async def send_raw(self, topic: str, body: bytes | None, headers: dict[str, bytes], *, key: str = "fil_1") -> None:
        """Any bytes."""
        await self.producer.send_and_wait(
            f"{self.world.topic_prefix}{topic}", key=key.encode(), value=body, headers=list(headers.items())
        )

    def settings(self, **other: Any) -> Settings:
        """The service's settings."""
        given: dict[str, Any] = {
            "kafka": self.world.kafka,
            "topic_prefix": self.world.topic_prefix,
            "kafka_session_seconds": 6.0,
            "database_url": self.tenant.url(self.world.admin_url),
            "http_port": free_port(),
            "storage_url": self.world.storage_url,
        }
        return Settings(**given | other)

    @asynccontextmanager
    async def running(self, *subscriptions: Subscription[Any], **settings: Any) -> AsyncIterator[Service]:
        """A service that consumes these, for the length of the block."""
        service = await Service.open(NAME, self.settings(**settings))
        for subscription in subscriptions:
            service.add_subscription(subscription)
        async with service.running():
            yield service

    def subscription(self, topic: str, handler: Any = None, **other: Any) -> Subscription[SyncRequested]:
        """`SyncRequested` on a topic of the test's own, by default written down."""
        return Subscription(SyncRequested, handler or self.note_seen, topic=topic, **other)

    async def seen(self, topic: str) -> list[str]:
        """What handlers wrote down, in their order."""
        rows = await self.database.pool.fetch("select file_id from seen where topic = $1 order by id", topic)
        return [row["file_id"] for row in rows]

    async def aside(self, topic: str) -> list[asyncpg.Record]:
        """What was set aside, in the order of the topic."""
        return await self.database.pool.fetch("select * from set_aside where topic = $1 order by record_offset", topic)

    async def committed(self, topic: str) -> int:
        """How many records of the topic the service's group is done with."""
        group = f"{self.world.topic_prefix}{NAME}.{topic}"
        consumer = AIOKafkaConsumer(bootstrap_servers=self.world.kafka, group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [TopicPartition(f"{self.world.topic_prefix}{topic}", number) for number in range(2)]
            offsets = [await consumer.committed(partition) for partition in partitions]
        finally:
            await consumer.stop()
        return sum(offset or 0 for offset in offsets)

    async def on_topic(self, topic: str) -> list[Any]:
        """Every record of a topic, partition by partition."""
        name = f"{self.world.topic_prefix}{topic}"
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.world.kafka, group_id=uuid.uuid4().hex, enable_auto_commit=False
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(name, number) for number in range(2)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(partitions)
            records = []
            for partition, end in ends.items():
                while await consumer.position(partition) < end:
                    records += (await consumer.getmany(partition, timeout_ms=1000)).get(partition, [])
        finally:
            await consumer.stop()
        return records


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    tenant = Tenant(NAME, role_password(world.admin_url, NAME), tmp_path_factory.mktemp("no_migrations"))
    await provision_database(world.admin_url, [tenant])
    database = await Database.connect(tenant.url(world.admin_url))
    await database.pool.execute(
        "create table seen (id bigint generated always as identity, topic text not null, file_id text not null)"
    )
    producer = await open_producer(world.kafka)
    yield Desk(world, tenant, database, producer)
    await producer.stop()
    await database.close()
