"""Boundaries at which a machine stops or kills an owner of a lane: before and after everything it does outwardly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg


class Gate:
    """Lets an owner take so many steps, then holds it still, as a process that was stopped or killed there.

    Whoever is held can be let on (`go`), like a process that wakes up, or be dead for good (`dead`). No code of the
    owner runs meanwhile but what has not come to its next step: nothing that anybody else could see.
    """

    def __init__(self) -> None:
        self.where = ""
        self.dead = False
        self.held = asyncio.Event()
        self._left: int | None = None
        self._open = asyncio.Event()

    def go(self, steps: int | None) -> None:
        """Take `steps` steps and stop before the next; without an end when nothing is given."""
        self._left = steps
        self.held.clear()
        self._open.set()

    async def step(self, name: str) -> None:
        """A boundary called `name`."""
        while not self._open.is_set() or self._left == 0:
            self.where = self.where if self.held.is_set() else name
            self._open.clear()
            self.held.set()
            await self._open.wait()
        if self.dead:
            raise asyncio.CancelledError
        if self._left is not None:
            self._left -= 1

    def die(self) -> None:
        """Whatever is still to unwind reaches nobody any more."""
        self.dead = True
        self._left = None
        self._open.set()


class GatedPool:
    """Connections of one owner, whose every use begins and ends with a boundary.

    The latter comes after the commit, when the owner has not heard of it: connections are given back before. Uses go
    one after the other, so that the same steps lead to the same place each time.
    """

    def __init__(self, pool: asyncpg.Pool, gate: Gate) -> None:
        self._pool = pool
        self._gate = gate
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        async with self._turn:
            await self._gate.step("before the database")
            async with self._pool.acquire() as connection:
                yield connection
            await self._gate.step("after the database")
