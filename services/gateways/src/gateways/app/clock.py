"""The database's clock between two looks at it."""

from datetime import datetime, timedelta

from gateways.domain.deadline import Deadline


class DatabaseClock:
    """Never ahead of the database: what it said, plus the time since its answer arrived."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def set(self, now: datetime) -> None:
        """The database has just said what time it is."""
        self._said = now
        self._heard = Deadline.after(0)

    def now(self) -> datetime:
        """The present instant, at the latest."""
        return self._said + timedelta(seconds=-self._heard.remaining())
