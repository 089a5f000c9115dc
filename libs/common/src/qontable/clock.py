"""Time as the house reads it: instants in UTC, evenings in Paris (DESIGN 8, rule 9)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
