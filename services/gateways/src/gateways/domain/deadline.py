"""Until when an attempt may act on the software: measured by a clock that also runs while the process is stopped.

A lease ends by the database's clock; its owner measures what is left of it here. A process that was frozen and woken
finds its deadline passed and writes nothing (DESIGN 6).
"""

import time
from dataclasses import dataclass

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _present() -> float:
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant on this machine's running clock; meaningless in another process."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The instant `seconds` from now."""
        return cls(_present() + seconds)

    def remaining(self) -> float:
        """Seconds left; zero or less once it has passed."""
        return self.at - _present()
