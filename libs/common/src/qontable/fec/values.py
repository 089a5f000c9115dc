"""Amounts, sides and dates as a FEC writes them: tolerant in the spelling, exact in the value."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from qontable.money import ZERO, InvalidAmount, parse_amount

_NUMBER = re.compile(r"([+-]?)(\d*(?:[.,]\d*)?)([+-]?)", re.ASCII)
_DAYS = {
    "YYYYMMDD": re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", re.ASCII),
    "YYYY-MM-DD": re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", re.ASCII),
    "DD/MM/YYYY": re.compile(r"(?P<d>\d{2})/(?P<m>\d{2})/(?P<y>\d{4})", re.ASCII),
}
_SIDES = {"D": 1, "C": -1, "+1": 1, "1": 1, "-1": -1}

AMOUNT_REMEDY = "Write digits with one decimal mark, at most two decimals and no thousands separator: 1234,56."
NUMBER_REMEDY = "Write digits with one decimal mark and no thousands separator: 1234,56."
SIDE_REMEDY = "Write D or +1 for a debit, C or -1 for a credit."
DAY_REMEDY = "Write a date of the calendar as YYYYMMDD: 20260315."
YEARS = range(1900, 2200)


class Unreadable(ValueError):
    """The text is not a value of its column; the message says why in a few words."""


@lru_cache(maxsize=8192)
def read_amount(text: str) -> Decimal:
    """An amount in euros, exact to the cent; nothing is zero. Raises `Unreadable`."""
    if not text:
        return ZERO
    try:
        return parse_amount(format(read_number(text), "f"), "EUR")
    except InvalidAmount as error:
        raise Unreadable(f"{_quoted(text)} cannot be booked in euros: {error}") from None


@lru_cache(maxsize=8192)
def read_number(text: str) -> Decimal:
    """A number with decimal comma or dot, the sign first or last. Raises `Unreadable`."""
    match = _NUMBER.fullmatch(text)
    if match is None or not any(map(str.isdigit, text)) or (match[1] and match[3]):
        raise Unreadable(f"{_quoted(text)} is not an amount")
    return Decimal(match[1] + match[3] + match[2].replace(",", "."))


def read_side(text: str) -> int:
    """1 for a debit, -1 for a credit. Raises `Unreadable`."""
    try:
        return _SIDES[text.upper()]
    except KeyError:
        raise Unreadable(f"{_quoted(text)} is not a side") from None


@lru_cache(maxsize=4096)
def read_day(text: str) -> date:
    """A date in one of the three spellings. Raises `Unreadable`."""
    for pattern in _DAYS.values():
        match = pattern.fullmatch(text)
        if match and int(match["y"]) in YEARS:
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                break
    raise Unreadable(f"{_quoted(text)} is not a date" if text else "the field is empty")


def day_spelling(text: str) -> str | None:
    """The name of a readable date's spelling where that is not the law's YYYYMMDD."""
    if len(text) <= 8:
        return None
    return "DD/MM/YYYY" if "/" in text else "YYYY-MM-DD"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
