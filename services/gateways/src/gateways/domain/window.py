"""How many requests left in the time just past: what keeps a connection inside its vendor's limit.

The vendor counts requests within any stretch of time, so a bucket that refills evenly would let twice the limit
through around a burst. Here requests are counted by slices of that time, and a slice is forgotten only when all of it
is older: never more than `requests` within any `seconds`, at the cost of one slice's length.
"""

from collections import deque
from collections.abc import Sequence

SLICES = 20


class RequestWindow:
    """Counts requests on a clock of the caller's, in seconds. `held` ones are promised and leave some time later."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._most = requests
        self._seconds = seconds
        self._slice = seconds / SLICES
        self.held = 0
        self._made: deque[list[float]] = deque()  # [end of slice, count]

    def wait(self, now: float) -> float:
        """Seconds until one more request may leave; zero when it may leave now."""
        while self._made and self._made[0][0] + self._seconds <= now:
            self._made.popleft()
        if self.held + sum(count for _, count in self._made) < self._most:
            return 0.0
        return self._made[0][0] + self._seconds - now if self._made else self._slice

    def note(self, now: float, count: int = 1) -> None:
        """`count` requests leave now."""
        end = (now // self._slice + 1) * self._slice
        if self._made and self._made[-1][0] >= end:
            self._made[-1][1] += count
        else:
            self._made.append([end, count])

    def made(self, now: float) -> list[list[float]]:
        """What the next owner must know: pairs of age in seconds and count."""
        return [[max(0.0, now - end), count] for end, count in self._made if end + self._seconds > now]

    def remember(self, made: Sequence[Sequence[float]], now: float) -> None:
        """Take over what an earlier owner counted; ages are those of this moment."""
        for age, count in sorted(made, key=lambda pair: pair[0], reverse=True):
            self.note(now - age, int(count))
