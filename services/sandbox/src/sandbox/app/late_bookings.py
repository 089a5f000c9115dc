"""Works off what stand-in softwares put off, each request once: done and forgotten in one transaction."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from qontable.database import Connection, Database
from sandbox.adapters.late_requests import LateRequest, take_due
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
