"""Dates, hours and amounts as the reader's language writes them. Instants are shown on the clocks of Paris."""

from datetime import date, datetime
from decimal import Decimal

from hub.entrypoints.pages.words import Language
from qontable.bilingual import NO_BREAK_SPACE
from qontable.clock import PARIS

NARROW_SPACE = "\u202f"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SYMBOLS = {"EUR": "€"}


def write_date(day: date, language: Language) -> str:
    """`12/03/2026` or `12 Mar 2026`."""
    if language == "fr":
        return f"{day:%d/%m/%Y}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def write_date_text(text: str, language: Language) -> str:
    """A date that an event gives as text, likewise; one that no calendar has stays as it came."""
    try:
        return write_date(date.fromisoformat(text), language)
    except ValueError:
        return text


def write_hour(moment: datetime, language: Language) -> str:
    """`20 h 04` or `20:04`."""
    local = moment.astimezone(PARIS)
    return f"{local:%H} h {local:%M}".replace(" ", NO_BREAK_SPACE) if language == "fr" else f"{local:%H:%M}"


def write_moment(moment: datetime, language: Language) -> str:
    """Date and hour."""
    separator = " à " if language == "fr" else ", "
    return f"{write_date(moment.astimezone(PARIS).date(), language)}{separator}{write_hour(moment, language)}"


def write_number(number: int, language: Language) -> str:
    """`12 400` or `12,400`."""
    return f"{number:,}".replace(",", NARROW_SPACE) if language == "fr" else f"{number:,}"


def write_amount(amount: Decimal, currency: str | None, language: Language) -> str:
    """`1 234,56 €` or `€1,234.56`; a currency without a sign of ours is named by its code."""
    number = _grouped(amount, language)
    sign = _SYMBOLS.get(currency or "EUR")
    if language == "fr":
        return f"{number}{NO_BREAK_SPACE}{sign or currency}"
    return f"{sign}{number}" if sign else f"{currency}{NO_BREAK_SPACE}{number}"


def write_plain_amount(amount: Decimal, language: Language) -> str:
    """`1 234,56` or `1,234.56`, and nothing for zero: a column of debits or credits."""
    return _grouped(amount, language) if amount else ""


def _grouped(amount: Decimal, language: Language) -> str:
    """All decimals that there are, and at least two: nothing is rounded away."""
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    plain = f"{amount:,.{places}f}"
    return plain.replace(",", NARROW_SPACE).replace(".", ",") if language == "fr" else plain


def write_quoted(text: str, language: Language) -> str:
    """Somebody's own words, marked as theirs: `« … »` or `“…”`."""
    return f"«{NO_BREAK_SPACE}{text}{NO_BREAK_SPACE}»" if language == "fr" else f"“{text}”"


def write_bytes(size: int, language: Language) -> str:
    """`48 Ko` or `48 KB`, `50 Mo` or `50 MB`."""
    unit = ("Ko", "Mo") if language == "fr" else ("KB", "MB")
    if size >= 1024 * 1024:
        return f"{size / 1024 / 1024:.0f}{NO_BREAK_SPACE}{unit[1]}"
    return f"{max(size / 1024, 1):.0f}{NO_BREAK_SPACE}{unit[0]}"
