"""A script that takes its turns under a clock of its own: what it needs is made while the clock stands still."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

Order = dict[str, Any]


class Clock:
    """Seconds on the wall and of processor time, since it was made, without those of `paused` blocks."""

    def __init__(self) -> None:
        self._wall, self._cpu = -time.perf_counter(), -time.process_time()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done inside the block does not count."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self._wall -= time.perf_counter() - wall
        self._cpu -= time.process_time() - cpu

    def read(self) -> dict[str, float]:
        """How much has counted so far."""
        return {"seconds": self._wall + time.perf_counter(), "cpu": self._cpu + time.process_time()}


Turn = Callable[[int, Clock], None]
"""Does `count` of whatever it does."""


def take_turns(prepare: Callable[[Order], Turn]) -> None:
    """Read the order, prepare, say so, then take a turn for each line; each answer says what counted."""
    turn = prepare(orjson.loads(sys.stdin.readline()))
    _say({})
    for line in sys.stdin:
        clock = Clock()
        turn(orjson.loads(line)["count"], clock)
        _say(clock.read())


def _say(answer: Order) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()
