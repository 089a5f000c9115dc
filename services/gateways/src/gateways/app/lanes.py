"""The lanes that this process works: taken when they have due work, as many at once as it may (DESIGN 6)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Self

from gateways.adapters import lanes
from gateways.adapters.lanes import Taken
from gateways.adapters.slots import Presence
from gateways.app.lane import Lane
from gateways.app.parts import Parts
from qontable.loop import Loop, end

STOP_SECONDS = 12.0
TURN_SECONDS = 30.0


class Lanes:
    """Takes lanes and works them. `step` is for a background loop, which `loop` names, so that news can wake it."""

    def __init__(self, parts: Parts, presence: Presence, lengths: Mapping[str, timedelta], most: int) -> None:
        self.loop: Loop | None = None
        self._parts = parts
        self._presence = presence
        self._lengths = lengths
        self._most = most
        self._working: dict[str, tuple[Lane, asyncio.Task[None]]] = {}

    def heard(self, connection_id: str) -> None:
        """There is work on this lane."""
        if connection_id in self._working:
            self._working[connection_id][0].wake()
        elif self.loop:
            self.loop.wake()

    async def step(self) -> bool:
        """Take lanes with due work; where all places are taken and others wait, the one longest at work makes room."""
        owner, room = self._presence.owner, self._most - len(self._working)
        if owner is None:
            return False
        async with self._parts.units.database.transaction() as connection:
            taken = await lanes.take(connection, owner, self._lengths, room) if room > 0 else []
            waiting = room <= 0 and await lanes.any_waits(connection, self._lengths)
        for lane in taken:
            self._work(lane)
        if waiting:
            self._make_room()
        return False

    def _work(self, taken: Taken) -> None:
        name = taken.lease.connection_id
        lane = Lane(self._parts, taken)
        task = asyncio.create_task(lane.run(), name=f"lane {name}")
        self._working[name] = (lane, task)
        task.add_done_callback(partial(self._ended, name))

    def _make_room(self) -> None:
        longest = min((lane for lane, _ in self._working.values()), key=lambda lane: lane.began)
        if monotonic() - longest.began > TURN_SECONDS:
            longest.leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Let what is under way end, for a while; then leave the rest to the next owners."""
        tasks = [task for _, task in self._working.values()]
        for lane, _ in self._working.values():
            lane.leave()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        await end(tasks)

    def _ended(self, connection_id: str, task: asyncio.Task[None]) -> None:
        """A lane that was lost and taken again has been replaced already."""
        if self._working[connection_id][1] is task:
            del self._working[connection_id]
        if self.loop:
            self.loop.wake()
