"""Fiscal years, which the Firm API still pages by number."""

from typing import Any

from sandbox.adapters.books import FiscalYearRow, fiscal_years
from sandbox.software.pennylane.call import COMPANY, Call, Route, readers
from sandbox.software.pennylane.filters import numbered_page

MAX_PER_PAGE = 100


async def list_fiscal_years(call: Call) -> Any:
    """`GET /fiscal_years`: latest first (assumed)."""
    frame, shown = numbered_page(call.query, await fiscal_years(call.connection, call.company.id), MAX_PER_PAGE)
    return {"items": [_fiscal_year(year) for year in shown], **frame}


def _fiscal_year(year: FiscalYearRow) -> dict[str, Any]:
    """A year; `reopen` and `frozen` are states of the vendor's that no switch of the stand-in leads to."""
    return {
        "id": year.id,
        "start": year.start_date.isoformat(),
        "finish": year.end_date.isoformat(),
        "status": "open" if year.closed_at is None else "closed",
    }


ROUTES = (Route("GET", f"{COMPANY}/fiscal_years", list_fiscal_years, readers("fiscal_years")),)
