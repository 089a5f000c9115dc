"""Gateways at work on a real broker and server; the test speaks as entries, Hub and reference data."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from gateways.bootstrap import build
from gateways.domain.port import Connector
from gateways.domain.retry import RetryPlan
from gateways.settings import GatewaySettings
from local_stack.ports import free_port
from local_stack.world import PARTITIONS, World
from qontable.entry import EntryRef
from qontable.envelope import Envelope
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched, EntryRecallRequested
from qontable.events.hub import ConnectionChanged, DeliveryResolutionRequested, Throttle
from qontable.events.platform import EntryContent, WireJournal, WireLine
from qontable.reference import entry_reference
from qontable.service import Service
from qontable.vault import load_ring

from .software import Software

E = TypeVar("E", bound=Event)
PATIENCE = 20.0
SPOKEN = (
    "entry.delivery_changed",
    "entry.attempted",
    "connection.checked",
    "connection.health_changed",
    "connection.resealed",
    "connector.announced",
    "accounts.fetched",
)
FAST = RetryPlan(
    steps=(timedelta(seconds=0.3), timedelta(seconds=0.6)),
    jitter=0.1,
    ask_again_after=timedelta(seconds=0.2),
    person_may_act_after=timedelta(seconds=1),
)


@dataclass
class House:
    """A gateway with a scripted software, and everyone it talks with."""

    world: World
    software: Software
    producer: AIOKafkaProducer
    database: asyncpg.Pool
    heard: list[tuple[Event, dict[str, str]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    connector: str = "myunisoft"
    credentials: dict[str, str] = field(default_factory=dict)

    async def say(self, *events: Event, traceparent: str | None = None) -> None:
        """Publish events, each under a fresh identity, and wait for the broker."""
        for event in events:
            await self.say_raw(event, event.body(), traceparent=traceparent)

    async def say_raw(self, event: Event, body: bytes, *, traceparent: str | None = None) -> None:
        """Publish any bytes as this event would be."""
        envelope = Envelope(uuid.uuid4().hex, event.ce_type(), "/test", datetime.now(UTC), event.subject, traceparent)
        await self.producer.send_and_wait(
            f"{self.world.topic_prefix}{event.topic}",
            body,
            key=event.key.encode(),
            headers=[(name, value.encode()) for name, value in envelope.headers().items()],
        )

    def said(self, kind: type[E], **wanted: Any) -> list[E]:
        """What was said of this kind with these values, in order."""
        return [
            event
            for event, _ in self.heard
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in wanted.items())
        ]

    async def hears(self, kind: type[E], *, patience: float = PATIENCE, **wanted: Any) -> E:
        """The first event of this kind with these values, waited for."""
        ends = asyncio.get_running_loop().time() + patience
        while asyncio.get_running_loop().time() < ends:
            if found := self.said(kind, **wanted):
                return found[0]
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {kind.__name__} with {wanted}; said: {self.said(kind)}")

    async def reaches(self, delivery: EntryDispatched, state: str, patience: float = PATIENCE) -> EntryDeliveryChanged:
        """The event that says this state of a delivery, waited for."""
        return await self.hears(EntryDeliveryChanged, patience=patience, delivery_id=delivery.delivery_id, state=state)

    def states(self, delivery: EntryDispatched) -> list[str]:
        """The states told of a delivery, by version."""
        events = {event.version: event for event in self.said(EntryDeliveryChanged, delivery_id=delivery.delivery_id)}
        return [events[version].state for version in sorted(events)]

    async def connect(self, *, token: str = "good", throttle: Throttle | None = None, version: int = 1) -> str:
        """A connection of its own, known to the gateway."""
        name = f"con_{next(self.numbers)}"
        await self.change(name, token=token, throttle=throttle, version=version)
        return name

    async def change(
        self,
        connection_id: str,
        *,
        token: str = "good",
        throttle: Throttle | None = None,
        version: int = 1,
        enabled: bool = True,
    ) -> None:
        """The hub changes a connection; back when the gateway has tried it."""
        await self.say(self.connection(connection_id, token=token, throttle=throttle, version=version, enabled=enabled))
        query = "select true from gateways.connections where connection_id = $1 and version >= $2"
        await self.until(query, connection_id, version)
        if enabled:
            query = "select done_at is not null from gateways.jobs where kind = 'probe' and job_id = $1"
            await self.until(query, f"{connection_id}:{version}")

    def connection(
        self, connection_id: str, *, token: str, throttle: Throttle | None, version: int, enabled: bool
    ) -> ConnectionChanged:
        key = load_ring(self.world.gateway_keys).sealing_key
        return ConnectionChanged(
            firm_id="frm_1",
            connection_id=connection_id,
            connector=self.connector,
            version=version,
            enabled=enabled,
            sealed=key.seal(self.credentials or {"token": token}, firm_id="frm_1", connection_id=connection_id),
            throttle=throttle,
        )

    def dispatch(
        self, connection_id: str, *, file_id: str = "", sequence: int = 1, entry_id: str = ""
    ) -> EntryDispatched:
        """A dispatched entry, ready to be said."""
        number = next(self.numbers)
        return dispatched_entry(
            delivery_id=f"dlv_{number}",
            connection_id=connection_id,
            file_id=file_id or f"fil_{number}",
            entry_id=entry_id or f"ent_{number}",
            sequence=sequence,
            connector=self.connector,
        )

    async def recall(self, delivery: EntryDispatched) -> None:
        await self.say(
            EntryRecallRequested(
                firm_id=delivery.firm_id,
                file_id=delivery.file_id,
                entry_id=delivery.entry.entry_id,
                delivery_id=delivery.delivery_id,
                connector=delivery.connector,
                connection_id=delivery.connection_id,
                requested_at=datetime.now(UTC),
            )
        )

    async def resolve(self, delivery: EntryDispatched, answer: Any) -> None:
        await self.say(
            DeliveryResolutionRequested(
                firm_id=delivery.firm_id,
                file_id=delivery.file_id,
                entry_id=delivery.entry.entry_id,
                delivery_id=delivery.delivery_id,
                answer=answer,
                requested_by="usr_1",
                requested_at=datetime.now(UTC),
            )
        )

    async def called(self, delivery: EntryDispatched) -> None:
        """Wait until the software was called for this delivery's entry."""
        await self.comes_true(lambda: self.software.sends(delivery.entry.entry_id) > 0)

    async def comes_true(self, fact: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something holds in this process."""
        ends = asyncio.get_running_loop().time() + patience
        while not fact():
            assert asyncio.get_running_loop().time() < ends, "it never came true"
            await asyncio.sleep(0.02)

    async def until(self, query: str, *values: Any, patience: float = PATIENCE) -> None:
        """Wait until a query of the gateways' tables says true."""
        ends = asyncio.get_running_loop().time() + patience
        while not await self.database.fetchval(query, *values):
            if asyncio.get_running_loop().time() > ends:
                raise AssertionError(f"never true: {query} {values}")
            await asyncio.sleep(0.02)

    def environment(self) -> dict[str, str]:
        """A gateway's settings; Kafka gives up soon on a process that was killed."""
        port = free_port()
        own = {"QONTABLE_HTTP_PORT": str(port), "QONTABLE_LINKS_URL": f"http://127.0.0.1:{port}"}
        return self.world.settings_env("gateways") | own | {"QONTABLE_KAFKA_SESSION_SECONDS": "2"}

    async def gateway(
        self,
        *,
        slot: str,
        plan: RetryPlan = FAST,
        lease_seconds: float = 1.0,
        lanes: int = 50,
        keys: Path | None = None,
        documents: Callable[[Service, GatewaySettings], None] | None = None,
        connectors: Mapping[str, Connector] | None = None,
    ) -> Service:
        """A gateway of this house, not running yet.

        `keys` is a ring of its own, `documents` serves links, `connectors` are others than the scripted one.
        """
        values = {name.removeprefix("QONTABLE_").lower(): value for name, value in self.environment().items()}
        own: dict[str, Any] = {"slot": slot, "lease_seconds": lease_seconds, "lanes": lanes}
        if keys:
            own["private_keys"] = keys
        settings = GatewaySettings.model_validate(values | own)
        service = await build(settings, connectors or {self.connector: self.software}, plan)
        if documents:
            documents(service, settings)
        return service


def dispatched_entry(
    *,
    delivery_id: str,
    connection_id: str,
    file_id: str,
    entry_id: str,
    sequence: int = 1,
    firm_id: str = "frm_1",
    connector: str = "myunisoft",
    validated_at: datetime | None = None,
) -> EntryDispatched:
    """A small purchase on its way to the software."""
    return EntryDispatched(
        delivery_id=delivery_id,
        connector=connector,
        connection_id=connection_id,
        firm_id=firm_id,
        file_id=file_id,
        software_file="soc-1",
        sequence=sequence,
        reference=entry_reference(EntryRef(firm_id, file_id, entry_id)),
        ack_code="A001",
        entry=EntryContent(
            firm_id=firm_id,
            file_id=file_id,
            entry_id=entry_id,
            revision=1,
            kind="purchase",
            journal=WireJournal(code="ACH"),
            date="2026-03-12",
            label="Papeterie Durand",
            lines=(
                WireLine(account="606400", label="Papeterie", debit="100.00", credit="0.00"),
                WireLine(account="401000", label="Papeterie", debit="0.00", credit="100.00"),
            ),
        ),
        journal_code="ACH",
        dispatched_at=datetime.now(UTC),
        validated_at=validated_at,
    )


@asynccontextmanager
async def open_house(world: World, software: Software) -> AsyncIterator[House]:
    """Everyone but the gateways; every event they say is heard."""
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, linger_ms=0)
    await producer.start()
    database = await asyncpg.create_pool(world.admin_url, min_size=1, max_size=2)
    house = House(world, software, producer, database)
    listening = asyncio.create_task(_listen(house))
    try:
        yield house
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await producer.stop()
        await database.close()


async def _listen(house: House) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=house.world.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [
            TopicPartition(f"{house.world.topic_prefix}{topic}", number)
            for topic in SPOKEN
            for number in range(PARTITIONS)
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        async for record in consumer:
            headers = {name: value.decode() for name, value in record.headers}
            event = EVENT_TYPES[headers["ce_type"]].model_validate(orjson.loads(record.value))
            house.heard.append((event, headers))
    finally:
        await consumer.stop()
