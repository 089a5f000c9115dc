"""Works off what stand-in softwares put off, each request once: done and forgotten in one transaction.

A software keeps its word about how late it books, also when it was down meanwhile: whoever asks it anything gets to see
what was due before (`Punctual`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from qontable.database import Connection, Database
from qontable.loop import Step
from sandbox.adapters.late_requests import LateRequest, any_due, take_due
from sandbox.domain.faults import Refused

log = structlog.get_logger()

WorkOff = Callable[[Connection, LateRequest], Awaitable[None]]
CatchUp = Callable[[], Awaitable[None]]
OTHERS_SECONDS = 0.02
"""How long to leave to another that has taken what is due."""


class LateBookings:
    """The step of a background loop. `softwares` says who does the work of which connector.

    What a software refuses now although it took it before is forgotten: nobody waits for it any more.
    """

    def __init__(self, database: Database, softwares: Mapping[str, WorkOff]) -> None:
        self._database = database
        self._softwares = softwares

    async def step(self) -> bool:
        """Work off the request that has been due longest; says whether there was one."""
        async with self._database.transaction() as connection:
            late = await take_due(connection)
            if late is None:
                return False
            try:
                async with connection.transaction():
                    await self._softwares[late.connector](connection, late)
            except Refused as refusal:
                log.info("late request refused", connector=late.connector, route=late.route, reason=str(refusal))
        return True

    async def catch_up(self) -> None:
        """Work off everything that is due by now."""
        await caught_up(self._database, any_due, self.step)


async def caught_up(database: Database, any_due: Callable[[Connection], Awaitable[bool]], step: Step) -> None:
    """Repeat a step until nothing is due, also nothing that somebody else is about to end."""
    while True:
        async with database.pool.acquire() as connection:
            if not await any_due(connection):
                return
        if not await step():
            await asyncio.sleep(OTHERS_SECONDS)


class Punctual:
    """An application that is asked nothing before everything that was due is booked."""

    def __init__(self, app: ASGIApp, *catch_up: CatchUp) -> None:
        self._app = app
        self._catch_up = catch_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            for catch_up in self._catch_up:
                await catch_up()
        await self._app(scope, receive, send)
