"""What an evening costs per entry, for `make bench`: whether that grows with the number of entries."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import psutil

from bench.process import Meter
from entries.bootstrap import build
from evening.town import EVENING, settings_of, settle
from local_stack.moved_clock import moved_clock
from local_stack.world import World

POLL_SECONDS = 0.2
QUIET_SECONDS = 5.0
"""After this a service has joined its groups."""
STATISTICS_SECONDS = 2.0
"""After this PostgreSQL has counted what its connections did."""


@dataclass(frozen=True, slots=True)
class EveningCost:
    """An evening of `entries` from its first row to the last record on the topic.

    `cpu_seconds` are this process's, `database_seconds` those during which PostgreSQL was at work on some statement for
    it (its own count of active time, over all connections). On a busy machine that grows with whatever else runs;
    `database_cpu_seconds` does not: processor time of the whole server, which nothing else may use meanwhile.
    """

    entries: int
    files: int
    cpu_seconds: float
    database_seconds: float
    database_cpu_seconds: float
    wall_seconds: float

    @property
    def per_entry(self) -> float:
        """Seconds of both together for one entry."""
        return (self.cpu_seconds + self.database_seconds) / self.entries


async def evening_cost(world: World, entries: int, files: int) -> EveningCost:
    """Run an evening in this process and in a world that nothing else uses, and measure it.

    Nothing else may be at work in this process meanwhile: all its processor time is counted.
    """
    await settle(world, entries, files)
    database = await asyncpg.connect(world.admin_url)
    try:
        with moved_clock(EVENING - timedelta(minutes=1)) as clock:
            service = await build(settings_of(world))
            async with service.running():
                await asyncio.sleep(QUIET_SECONDS)
                server = await _server(database)
                before, served = await _active_seconds(database), server.cpu()
                wall, cpu = time.monotonic(), time.process_time()
                clock.set(EVENING)
                await _until_over(database, entries)
                wall, cpu = time.monotonic() - wall, time.process_time() - cpu
                served = server.cpu() - served
                await asyncio.sleep(STATISTICS_SECONDS)
                active = await _active_seconds(database) - before
    finally:
        await database.close()
    return EveningCost(entries, files, cpu, active, served, wall)


async def _until_over(database: asyncpg.Connection, entries: int) -> None:
    """Every entry has a delivery, and what was said of them is on the topics."""
    while await database.fetchval(
        """
        select exists (select from entries.outbox) or exists (select from entries.schedules where state = 'open')
            or coalesce((select sum(last) from entries.sequences), 0) < $1
        """,
        entries,
    ):
        await asyncio.sleep(POLL_SECONDS)


async def _active_seconds(database: asyncpg.Connection) -> float:
    """So long were connections to this database at work so far, this one's own apart."""
    await database.execute("select pg_stat_force_next_flush()")
    milliseconds: float = await database.fetchval(
        "select active_time from pg_stat_database where datname = current_database()"
    )
    return milliseconds / 1000


async def _server(database: asyncpg.Connection) -> Meter:
    """PostgreSQL's first process, which starts all others. It has to run on this machine."""
    backend = psutil.Process(await database.fetchval("select pg_backend_pid()"))
    server = backend.parent()
    assert server and "postgres" in server.name(), "PostgreSQL does not run as processes of this machine"
    return Meter("postgres", server.pid)
