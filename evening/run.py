"""The evening run by processes that are killed in its middle, and what came of every entry."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from evening.town import EVENING, settle, variables
from local_stack.ports import free_port
from local_stack.world import PARTITIONS, World

PROCESSES = 2
LOOK_SECONDS = 0.1
Tell = Callable[[str], None]


@dataclass
class Heard:
    """What left, as the topic says it: per file entries and sequences in their order there."""

    entries: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sequences: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    deliveries: Counter[str] = field(default_factory=Counter)

    def add(self, event: dict[str, object], entry_id: str) -> None:
        """One record. A delivery that a killed process had relayed already comes again, and gateways know it."""
        delivery_id, file_id = str(event["delivery_id"]), str(event["file_id"])
        self.deliveries[delivery_id] += 1
        if self.deliveries[delivery_id] == 1:
            self.entries[file_id].append(entry_id)
            self.sequences[file_id].append(int(str(event["sequence"])))

    async def grown(self, deliveries: int) -> int:
        """Once so many have left, how many it are."""
        while len(self.deliveries) < deliveries:  # noqa: ASYNC110 - the broker tells no one
            await asyncio.sleep(LOOK_SECONDS)
        return len(self.deliveries)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an evening."""

    entries: int
    files: int
    kills: tuple[str, ...]
    lost: int
    doubled: int
    out_of_order: int
    evenings: dict[str, int]
    seconds: float

    def lines(self) -> list[str]:
        """For people."""
        return [
            *self.kills,
            f"{self.entries} entries of {self.files} files left in {self.seconds:.0f} s",
            f"evenings of files: {self.evenings}",
            f"lost {self.lost}, doubled {self.doubled}, files out of order {self.out_of_order}",
        ]


async def run_evening(
    world: World, folder: Path, *, entries: int, files: int, kills: int, seed: int, tell: Tell
) -> Report:
    """Let `PROCESSES` share the evening, kill one of them `kills` times without warning, and judge what left."""
    await settle(world, entries, files)
    tell(f"{entries} entries of {files} files wait, it is {EVENING:%H:%M:%S} in Paris")
    points = sorted(random.Random(seed).sample(range(1, entries * 9 // 10), kills))
    clock = asyncio.get_running_loop().time
    began, killed = clock(), []
    async with AsyncExitStack() as stack:
        heard = await stack.enter_async_context(_listening(world))
        database = await asyncpg.connect(world.admin_url)
        stack.push_async_callback(database.close)
        crew = await stack.enter_async_context(_crew(world, folder))
        for turn, point in enumerate(points):
            left = await heard.grown(point)
            state = await _evenings(database)
            await crew.replace(turn % PROCESSES)
            killed.append(
                f"{clock() - began:6.1f} s  a process killed with {left} on the topic, evenings of files {state}"
            )
            tell(killed[-1])
        await _until_over(database, entries, heard, tell)
        evenings = await _evenings(database)
        seconds = clock() - began
    return _judge(heard, entries, files, tuple(killed), evenings, seconds)


def _judge(
    heard: Heard, entries: int, files: int, killed: tuple[str, ...], evenings: dict[str, int], seconds: float
) -> Report:
    left = Counter(entry_id for of_file in heard.entries.values() for entry_id in of_file)
    return Report(
        entries=entries,
        files=files,
        kills=killed,
        lost=sum(f"ent_{number}" not in left for number in range(entries)),
        doubled=sum(times - 1 for times in left.values()),
        out_of_order=sum(found != list(range(1, len(found) + 1)) for found in heard.sequences.values()),
        evenings=evenings,
        seconds=seconds,
    )


class Crew:
    """Processes of entries, each of which can be killed and replaced."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._log = folder / "entries.log"
        self.members: list[asyncio.subprocess.Process] = []

    async def start(self) -> asyncio.subprocess.Process:
        """One more process, at the evening's first second."""
        own = {"QONTABLE_HTTP_PORT": str(free_port(())), "PYTHONUNBUFFERED": "1"}
        with self._log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "local_stack.moved_clock",
                EVENING.isoformat(),
                "entries",
                env={**os.environ, **variables(self._world), **own},
                stdout=output,
                stderr=output,
            )

    async def replace(self, number: int) -> None:
        """Kill a member without warning; another takes its place."""
        await self._kill(self.members[number])
        self.members[number] = await self.start()

    async def kill_all(self) -> None:
        """The end."""
        for member in self.members:
            await self._kill(member)

    async def _kill(self, member: asyncio.subprocess.Process) -> None:
        if member.returncode is None:
            member.send_signal(signal.SIGKILL)
        await member.wait()


@asynccontextmanager
async def _crew(world: World, folder: Path) -> AsyncIterator[Crew]:
    crew = Crew(world, folder)
    try:
        for _ in range(PROCESSES):
            crew.members.append(await crew.start())
        yield crew
    finally:
        await crew.kill_all()


@asynccontextmanager
async def _listening(world: World) -> AsyncIterator[Heard]:
    """What is dispatched, as it is."""
    heard = Heard()
    task = asyncio.create_task(_listen(world, heard))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listen(world: World, heard: Heard) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=world.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topic = f"{world.topic_prefix}entry.dispatched.myunisoft"
        consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
        async for record in consumer:
            event = orjson.loads(record.value)
            heard.add(event, event["entry"]["entry_id"])
    finally:
        await consumer.stop()


async def _evenings(database: asyncpg.Connection) -> dict[str, int]:
    """Files by the state of their evening."""
    rows = await database.fetch("select state, count(*) from entries.schedules group by state order by state")
    return {row["state"]: row["count"] for row in rows}


async def _until_over(database: asyncpg.Connection, entries: int, heard: Heard, tell: Tell) -> None:
    """Until nothing is due, nothing is unsaid, and the topic has been read as far."""
    said = 0
    while True:
        settled = await database.fetchval(
            """
            select not exists (select from entries.outbox)
                and not exists (select from entries.entries where status = 'ready')
                and not exists (select from entries.schedules where state = 'open')
            """
        )
        if settled and len(heard.deliveries) >= await database.fetchval("select count(*) from entries.deliveries"):
            return
        if len(heard.deliveries) >= said + max(1, entries // 10):
            said = len(heard.deliveries)
            tell(f"          {said} of {entries} on the topic")
        await asyncio.sleep(LOOK_SECONDS)
