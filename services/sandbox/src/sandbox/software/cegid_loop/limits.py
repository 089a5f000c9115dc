"""Throttle. The vendor publishes none: only a key that was granted limits has them, answered as Azure's gateway does.

Assumed: status 429 with `Retry-After`, in periods that are fixed.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import time

from sandbox.adapters.tokens import Token
from sandbox.software.cegid_loop.errors import StatusRefused

SECONDS = 60.0


@dataclass(slots=True)
class _Period:
    ends: float
    used: int = 0


def throttled(seconds: float) -> StatusRefused:
    """The refusal that says when to come back."""
    wait = max(math.ceil(seconds), 1)
    return StatusRefused("throttled", wait, headers={"Retry-After": str(wait)})


class Limits:
    """What each key has used, in this process."""

    def __init__(self) -> None:
        self._periods: dict[int, _Period] = {}
        self._under_way: Counter[int] = Counter()

    def count(self, key: Token) -> None:
        """Count a request of this key. Raises `StatusRefused` once its period is used up."""
        if key.requests is None:
            return
        now = time()
        period = self._periods.get(key.id)
        if period is None or now >= period.ends:
            period = self._periods[key.id] = _Period(now + (key.seconds or SECONDS))
        period.used += 1
        if period.used > key.requests:
            raise throttled(period.ends - now)

    @contextmanager
    def under_way(self, key: Token) -> Iterator[None]:
        """Hold one of the key's places. Raises `StatusRefused` when all are taken."""
        if key.concurrent is not None and self._under_way[key.id] >= key.concurrent:
            raise throttled(1)
        self._under_way[key.id] += 1
        try:
            yield
        finally:
            self._under_way[key.id] -= 1
