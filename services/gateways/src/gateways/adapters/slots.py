"""A process's place among its replicas, held by a lock that lives as long as the process's own connection.

Nobody else can start in a slot while its holder is connected, even stopped. A new run in a slot ends whatever the
earlier one held: that is dead, as a rule, so the attempts it left unanswered can be decided (DESIGN 5). One that was
only cut off finds its leases gone and itself replaced, and ends. The same connection listens for new work.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import asyncpg
import structlog

from gateways.adapters.lanes import CHANNEL, free_leases_of
from gateways.domain.lease import Owner
from qontable.database import UNREACHABLE

log = structlog.get_logger()

SLOT_LOCK = 0x516F6E10


class SlotTaken(RuntimeError):
    """Another process took over this process's slot while it had no connection: it must work no more."""


class Presence:
    """Holds a slot. `owner` is set while it is held; `heard` is told which lane has work, or nothing in particular."""

    def __init__(self, database_url: str, slot: str) -> None:
        self.slot = slot
        self.owner: Owner | None = None
        self.heard: Callable[[str], None] = lambda _: None
        self._run = uuid4()
        self._started = False
        self._url = database_url
        self._connection: asyncpg.Connection | None = None

    async def step(self) -> bool:
        """Take the slot if it is not held, else see that the connection still lives. For a background loop."""
        try:
            if self._connection is None:
                await self._connect()
            else:
                await self._connection.execute("select 1", timeout=10)
        except UNREACHABLE:
            await self._drop()
            raise
        return False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._drop()

    async def _connect(self) -> None:
        connection = await asyncpg.connect(self._url, server_settings={"application_name": f"gateways {self.slot}"})
        try:
            await self._take(connection)
        except BaseException:
            connection.terminate()
            raise
        if self.owner:
            self._connection = connection

    async def _take(self, connection: asyncpg.Connection) -> None:
        if not await connection.fetchval("select pg_try_advisory_lock($1, hashtext($2))", SLOT_LOCK, self.slot):
            log.warning("waiting for the slot: another process holds it", slot=self.slot)
            connection.terminate()
            return
        await self._register(connection)
        self._started = True
        self.owner = Owner(self.slot, self._run)
        await free_leases_of(connection, self.owner)
        schema = await connection.fetchval("select current_schema()")
        await connection.add_listener(f"{CHANNEL}_{schema}", self._notified)
        self.heard("")

    async def _register(self, connection: asyncpg.Connection) -> None:
        if not self._started:
            await connection.execute(
                """
                insert into slots (slot, run) values ($1, $2)
                on conflict (slot) do update
                set run = excluded.run, started_at = clock_timestamp(), key_ids = default
                """,
                self.slot,
                self._run,
            )
        elif await connection.fetchval("select run from slots where slot = $1", self.slot) != self._run:
            raise SlotTaken(f"slot {self.slot} was taken over: give every process a slot of its own")

    def _notified(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self.heard(str(payload))

    async def _drop(self) -> None:
        """Without the lock nothing new is begun."""
        connection, self._connection, self.owner = self._connection, None, None
        if connection is not None:
            connection.terminate()
