"""Dates, hours and sizes as the reader's language writes them. Instants are shown on the clocks of Paris."""

from datetime import date, datetime

from qontable.bilingual import NO_BREAK_SPACE, Language
from qontable.clock import PARIS

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


def write_bytes(size: int, language: Language) -> str:
    """`48 Ko` or `48 KB`, `50 Mo` or `50 MB`."""
    unit = ("Ko", "Mo") if language == "fr" else ("KB", "MB")
    if size >= 1024 * 1024:
        return f"{size / 1024 / 1024:.0f}{NO_BREAK_SPACE}{unit[1]}"
    return f"{max(size / 1024, 1):.0f}{NO_BREAK_SPACE}{unit[0]}"
