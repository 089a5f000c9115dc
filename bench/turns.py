"""A script that takes its turns under a clock of its own: what it needs is made while the clock stands still.

A turn may rest on its way, so that another script does as much meanwhile: a machine that others use too is not equally
fast from one second to the next.
"""

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

    def rest(self, count: int) -> None:
        """Say that `count` is done since the last rest, and go on when told to."""
        with self.paused():
            _say({"count": count, "more": True})
            sys.stdin.readline()

    def read(self) -> dict[str, float]:
        """How much has counted so far."""
        return {"seconds": self._wall + time.perf_counter(), "cpu": self._cpu + time.process_time()}


Turn = Callable[[int, Clock], None]
"""Does `count` of whatever it does, with or without rests."""


def take_turns(prepare: Callable[[Order], Turn]) -> None:
    """Read the order, prepare, say so, then take a turn for each line; each answer says what counted."""
    turn = prepare(orjson.loads(sys.stdin.readline()))
    _say({})
    while line := sys.stdin.readline():
        clock = Clock()
        turn(orjson.loads(line)["count"], clock)
        _say({"more": False} | clock.read())


def _say(answer: Order) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()
