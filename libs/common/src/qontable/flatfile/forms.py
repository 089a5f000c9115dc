"""How a value is spelled in a file: amounts from decimals, never from floats; dates; numbers. A table."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

Form = Callable[[Any], str]


class Unwritable(ValueError):
    """A value that this form cannot spell, such as an amount of parts of cents."""


def _dot(amount: Decimal) -> str:
    """Two decimals after a dot, however the decimal was spelled. Raises `Unwritable` for parts of cents."""
    if not amount:
        return "0.00"
    text = str(amount)
    return text if text[-3:-2] == "." else _with_cents(amount)


def _comma(amount: Decimal) -> str:
    """The same after a comma."""
    if not amount:
        return "0,00"
    text = str(amount)
    return (text if text[-3:-2] == "." else _with_cents(amount)).replace(".", ",")


def _with_cents(amount: Decimal) -> str:
    """Of a decimal that is not spelled with two decimals itself."""
    cents = amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise Unwritable(f"{amount} has parts of cents")
    return f"{amount:.2f}"


def _signed_cents(amount: Decimal) -> str:
    """A sign and twelve digits in cents, as Quadra wants them."""
    digits = _dot(abs(amount)).replace(".", "").zfill(12)
    if len(digits) > 12:
        raise Unwritable(f"{amount} has more than twelve digits in cents")
    return ("-" if amount < 0 else "+") + digits


def _dot_or_empty(amount: Decimal) -> str:
    return _dot(amount) if amount else ""


def _comma_or_empty(amount: Decimal) -> str:
    return _comma(amount) if amount else ""


def _rate(value: Decimal) -> str:
    """A rate without trailing zeros, with a decimal comma."""
    return format(value.normalize(), "f").replace(".", ",")


def _day(pattern: str) -> Form:
    @lru_cache(maxsize=4_096)
    def spelled(day: date) -> str:
        return day.strftime(pattern)

    return spelled


FORMS: dict[str, Form] = {
    "text": str,
    "integer": str,
    "dot": _dot,
    "comma": _comma,
    "dot_or_empty": _dot_or_empty,
    "comma_or_empty": _comma_or_empty,
    "signed_cents": _signed_cents,
    "rate": _rate,
    "DDMMYYYY": _day("%d%m%Y"),
    "DDMMYY": _day("%d%m%y"),
    "YYYYMMDD": _day("%Y%m%d"),
    "DD/MM/YYYY": _day("%d/%m/%Y"),
    "YYYY": _day("%Y"),
    "MM": _day("%m"),
    "DD": _day("%d"),
    "DDMMYYYYHHMM": _day("%d%m%Y%H%M"),
}
"""Every spelling by the name that layouts give it. `rate` of 1 is `1`; `_or_empty` writes nothing for zero."""
