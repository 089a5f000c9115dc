"""The fiscal years that a FEC's dates and file name tell of.

A FEC covers one fiscal year and is named SIREN + FEC + closing date (article A47 A-1, X). Without such a name the year
is the calendar year where all dates lie in one, else twelve months from the first date's month. Dates outside are
covered by further years, so that no entry is without one.
"""

import calendar
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from qontable.events.reference import FiscalYear

_NAME = re.compile(r"(?<!\d)(?P<siren>\d{9})FEC(?P<closing>\d{8})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of the file says: whose books, and the last day of the fiscal year. None where it does not."""

    siren: str | None = None
    closing: date | None = None


def read_file_name(name: str) -> FileName:
    """SIREN and closing date from a name such as `123456789FEC20261231.txt`; nothing from any other name."""
    match = _NAME.search(name)
    if match is None:
        return FileName()
    try:
        closing = date.fromisoformat(match["closing"])
    except ValueError:
        return FileName()
    return FileName(match["siren"], closing)


def fiscal_years(days: Collection[date], closing: date | None) -> tuple[FiscalYear, ...]:
    """The fiscal years, oldest first, that cover all days, at least one."""
    end = closing or _end_of_year(min(days), max(days))
    ends = sorted({_end_covering(day, end) for day in days})
    return tuple(FiscalYear(start=_start(day).isoformat(), end=day.isoformat()) for day in ends)


def _end_of_year(first: date, last: date) -> date:
    if first.year == last.year:
        return date(first.year, 12, 31)
    return date(first.year + 1, first.month, 1) - timedelta(days=1)


def _end_covering(day: date, closing: date) -> date:
    """The first anniversary of the closing day that is not before `day`."""
    this_year = _anniversary(closing, day.year)
    return this_year if day <= this_year else _anniversary(closing, day.year + 1)


def _start(end: date) -> date:
    return _anniversary(end, end.year - 1) + timedelta(days=1)


def _anniversary(closing: date, year: int) -> date:
    """The closing day in another year; the last of February stays the last of February."""
    if closing.day == _last_day(closing.year, closing.month):
        return date(year, closing.month, _last_day(year, closing.month))
    return closing.replace(year=year)


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
