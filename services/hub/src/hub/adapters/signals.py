"""Word from one process of the hub to another that something a person waits for has changed."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

from hub.adapters import changes
from qontable.database import Connection as Db
from qontable.database import Database

CHANNEL = "hub_signals"
REREAD_SECONDS = 2.0
LISTEN_SECONDS = 60.0

T = TypeVar("T")


async def signal(db: Db, keys: Sequence[str]) -> None:
    """Wake whoever waits for these keys, in any process, when the transaction commits."""
    if keys:
        await db.execute("select pg_notify($1, key) from unnest($2::text[]) as keys (key)", CHANNEL, list(keys))


class Signals:
    """Those who wait in this process. A signal is a hint: what is waited for is always read from its table.

    `changes` hears by the same connection.
    """

    def __init__(self, database: Database) -> None:
        self.changes = changes.Changes()
        self._database = database
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._stopped = False

    async def listen(self) -> bool:
        """A step of a background loop: hear signals for a while. Cancelled at the end, it lets everyone go home."""
        try:
            async with self._database.session() as connection:
                await self._listen_on(connection)
        except asyncio.CancelledError:
            self._stopped = True
            self.changes.stop()
            for key in self._waiting:
                self._wake(key)
            raise
        return True

    async def _listen_on(self, connection: Db) -> None:
        lost = asyncio.Event()

        def ended(*_: Any) -> None:
            lost.set()

        connection.add_termination_listener(ended)
        heard = {CHANNEL: self._heard, changes.CHANNEL: self.changes.heard}
        for channel, callback in heard.items():
            await connection.add_listener(channel, callback)
        self.changes.listening_again()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), LISTEN_SECONDS)
        finally:
            if not connection.is_closed():
                for channel, callback in heard.items():
                    await connection.remove_listener(channel, callback)
                connection.remove_termination_listener(ended)

    async def until(
        self, key: str, read: Callable[[], Awaitable[T]], done: Callable[[T], bool], *, seconds: float
    ) -> T:
        """Read now and whenever `key` is signalled, until it is done or the time is over; returns the last reading."""
        ends = monotonic() + seconds
        changed = asyncio.Event()
        self._waiting[key].add(changed)
        try:
            while True:
                changed.clear()
                value = await read()
                left = ends - monotonic()
                if done(value) or left <= 0 or self._stopped:
                    return value
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), min(left, REREAD_SECONDS))
        finally:
            self._waiting[key].discard(changed)
            if not self._waiting[key]:
                del self._waiting[key]

    def _heard(self, _connection: Any, _pid: int, _channel: str, key: object) -> None:
        self._wake(str(key))

    def _wake(self, key: str) -> None:
        for event in self._waiting.get(key, ()):
            event.set()
