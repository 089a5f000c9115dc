"""Exports at work on a real broker and server; the test speaks as entries and as the Hub."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from exports.bootstrap import build
from exports.entrypoints.downloads import PATH, serve_downloads
from exports.settings import ExportsSettings
from local_stack.world import PARTITIONS, World
from qontable.clock import now
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.events.delivery import Batch, EntryDispatched, EntryRecallRequested, KeptDocument
from qontable.events.export import ExportCompleted, ExportOpened, ExportOrder
from qontable.events.platform import EntryContent
from qontable.links import Link, sign
from qontable.outbox import outgoing
from qontable.storage import open_storage

E = TypeVar("E", bound=Event)
SPOKEN = ("entry.delivery_changed", "export.completed", "format.announced")
PATIENCE = 60.0
PDF = b"%PDF-1.7 " + b"invoice " * 200


@dataclass
class Yard:
    """One exports service, and everyone it talks with."""

    world: World
    producer: AIOKafkaProducer
    database: asyncpg.Pool
    heard: list[Event] = field(default_factory=list)

    @property
    def secret(self) -> str:
        """What links are signed with."""
        return self.world.settings_env("exports")["QONTABLE_EXPORTS_SECRET"]

    async def say(self, *events: Event) -> None:
        """Publish events, each under a fresh identity, and wait for the broker."""
        sent = []
        for event in events:
            record = outgoing(event, "/test", None)
            headers = [(name, value.encode()) for name, value in record.headers.items()]
            topic = f"{self.world.topic_prefix}{record.topic}"
            sent.append(await self.producer.send(topic, key=record.key.encode(), value=record.body, headers=headers))
        await asyncio.gather(*sent)

    def all(self, kind: type[E], **attributes: Any) -> list[E]:
        """Everything of a type that was heard with these attributes, in order."""
        return [
            event
            for event in self.heard
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in attributes.items())
        ]

    async def hear(self, kind: type[E], count: int = 1, **attributes: Any) -> E:
        """The `count`-th event of a type with these attributes, waited for."""
        await self.until(lambda: len(self.all(kind, **attributes)) >= count)
        return self.all(kind, **attributes)[count - 1]

    async def until(self, holds: Callable[[], Any]) -> None:
        """Until something holds; fails with what was heard."""
        ends = asyncio.get_running_loop().time() + PATIENCE
        while not holds():
            assert asyncio.get_running_loop().time() < ends, f"waited in vain; heard {self.heard[-8:]}"
            await asyncio.sleep(0.02)

    async def until_true(self, query: str, *values: Any) -> None:
        """Until a query over the tables gives true."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not (found := await self.database.fetchval(query, *values)):
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"waited in vain, {found} is what it still gives: {query}, {values}")
            await asyncio.sleep(0.01)

    async def fetch(self, done: ExportCompleted, name: str, secret: str = "", **changes: Any) -> httpx.Response:
        """A file of a batch by a signed link, as a browser would."""
        link = {"firm_id": done.firm_id, "export_id": done.export_id, "name": name}
        link |= {"expires_at": now() + timedelta(minutes=5)} | changes
        token = sign(secret or self.secret, Link.model_validate(link))
        async with httpx.AsyncClient(base_url=self.world.http_url("exports")) as client:
            return await client.get(f"{PATH}/{token}")

    async def keep(self, content: bytes) -> KeptDocument:
        """A document in object storage."""
        sha256 = hashlib.sha256(content).hexdigest()
        await open_storage(self.world.storage_url).put(f"documents/{sha256}", content)
        return KeptDocument(
            document_id=f"doc_{sha256[:8]}",
            file_name="facture.pdf",
            media_type="application/pdf",
            size=len(content),
            sha256=sha256,
            storage_key=f"documents/{sha256}",
        )


@dataclass(frozen=True)
class Load:
    """One batch as entries says it."""

    opened: ExportOpened
    orders: tuple[EntryDispatched, ...]

    @property
    def export_id(self) -> str:
        return self.opened.export_id

    def recall(self, order: EntryDispatched) -> EntryRecallRequested:
        """Entries asks one of its deliveries back."""
        return EntryRecallRequested(
            firm_id=order.firm_id,
            file_id=order.file_id,
            entry_id=order.entry.entry_id,
            delivery_id=order.delivery_id,
            connector=order.connector,
            connection_id=order.connection_id,
            requested_at=now(),
        )


def load(
    entries: int = 3, documents: Sequence[KeptDocument] = (), *, seconds: float = 600, journal: str = "AC", **order: Any
) -> Load:
    """A batch of so many purchases of one client file; the first ones have these documents."""
    export_id, firm_id, file_id = (f"{kind}_{uuid.uuid4().hex[:8]}" for kind in ("exp", "frm", "fil"))
    wanted = ExportOrder.model_validate({"format": "csv", "company": "Durand", **order})
    batch = Batch(export_id=export_id, size=max(entries, 1), again=wanted.again)
    opened = ExportOpened(
        export_id=export_id,
        firm_id=firm_id,
        file_id=file_id,
        order=wanted,
        size=entries,
        left_out={"documents": 2},
        requested_at=now(),
        deadline=now() + timedelta(seconds=seconds),
    )
    orders = []
    for number in range(1, entries + 1):
        content = EntryContent.model_validate(
            {
                "firm_id": firm_id,
                "file_id": file_id,
                "entry_id": f"ent_{number}",
                "revision": 1,
                "kind": "purchase",
                "journal": {"code": journal, "label": "Achats"},
                "date": "2026-03-12",
                "label": "Papeterie Durand",
                "invoice_number": f"FD-{number}",
                "lines": [
                    {"account": "606400", "label": "Papier", "debit": "100.00", "credit": "0.00"},
                    {"account": "401000", "label": "Durand", "debit": "0.00", "credit": "100.00"},
                ],
            }
        )
        orders.append(
            EntryDispatched(
                delivery_id=f"dlv_{uuid.uuid4().hex[:12]}",
                connector="export",
                connection_id="export",
                firm_id=firm_id,
                file_id=file_id,
                software_file=file_id,
                sequence=number,
                reference=f"QTB-{number}",
                ack_code=f"A{number:03}",
                entry=content,
                documents=(documents[number - 1],) if number <= len(documents) else (),
                journal_code=journal,
                dispatched_at=now(),
                batch=batch,
            )
        )
    return Load(opened, tuple(orders))


def settings_of(world: World, **changes: Any) -> ExportsSettings:
    """The settings of an exports process in this world."""
    variables = world.settings_env("exports")
    values = {name.removeprefix("QONTABLE_").lower(): value for name, value in variables.items()}
    return ExportsSettings(**{**values, "exports_lease_seconds": 2.0, "kafka_session_seconds": 6.0, **changes})


@asynccontextmanager
async def working(world: World, **changes: Any) -> AsyncIterator[None]:
    """A process's worth of exports, inside this one."""
    settings = settings_of(world, **changes)
    service = await build(settings)
    serve_downloads(service, settings)
    async with service.running():
        yield


@asynccontextmanager
async def surroundings(world: World) -> AsyncIterator[Yard]:
    """Everyone but exports."""
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka)
    await producer.start()
    database = await asyncpg.create_pool(
        world.admin_url, min_size=1, max_size=2, server_settings={"search_path": "exports"}
    )
    yard = Yard(world, producer, database)
    listening = asyncio.create_task(_listen(world, yard))
    try:
        yield yard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await producer.stop()
        await database.close()


async def _listen(world: World, yard: Yard) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=world.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topics = [f"{world.topic_prefix}{topic}" for topic in SPOKEN]
        consumer.assign([TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)])
        async for record in consumer:
            headers = {name: value.decode() for name, value in record.headers}
            yard.heard.append(EVENT_TYPES[headers["ce_type"]].read(record.value))
    finally:
        await consumer.stop()
