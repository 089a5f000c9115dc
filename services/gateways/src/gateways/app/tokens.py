"""Renewed tokens, kept for as long as a connection's credentials hold (`gateways.domain.port.Tokens`, decision 14).

A renewal runs to its end whoever asked for it: a caller that is cancelled between the software's answer and our storing
must not lose tokens that the software gives only once. What came is sealed and stored before anybody uses it, and a
database that does not answer is waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import structlog

from gateways.adapters import jobs, lanes, tokens
from gateways.adapters.jobs import Job
from gateways.adapters.lanes import Touched
from gateways.adapters.tokens import KIND, TokenRow, descent_of
from gateways.app.parts import Parts
from gateways.app.patience import until_written
from gateways.domain.lease import Lease
from gateways.domain.outcome import NotAnswered
from gateways.domain.port import KeptTokens, NewTokens, TokensUnreadable
from qontable.clock import now
from qontable.database import UNREACHABLE, Connection
from qontable.events.delivery import SoftwareMessage
from qontable.vault import BoxRefused

log = structlog.get_logger()

REST = timedelta(minutes=1)
"""After a renewal that failed: its failure is told again before another one is tried."""
RETRY_AFTER = timedelta(minutes=10)
"""After a renewal that failed, when a lane without other work tries again."""


class DescentTokens:
    """The tokens of one set of credentials, for one owner of the lane."""

    def __init__(self, parts: Parts, lease: Lease, credentials: Mapping[str, str]) -> None:
        self.warning: SoftwareMessage | None = None
        self._parts = parts
        self._lease = lease
        self._descent = descent_of(credentials)
        self._names = {"firm_id": lease.firm_id, "connection_id": lease.connection_id}
        self._turn = asyncio.Lock()
        self._met: KeptTokens | None = None
        self._failure: tuple[NotAnswered, datetime] | None = None
        self._under_way: set[asyncio.Task[KeptTokens]] = set()

    async def kept(self) -> KeptTokens | None:
        if self._met is None:
            self._met = await self._read()
        return self._met

    async def renew(self, since: KeptTokens | None, obtain: Callable[[], Awaitable[NewTokens]]) -> KeptTokens:
        task = asyncio.create_task(self._renew(since, obtain))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    def warn(self, message: SoftwareMessage | None) -> None:
        self.warning = message

    async def settle(self) -> None:
        """Wait until no renewal is under way."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _renew(self, since: KeptTokens | None, obtain: Callable[[], Awaitable[NewTokens]]) -> KeptTokens:
        async with self._turn:
            newest = await self._read()
            if newest and (since is None or newest.generation > since.generation):
                self._met = newest
                return newest
            if self._failure and now() - self._failure[1] < REST:
                raise self._failure[0]
            try:
                came = await obtain()
            except NotAnswered as error:
                self._failure = error, now()
                await self._come_again()
                raise
            self._failure = None
            self._met = await until_written(partial(self._keep, newest, came), "renewed tokens")
            return self._met

    async def _read(self) -> KeptTokens | None:
        async with self._parts.units.database.pool.acquire() as connection:
            row = await tokens.newest(connection, self._lease.connection_id, self._descent)
        if row is None:
            return None
        try:
            secrets = self._parts.ring.open(row.sealed, **self._names, kind=KIND)
        except BoxRefused as error:
            log.error("tokens cannot be opened", connection_id=self._lease.connection_id, detail=str(error))
            raise TokensUnreadable from None
        return KeptTokens(row.generation, secrets, row.renew_at)

    async def _keep(self, before: KeptTokens | None, came: NewTokens) -> KeptTokens:
        """Store what came in the place of what it descends from. The lease is not asked for: who holds the answer to a
        renewal has the only tokens that work, whoever owns the lane by now; the generation keeps an old answer out."""
        after = before.generation if before else None
        generation = (after or 0) + (1 if came.renewed else 0)
        sealed = self._parts.ring.to_seal_under().seal(dict(came.secrets), **self._names, kind=KIND)
        row = TokenRow(
            **self._names,
            descent=self._descent,
            connector=self._lease.connector,
            generation=generation,
            renew_at=came.renew_at,
            sealed=sealed,
        )
        async with self._parts.units.database.transaction() as connection:
            if not await tokens.keep(connection, row, after=after):
                log.warning("tokens were renewed by another owner meanwhile", connection_id=row.connection_id)
                newest = await tokens.newest(connection, row.connection_id, row.descent)
                return self._opened(newest) if newest else KeptTokens(generation, came.secrets, came.renew_at)
            await tokens.drop_others(connection, row.connection_id, row.descent)
            await self._try_at(connection, came.renew_at)
        return KeptTokens(generation, came.secrets, came.renew_at)

    def _opened(self, row: TokenRow) -> KeptTokens:
        secrets = self._parts.ring.open(row.sealed, **self._names, kind=KIND)
        return KeptTokens(row.generation, secrets, row.renew_at)

    async def _come_again(self) -> None:
        """Have the lane try again by itself, should it have nothing else to do."""
        try:
            async with self._parts.units.database.transaction() as connection:
                await self._try_at(connection, now() + RETRY_AFTER)
        except UNREACHABLE as error:
            log.warning("no other renewal is planned", error=type(error).__name__)

    async def _try_at(self, connection: Connection, due_at: datetime) -> None:
        """The credentials are tried then, which renews the tokens: in good time, whether or not an entry needs them."""
        lane = self._lease
        name = f"{lane.connection_id}:tokens {uuid4().hex}"
        job = Job("probe", name, lane.firm_id, lane.connection_id, lane.connector, "{}")
        await jobs.insert(connection, [job], due_at)
        await lanes.touch(connection, [Touched(lane.connection_id, lane.firm_id, lane.connector, due_at)])


class Safe:
    """The tokens that one owner of a lane meets: of the connection's credentials, and of those that are being tried."""

    def __init__(self, parts: Parts, lease: Lease) -> None:
        self._parts = parts
        self._lease = lease
        self._by_descent: dict[str, DescentTokens] = {}

    def tokens(self, credentials: Mapping[str, str]) -> DescentTokens:
        """The tokens of these credentials."""
        descent = descent_of(credentials)
        if descent not in self._by_descent:
            self._by_descent[descent] = DescentTokens(self._parts, self._lease, credentials)
        return self._by_descent[descent]

    async def settle(self) -> None:
        """Wait until no renewal is under way."""
        for held in self._by_descent.values():
            await held.settle()
