"""Requests counted by key and period, in the memory of this process. Periods are fixed, not sliding."""

from dataclasses import dataclass
from time import time


@dataclass(slots=True)
class Period:
    """A period of a key's: when it ends (seconds since 1970), and how many requests came."""

    ends: float
    used: int = 0


class Windows:
    """The current period of each key."""

    def __init__(self) -> None:
        self._periods: dict[int, Period] = {}

    def count(self, token_id: int, seconds: float) -> Period:
        """The period of a key with one request more; periods last so many seconds from their first request on."""
        now = time()
        period = self._periods.get(token_id)
        if period is None or now >= period.ends:
            period = self._periods[token_id] = Period(now + seconds)
        period.used += 1
        return period
