"""Fiscal years, with the dates in the compact form that the vendor uses only here."""

from datetime import date
from typing import Any

from sandbox.adapters.books import FiscalYearRow, fiscal_years
from sandbox.software.myunisoft.call import Call, Route

MONO_LETTERING = 1
CLOSED_BY = 9


async def list_exercices(call: Call) -> Any:
    """`GET /society/exercice`: fiscal years, latest first, not paged. `N` is the oldest that is open."""
    years = await fiscal_years(call.connection, call.society.id)
    current = next((index for index, year in reversed(list(enumerate(years))) if year.closed_at is None), 0)
    return [_exercice(year, current - index) for index, year in enumerate(years)]


def _exercice(year: FiscalYearRow, distance: int) -> dict[str, Any]:
    closed = year.closed_at is not None
    return {
        "exercice_id": year.id,
        "start_date": f"{year.start_date:%Y%m%d}",
        "end_date": f"{year.end_date:%Y%m%d}",
        "label": "N" if distance == 0 else f"N{distance:+d}",
        "closed": closed,
        "closed_at": f"{year.closed_at:%Y-%m-%d %H:%M:%S}" if year.closed_at else None,
        "closed_by": CLOSED_BY if closed else None,
        "duration": _months(year.start_date, year.end_date),
        "lettering_method_id": MONO_LETTERING,
        "review_model": {"id_review_model": 1, "label": "Modèle standard"},
        "result": 0,
        "ca": 0,
    }


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month + 1


ROUTES = (Route("GET", "/society/exercice", list_exercices),)
