"""Owners of compacted topics say the present state again, at start and daily (DESIGN 4).

Rows are read under their locks, so that a state said again never follows a newer one on the topic.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from qontable.database import Connection as Db
from qontable.events.base import Event
from qontable.unit import Units

CHUNK = 500
EVERY_SECONDS = 24 * 3600.0

E = TypeVar("E", bound=Event)
K = TypeVar("K")


class Republication(Generic[E, K]):
    """One topic said again, chunk by chunk. `read` gives the states after a key, `key_of` the key of a state."""

    def __init__(
        self,
        units: Units,
        read: Callable[[Db, K, int], Awaitable[Sequence[E]]],
        key_of: Callable[[E], K],
        first: K,
    ) -> None:
        self._units = units
        self._read = read
        self._key_of = key_of
        self._first = first
        self._after = first

    async def step(self) -> bool:
        """Say the next chunk; true while there may be more."""
        async with self._units.unit() as unit:
            states = await self._read(unit.connection, self._after, CHUNK)
            for state in states:
                unit.publish(state)
        more = len(states) == CHUNK
        self._after = self._key_of(states[-1]) if more else self._first
        return more
