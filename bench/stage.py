"""Where benches play: a world of its own on real Kafka and PostgreSQL, and what is said and counted there."""

import asyncio
import os
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.process import Meter, Script, running_service
from bench.scale import Scale
from local_stack.backends import GIVEN, Backends
from local_stack.control import down, up
from local_stack.part import last_words
from local_stack.process import ProcessIdentity
from local_stack.stack import Stack
from local_stack.supervisor import INFRASTRUCTURE
from local_stack.world import World, make_world
from qontable.addresses import Addresses
from qontable.clock import now
from qontable.envelope import Envelope
from qontable.events.base import Event
from qontable.producer import new_producer
from qontable.topics import Topic, ensure_topics
from qontable.vault import SealingKey, load_ring

SOURCE = "/bench"
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Record:
    """A record to be: made before the clock starts, so that making it is not measured."""

    topic: str
    key: bytes
    body: bytes
    headers: list[tuple[str, bytes]]


def record_of(event: Event, topic: str = "") -> Record:
    """The record of an event under a fresh identity, unsampled as nearly all are in production."""
    envelope = Envelope(uuid.uuid4().hex, event.ce_type(), SOURCE, now(), event.subject, None)
    headers = [(name, value.encode()) for name, value in envelope.headers().items()]
    return Record(topic or event.topic, event.key.encode(), event.body(), headers)


class Stage:
    """One world; `servers` are broker and database where they are ours to measure, `partitions` those of a topic."""

    def __init__(
        self,
        backends: Backends,
        world: World,
        scale: Scale,
        folder: Path,
        servers: Sequence[Meter],
        producer: AIOKafkaProducer,
        pool: asyncpg.Pool,
    ) -> None:
        self.backends = backends
        self.world = world
        self.partitions = scale.partitions
        self.folder = folder
        self.servers = servers
        self.producer = producer
        self.database = pool
        self._patience = scale.patience
        self._counter = AIOKafkaConsumer(bootstrap_servers=world.kafka)

    @property
    def sealing_key(self) -> SealingKey:
        """What credentials are sealed under for this world's gateways."""
        return load_ring(self.world.gateway_keys).sealing_key

    def topic(self, name: str) -> str:
        """A topic's name in this world."""
        return f"{self.world.topic_prefix}{name}"

    @asynccontextmanager
    async def service(self, name: str, **environment: str) -> AsyncIterator[Meter]:
        """A service of this world inside the block."""
        port = self.world.surroundings.ports[name]
        settings = self.world.settings_env(name) | environment
        async with running_service(name, port, settings, self.folder / f"{name}.log") as meter:
            yield meter

    @asynccontextmanager
    async def script(self, module: str, **order: Any) -> AsyncIterator[tuple[Script, dict[str, Any]]]:
        """A module of the bench in its own process inside the block."""
        async with Script.ready(module, self.folder / f"{module}.log", **order) as ready:
            yield ready

    async def say(self, events: Iterable[Event]) -> None:
        """Publish events and wait until the broker has them."""
        await self.publish([record_of(event) for event in events])

    async def publish(self, records: Sequence[Record]) -> None:
        """Publish records and wait until the broker has them."""
        sent = [
            await self.producer.send(self.topic(item.topic), item.body, key=item.key, headers=item.headers)
            for item in records
        ]
        await asyncio.gather(*sent)

    async def end(self, topic: str) -> int:
        """How many records a topic has had."""
        return sum((await self._counter.end_offsets(self.partitions_of(topic))).values())

    def partitions_of(self, *topics: str) -> list[TopicPartition]:
        """Every partition of these topics in this world."""
        numbers = range(self.partitions)
        return [TopicPartition(self.topic(topic), number) for topic in topics for number in numbers]

    async def grown(self, topic: str, until: int) -> None:
        """Return once a topic has had so many records. Raises `TimeoutError`, as `until` does."""
        await self._come(f"{until} records on {topic}", lambda: self.end(topic), lambda had: had >= until)

    async def until(self, query: str, *values: Any) -> None:
        """Return once a query over the tables, seen with a superuser's eyes, gives true.

        Raises `TimeoutError` with what it gave instead and the last words of every process of this stage.
        """
        await self._come(f"{query} {values}", lambda: self.database.fetchval(query, *values), bool)

    async def _come(self, what: str, ask: Callable[[], Awaitable[Any]], enough: Callable[[Any], bool]) -> None:
        deadline = time.monotonic() + self._patience
        while not enough(found := await ask()):
            if time.monotonic() > deadline:
                logs = [f"{log.name}:\n{last_words(log)}" for log in sorted(self.folder.glob("*.log"))]
                raise TimeoutError("\n".join([f"waited {self._patience} s for {what}, found {found}", *logs]))
            await asyncio.sleep(POLL_SECONDS)

    async def make_topics(self, *names: str) -> None:
        """Topics of the bench's own, beside those of the house."""
        topics = [Topic(name) for name in names]
        await ensure_topics(self.world.kafka, self.world.topic_prefix, partitions=self.partitions, topics=topics)

    async def __aenter__(self) -> "Stage":
        await self._counter.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._counter.stop()


@asynccontextmanager
async def open_stage(scale: Scale) -> AsyncIterator[Stage]:
    """A stage on broker and server of its own, durable as in production, or on those that the environment gives."""
    with tempfile.TemporaryDirectory(prefix="qontable-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        async with (
            _backends(folder) as (backends, servers),
            make_world(backends, folder, partitions=scale.partitions) as world,
        ):
            producer = new_producer(world.kafka)
            await producer.start()
            pool = await asyncpg.create_pool(world.admin_url, min_size=1, max_size=3)
            try:
                async with Stage(backends, world, scale, folder, servers, producer, pool) as stage:
                    yield stage
            finally:
                await producer.stop()
                await pool.close()


@asynccontextmanager
async def _backends(folder: Path) -> AsyncIterator[tuple[Backends, list[Meter]]]:
    given = {name: os.environ[variable] for name, variable in GIVEN.items() if os.environ.get(variable)}
    if set(given) == set(INFRASTRUCTURE):
        yield Backends.model_validate(given), []
        return
    stack = Stack("bench", folder / "stack")
    state = await asyncio.to_thread(up, stack, INFRASTRUCTURE, owner=ProcessIdentity.of(os.getpid()))
    try:
        parts = state.parts.items()
        yield _addresses(stack), [Meter(part, item.process.pid) for part, item in parts if item.process]
    finally:
        await asyncio.to_thread(down, stack)


def _addresses(stack: Stack) -> Backends:
    addresses = Addresses.model_validate_json(stack.addresses_file.read_text(encoding="utf-8"))
    return Backends(kafka=addresses.kafka, postgres=addresses.postgres_admin_url)
