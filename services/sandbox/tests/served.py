"""Applications on a real socket, served by uvicorn as in the sandbox's own process; patience with them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from local_stack.world import World
from qontable.database import Database
from qontable.loop import Loop
from sandbox.app.fault_box import FaultBox
from sandbox.app.late_bookings import LateBookings
from sandbox.entrypoints.control.application import control_application
from sandbox.software.registry import open_standins


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until something holds; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is waited for is in another process or on the wire
            await asyncio.sleep(0.02)


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The address under which the application answers for the block."""
    server = _Server(uvicorn.Config(app, port=0, log_config=None))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@dataclass(frozen=True, slots=True)
class StandIns:
    """The stand-in softwares, running: where they are, their books, their control."""

    url: str
    database: Database
    control: httpx.AsyncClient


@asynccontextmanager
async def standing(world: World) -> AsyncIterator[StandIns]:
    """Every stand-in software, served by uvicorn as in the sandbox's own process; what is to be booked late is."""
    database = await Database.connect(world.database_url("sandbox"), connections=16)
    faults = FaultBox()
    standins = open_standins(database, faults)
    late = LateBookings(database, {connector: standin.work_off for connector, standin in standins.items()})
    mounts = [Mount(f"/{connector}", standin.application()) for connector, standin in standins.items()]
    app = Starlette(routes=[*mounts, Mount("/control", control_application(database, faults))])
    loop = asyncio.create_task(Loop("late_bookings", late.step, idle_seconds=0.05).run())
    try:
        async with served(app) as url, httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as control:
            yield StandIns(url, database, control)
    finally:
        loop.cancel()
        await database.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Any:
        yield
