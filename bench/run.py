"""One run under the clock: how long it took, and what it cost each process."""

import time
from collections.abc import Awaitable, Callable, Sequence

from bench.pace import Pace
from bench.process import Meter
from bench.stage import Stage


async def measured(stage: Stage, worker: Meter, count: int, act: Callable[[], Awaitable[object]]) -> Pace:
    """`act`, which does `count` of something, with the time of the worker's process and of the servers it uses."""
    meters = [worker, *stage.servers]
    before = [meter.cpu() for meter in meters]
    started = time.monotonic()
    await act()
    seconds = time.monotonic() - started
    return Pace(count, seconds, {meter.name: meter.cpu() - used for meter, used in zip(meters, before, strict=True)})


async def tables_like(stage: Stage, service: str, tables: Sequence[str]) -> None:
    """Tables for a bare loop, made like a service's with everything that makes a row cost: keys, indexes, defaults."""
    await stage.database.execute("create schema if not exists bare")
    for table in tables:
        await stage.database.execute(f"create table bare.{table} (like {service}.{table} including all)")
