"""The turnstile of a connection: one request after another, within the vendor's limit (DESIGN 6).

A turn can be reserved before an attempt is put on record, so that an attempt does not spend its time waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateways.domain.deadline import Deadline
from gateways.domain.lease import Lease
from gateways.domain.window import RequestWindow
from qontable.events.hub import Throttle


class Turnstile:
    """Lets `limits.requests` per `limits.seconds` through, `limits.concurrent` at a time, in the order of asking."""

    def __init__(self, limits: Throttle, lease: Lease) -> None:
        self.window = RequestWindow(limits.requests, limits.seconds)
        self._limits = limits
        self._lease = lease
        self._places = asyncio.Semaphore(limits.concurrent)
        self._queue = asyncio.Lock()

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator["Turns"]:
        """Wait for a turn; the first request made through the turns given does not wait again."""
        await self.enter()
        turns = Turns(self, self._lease, reserved=True)
        try:
            yield turns
        finally:
            if turns.reserved:
                self.window.held -= 1
                self.leave()

    def turns(self) -> "Turns":
        """Turns for a call that makes many requests, each of which waits for itself."""
        return Turns(self, self._lease, reserved=False)

    def remember(self, made: list[list[float]] | None) -> None:
        """Take over an earlier owner's count; nothing known of it means that it may have used the whole limit."""
        now = asyncio.get_running_loop().time()
        self.window.remember([[0.0, self._limits.requests]] if made is None else made, now)

    def requests_made(self) -> list[list[float]]:
        """What the next owner must know, as ages and counts."""
        return self.window.made(asyncio.get_running_loop().time())

    async def enter(self) -> None:
        """Wait for a place and for a promise of the window, which `begin` redeems; `leave` ends the stay."""
        clock = asyncio.get_running_loop().time
        await self._places.acquire()
        try:
            async with self._queue:
                while (pause := self.window.wait(clock())) > 0:  # noqa: ASYNC110 - no event, time passes by itself
                    await asyncio.sleep(pause)
                self.window.held += 1
        except BaseException:
            self.leave()
            raise

    def begin(self) -> None:
        """The request that was promised leaves now."""
        self.window.held -= 1
        self.window.note(asyncio.get_running_loop().time())

    def leave(self) -> None:
        """Give the place back; the request stays counted."""
        self._places.release()


class Turns:
    """One call's throttle (`gateways.domain.port.Throttle`). Set `deadline` for a call that writes.

    A request of a call whose deadline lies beyond the lease, or of an owner whose lease has ended, does not start:
    `turn` raises `TimeoutError`, this being the last thing before the request's first byte.
    """

    def __init__(self, turnstile: Turnstile, lease: Lease, *, reserved: bool) -> None:
        self.reserved = reserved
        self.deadline: Deadline | None = None
        self._turnstile = turnstile
        self._lease = lease

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self.reserved:
            self.reserved = False
        else:
            await self._turnstile.enter()
        self._turnstile.begin()
        try:
            if not self._lease.covers(self.deadline or Deadline.after(0)):
                raise TimeoutError
            yield
        finally:
            self._turnstile.leave()
