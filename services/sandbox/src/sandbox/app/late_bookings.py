"""Works off what stand-in softwares put off, each request once: done and forgotten in one transaction.

A software keeps its word about how late it books, also when it was down meanwhile: whoever asks it anything gets to see
what was due before (`Punctual`).
"""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from qontable.database import Connection, Database
from sandbox.adapters.late_requests import LateRequest, any_due, take_due
from sandbox.domain.faults import Refused

log = structlog.get_logger()

WorkOff = Callable[[Connection, LateRequest], Awaitable[None]]


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
        while await self._any_due():
            await self.step()

    async def _any_due(self) -> bool:
        async with self._database.pool.acquire() as connection:
            return await any_due(connection)


class Punctual:
    """An application that is asked nothing before everything due is worked off."""

    def __init__(self, app: ASGIApp, late: LateBookings) -> None:
        self._app = app
        self._late = late

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            await self._late.catch_up()
        await self._app(scope, receive, send)
