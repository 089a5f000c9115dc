"""Lines of ledger entries, read by themselves: the answers about entries hold none."""

from typing import Any

from sandbox.adapters.listing import Condition, ListedLine, Slice, list_lines
from sandbox.software.pennylane.call import COMPANY, Call, Route, amount, instant, path_id, readers
from sandbox.software.pennylane.errors import VendorError
from sandbox.software.pennylane.filters import (
    LISTED,
    ORDERED,
    Field,
    Sorting,
    cursor_page,
    page_of,
    read_day,
    read_integer,
)

OPERATORS = (*ORDERED, *LISTED)
FIELDS = {
    "id": Field(OPERATORS, "line.id", read_integer),
    "journal_id": Field(OPERATORS, "entry.journal_id", read_integer),
    "ledger_account_id": Field(OPERATORS, "line.account_id", read_integer),
    "ledger_entry_id": Field(OPERATORS, "line.entry_id", read_integer),
    "date": Field(OPERATORS, "entry.date", read_day),
}
SORTING = Sorting("line.id", {"id": "line.id", "date": "entry.date"})


async def list_ledger_entry_lines(call: Call) -> Any:
    """`GET /ledger_entry_lines`."""
    page, name = page_of(call.query, FIELDS, SORTING)
    rows = await list_lines(call.connection, call.company.id, page)
    frame = cursor_page(rows, page, name, lambda row: {"id": row.id, "date": row.date})
    return {**frame, "items": [_line(call, row) for row in rows[: page.limit - 1]]}


async def get_ledger_entry_line(call: Call) -> Any:
    """`GET /ledger_entry_lines/{id}`."""
    wanted = path_id(call, "no_line")
    one = Slice((Condition("line.id", "eq", wanted),), ("line.id",), descending=True, after=None, limit=1)
    found = await list_lines(call.connection, call.company.id, one)
    if not found:
        raise VendorError("no_line", wanted)
    return _line(call, found[0])


def _line(call: Call, line: ListedLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "debit": amount(line.debit),
        "credit": amount(line.credit),
        "label": line.label,
        "categories": [],
        "ledger_account": {
            "id": line.account_id,
            "number": line.account,
            "url": call.url(f"/ledger_accounts/{line.account_id}"),
        },
        "journal": {"id": line.journal_id, "url": call.url(f"/journals/{line.journal_id}")},
        "date": line.date.isoformat(),
        "ledger_entry": {"id": line.entry_id, "url": call.url(f"/ledger_entries/{line.entry_id}")},
        "lettered_ledger_entry_lines": {
            "ids": [],
            "url": call.url(f"/ledger_entry_lines/{line.id}/lettered_ledger_entry_lines"),
        },
        "imputation_dates": [],
        "created_at": instant(line.booked_at),
        "updated_at": instant(line.booked_at),
    }


ROUTES = (
    Route("GET", f"{COMPANY}/ledger_entry_lines", list_ledger_entry_lines, readers("ledger_entries")),
    Route("GET", f"{COMPANY}/ledger_entry_lines/{{id}}", get_ledger_entry_line, readers("ledger_entries")),
)
