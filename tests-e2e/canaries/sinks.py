"""Everything that a running system writes, by sink: logs, traces, metrics, answers, topics, tables, storage, processes.

Whatever is new is looked into as well: topics come from the broker, tables from the catalogue, files from the folders.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from local_stack.services import SERVICES
from local_stack.world import PARTITIONS

from ..otlp import Receiver
from ..system import System

SEEN_STATEMENTS = "select query from pg_stat_activity where datname = current_database()"
COLUMNS = """
    select table_schema, table_name, array_agg(column_name::text order by ordinal_position) as columns
    from information_schema.columns
    where table_schema !~ '^(pg_|information_schema$)' group by table_schema, table_name
"""


@dataclass
class Sinks:
    """A system, and where it leaves traces. `answers`, `printed` are filled by whoever asks it something."""

    system: System
    receiver: Receiver
    logs: list[Path]
    pages: list[str]
    processes: dict[str, psutil.Process] = field(default_factory=dict)
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    printed: list[tuple[str, bytes]] = field(default_factory=list)

    async def contents(self) -> AsyncIterator[tuple[str, bytes]]:
        """Everything, each piece under the name of its sink."""
        for sink, content in self._on_this_machine():
            yield sink, content
        for part in (self._metrics(), self._topics(), self._tables()):
            async for sink, content in part:
                yield sink, content

    def client(self, service: str, **headers: str) -> httpx.AsyncClient:
        """A client of a service's API whose answers are looked into, whatever they are."""

        async def note(response: httpx.Response) -> None:
            await response.aread()
            what = " sign-in" if response.request.url.path.endswith("/tokens") else ""
            head = b"\n".join(name + b": " + value for name, value in response.headers.raw)
            self.answers.append((f"answer {response.status_code} {service}{what}", head + b"\n" + response.content))

        return httpx.AsyncClient(
            base_url=self.system.world.http_url(service), headers=headers, event_hooks={"response": [note]}, timeout=60
        )

    async def run(self, *words: str, refused: bool = False) -> str:
        """Run `qontable`, which may only fail where it is to be `refused`, and look into what it prints."""
        status, text = await self.system.run(*words)
        assert status == refused, text
        self.printed.append((f"printed {' '.join(words[:2])}", text.encode()))
        return text

    def _on_this_machine(self) -> Iterator[tuple[str, bytes]]:
        for path in self.logs:
            yield f"log {path.stem}", path.read_bytes()
        for export in self.receiver.exports:
            yield "trace", export
        yield from self.answers
        yield from self.printed
        folder = Path(url2pathname(urlsplit(self.system.world.storage_url).path))
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            yield f"storage {name.split('/')[0]} names", name.encode()
            if file.is_file():
                yield f"storage {name}", file.read_bytes()
        running = {spec.name: self.system.process(spec.name) for spec in SERVICES} | self.processes
        for name, process in running.items():
            for one in [process, *process.children(recursive=True)] if process else []:
                yield f"process {name} command line", "\0".join(one.cmdline()).encode()
                yield f"process {name} environment", "\0".join(map("=".join, one.environ().items())).encode()

    async def _metrics(self) -> AsyncIterator[tuple[str, bytes]]:
        async with httpx.AsyncClient() as client:
            for spec in SERVICES:
                for page in ("metrics", "live", "ready"):
                    answer = await client.get(f"{self.system.world.http_url(spec.name)}/{page}")
                    yield f"{page} {spec.name}", answer.content
            for page in self.pages:
                yield f"metrics {page}", (await client.get(page)).content

    async def _topics(self) -> AsyncIterator[tuple[str, bytes]]:
        world = self.system.world
        consumer = AIOKafkaConsumer(bootstrap_servers=world.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            topics = [topic for topic in await consumer.topics() if topic.startswith(world.topic_prefix)]
            places = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
            async with asyncio.timeout(60):
                while any([await consumer.position(place) < end for place, end in ends.items()]):
                    for place, records in (await consumer.getmany(timeout_ms=500)).items():
                        name = place.topic.removeprefix(world.topic_prefix)
                        for record in records:
                            yield f"topic {name} key", record.key or b""
                            yield f"topic {name} headers", b"\n".join(n.encode() + b": " + v for n, v in record.headers)
                            yield f"topic {name} body", record.value or b""
        finally:
            await consumer.stop()

    async def _tables(self) -> AsyncIterator[tuple[str, bytes]]:
        connection = await asyncpg.connect(self.system.world.admin_url)
        try:
            for row in await connection.fetch(SEEN_STATEMENTS):
                yield "statement", row["query"].encode()
            for table in await connection.fetch(COLUMNS):
                name = f"{table['table_schema']}.{table['table_name']}"
                for values in await connection.fetch(f"select * from {name}"):
                    for column, value in values.items():
                        yield f"table {name}.{column}", value if isinstance(value, bytes) else str(value).encode()
        finally:
            await connection.close()
