"""Another time on the house's clock (`qontable.clock`), for tests and measurements; services know nothing of it.

`python -m local_stack.moved_clock 2026-10-25T20:00:30+01:00 entries` starts a service at that instant. The clock goes
on from there, and nothing but the house's clock is moved.
"""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from unittest import mock

from qontable import clock


class MovedClock:
    """The house's clock in this process, ahead of the true time or behind it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def set(self, moment: datetime) -> None:
        """It is `moment` now."""
        self.ahead = moment.astimezone(UTC) - datetime.now(UTC)


@contextmanager
def moved_clock(moment: datetime) -> Iterator[MovedClock]:
    """Inside the block the house's clock starts at `moment`, and can be set again."""
    moved = MovedClock()
    moved.set(moment)

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + moved.ahead

    with mock.patch.object(clock, "datetime", Moved):
        yield moved


if __name__ == "__main__":
    with moved_clock(datetime.fromisoformat(sys.argv[1])):
        runpy.run_module(sys.argv[2], run_name="__main__")
