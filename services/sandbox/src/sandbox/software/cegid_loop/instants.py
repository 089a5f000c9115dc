"""Dates as the vendor writes them: ISO instants with milliseconds, and the format that an import names for its own."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
ISO_FORMAT = "YYYY-MM-DDTHH:mm:ss.SSSZ"
ISO_FORMAT_FRENCH = "AAAA-MM-JJThh:mm:ss.nnnZ"


def is_instant(value: object) -> bool:
    """Whether this is `YYYY-MM-DDTHH:mm:ss.SSSZ` and such a moment exists."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _instant(text: str) -> date:
    """The day of an ISO instant, in UTC: that Loop reads it so is assumed."""
    if not is_instant(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC).date()


def _written(pattern: str) -> Callable[[str], date]:
    return lambda text: datetime.strptime(text, pattern).replace(tzinfo=UTC).date()


FORMATS: dict[str, Callable[[str], date]] = {
    ISO_FORMAT: _instant,
    ISO_FORMAT_FRENCH: _instant,
    "YYYY-MM-DD": _written("%Y-%m-%d"),
    "YYYYMMDD": _written("%Y%m%d"),
    "DD/MM/YYYY": _written("%d/%m/%Y"),
}
"""Values of the option `formatDate`. The vendor shows the first two; that it knows the others is assumed."""


def read_day(text: str, written_as: str | None) -> date:
    """The day that a line names. Raises `ValueError` for an unknown format or an impossible day."""
    reader = FORMATS.get(written_as or ISO_FORMAT)
    if reader is None:
        raise ValueError(f"formatDate inconnu : {written_as}")
    return reader(text)
