"""Entries at work on a real broker and server; the test speaks as platform, Hub, gateway and reference data."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from entries.bootstrap import build
from entries.settings import EntriesSettings
from local_stack.world import PARTITIONS, World
from qontable.clock import now
from qontable.envelope import Envelope
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.events.connector import ConnectorAnnounced
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched, EntryStatusChanged
from qontable.service import Service
from qontable.topics import MAX_RECORD_BYTES

from .client import SHEET, Client
from .document_server import DocumentServer

E = TypeVar("E", bound=Event)
PATIENCE = 60.0
SPOKEN = (
    "entry.dispatched.myunisoft",
    "entry.dispatched.export",
    "export.opened",
    "entry.status_changed",
    "entry.recall_requested",
    "document.link_requested",
    "accounts.refresh_requested",
    "accounts.full_requested",
)


@dataclass
class House:
    """One entries service, and everyone it talks with."""

    producer: AIOKafkaProducer
    database: asyncpg.Pool
    prefix: str
    documents: DocumentServer
    storage: Path
    service: Service | None = None
    heard: list[tuple[Event, dict[str, str]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def say(self, *events: Event, traceparent: str | None = None, at: datetime | None = None) -> None:
        """Publish events, each under a fresh identity, and wait for the broker."""
        for event in events:
            envelope = Envelope(uuid.uuid4().hex, event.ce_type(), "/test", at or now(), event.subject, traceparent)
            await self.send(event.topic, event.key, event.body(), envelope.headers())

    async def send(self, topic: str, key: str, body: bytes, headers: dict[str, str]) -> None:
        """Publish a record as it is."""
        await self.producer.send_and_wait(
            f"{self.prefix}{topic}",
            key=key.encode(),
            value=body,
            headers=[(name, value.encode()) for name, value in headers.items()],
        )

    def all(self, kind: type[E], **attributes: Any) -> list[E]:
        """Everything of a type that was heard with these attributes, in order."""
        return [
            event
            for event, _ in self.heard
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in attributes.items())
        ]

    async def hear(
        self, kind: type[E], where: Callable[[E], bool] = lambda _: True, count: int = 1, **attributes: Any
    ) -> E:
        """The `count`-th event of a type that fits, waited for."""
        found = await self.until(
            lambda: (
                len(fitting := [event for event in self.all(kind, **attributes) if where(event)]) >= count and fitting
            )
        )
        return found[count - 1]

    async def until(self, ready: Callable[[], Any]) -> Any:
        """What `ready` gives once it gives something."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not (result := ready()):
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError("waited in vain; heard: " + "; ".join(map(short, self.heard[-10:])))
            await asyncio.sleep(0.02)
        return result

    async def status(self, client: Client, entry_id: str, status: str, **attributes: Any) -> EntryStatusChanged:
        """The first time that the entry is told to be so."""
        return await self.hear(
            EntryStatusChanged, file_id=client.file_id, entry_id=entry_id, status=status, **attributes
        )

    async def waits_for(self, client: Client, entry_id: str, *reasons: str) -> EntryStatusChanged:
        """The first time that the entry is told to wait for exactly these."""
        return await self.status(client, entry_id, "ready", waiting_for=reasons)

    async def dispatched(self, client: Client, entry_id: str, count: int = 1) -> EntryDispatched:
        """The `count`-th dispatch of the entry."""
        return await self.hear(
            EntryDispatched, lambda event: event.entry.entry_id == entry_id, count, file_id=client.file_id
        )

    def orders(self, client: Client, entry_id: str | None = None) -> list[EntryDispatched]:
        """Every dispatch of a client file, or of one of its entries, that was heard."""
        return [
            order
            for order in self.all(EntryDispatched, file_id=client.file_id)
            if entry_id in (None, order.entry.entry_id)
        ]

    async def answer(self, order: EntryDispatched, state: str, version: int = 1, **changes: Any) -> None:
        """Say as the gateway what became of a delivery."""
        await self.say(self.told(order, state, version, **changes))

    @staticmethod
    def told(order: EntryDispatched, state: str, version: int = 1, **changes: Any) -> EntryDeliveryChanged:
        """What a gateway says of a delivery."""
        told = {
            "delivery_id": order.delivery_id,
            "firm_id": order.firm_id,
            "file_id": order.file_id,
            "entry_id": order.entry.entry_id,
            "revision": order.entry.revision,
            "connector": order.connector,
            "connection_id": order.connection_id,
            "version": version,
            "state": state,
            "changed_at": datetime.now(UTC),
        }
        return EntryDeliveryChanged.model_validate({**told, **changes})

    async def until_true(self, query: str, *values: Any) -> None:
        """Until a query over the tables gives true."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not (found := await self.fetchval(query, *values)):
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"waited in vain, {found} is what it still gives: {query}, {values}")
            await asyncio.sleep(0.02)

    async def fetchval(self, query: str, *values: Any) -> Any:
        """One value, looked at with a superuser's eyes."""
        return await self.database.fetchval(query, *values)

    async def set_aside(self, client: Client) -> list[str]:
        """The reasons for which records of a client file were set aside, in order."""
        rows = await self.database.fetch(
            "select reason from entries.set_aside where key = $1 order by id", client.file_id.encode()
        )
        return [row["reason"] for row in rows]

    def wake(self, name: str) -> None:
        """Let a background loop turn now."""
        assert self.service is not None
        next(loop for loop in self.service.loops if loop.name == name).wake()

    async def client(self, **integration: Any) -> Client:
        """A client file of a firm of its own: known, mapped, activated, its reference data retrieved."""
        client = self.stranger()
        await self.say(client.firm_created(), client.file_created(), client.connected())
        await self.say(client.refreshed(), client.tied(**integration))
        await self.until_known(client)
        return client

    def stranger(self) -> Client:
        """A client file of which nothing was said yet."""
        number = next(self.numbers)
        return Client(f"frm_{number}", f"fil_{number}", f"con_{number}", f"soft_{number}")

    async def until_known(self, client: Client) -> None:
        """Until entries knows the file, its tie and its reference data."""
        await self.until_true(
            """
            select true from entries.integrations i join entries.files using (file_id)
            join entries.reference_files using (file_id)
            join entries.connections c on c.connection_id = i.connection_id
            join entries.connectors k on k.connector = i.connector
            where file_id = $1 and i.version >= $2
            """,
            client.file_id,
            client.tie,
        )


def short(heard: tuple[Event, dict[str, str]]) -> str:
    """An event in one line, for a test that waited in vain."""
    event = heard[0]
    shown = event.model_dump(mode="json", exclude_none=True, exclude={"entry", "summary", "policies"})
    return f"{event.type_name} {orjson.dumps(shown).decode()[:400]}"


def settings_of(world: World, **changes: Any) -> EntriesSettings:
    """The settings of an entries process in this world."""
    variables = world.settings_env("entries")
    values = {name.removeprefix("QONTABLE_").lower(): value for name, value in variables.items()}
    return EntriesSettings(**{**values, **changes})


@asynccontextmanager
async def open_house(world: World, **settings: Any) -> AsyncIterator[House]:
    """Entries in this world, the connector announced, everything it says listened to."""
    service = await build(settings_of(world, **settings))
    async with service.running(), surroundings(world) as house:
        house.service = service
        yield house


@asynccontextmanager
async def surroundings(world: World) -> AsyncIterator[House]:
    """Everyone but entries, which runs elsewhere."""
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, max_request_size=MAX_RECORD_BYTES)
    await producer.start()
    database = await asyncpg.create_pool(world.admin_url, min_size=1, max_size=3)
    storage = Path(world.storage_url.removeprefix("file://"))
    async with DocumentServer().serving() as documents:
        house = House(producer, database, world.topic_prefix, documents, storage)
        listening = asyncio.create_task(_listen(world, house))
        await house.say(
            ConnectorAnnounced(connector="myunisoft", version=1, sheet=SHEET, sealing_key_id="key", sealing_key="key")
        )
        yield house
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await producer.stop()
    await database.close()


async def _listen(world: World, house: House) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=world.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topics = [f"{world.topic_prefix}{topic}" for topic in SPOKEN]
        consumer.assign([TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)])
        async for record in consumer:
            headers = {name: value.decode() for name, value in record.headers}
            event = EVENT_TYPES[headers["ce_type"]].model_validate(orjson.loads(record.value))
            house.heard.append((event, headers))
    finally:
        await consumer.stop()
