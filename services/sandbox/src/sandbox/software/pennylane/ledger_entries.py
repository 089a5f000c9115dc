"""Ledger entries: booked at once, listed, read. There is no reference and no idempotency: twice is two entries."""

from typing import Any

from sandbox.adapters.booking import attach, entries_by_id
from sandbox.adapters.listing import Condition, Slice, list_entries
from sandbox.app.strike import book_struck
from sandbox.domain.books import BookedEntry
from sandbox.domain.faults import Reply
from sandbox.software.pennylane.call import COMPANY, Call, Route, instant, path_id, readers, writers
from sandbox.software.pennylane.entry_body import EntryBody, EntryFile
from sandbox.software.pennylane.entry_rules import checked_entry, checked_file
from sandbox.software.pennylane.errors import VendorError
from sandbox.software.pennylane.file_attachments import file_url
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
from sandbox.software.pennylane.schema import read_body

FIELDS = {
    "id": Field((*ORDERED, *LISTED), "entry.id", read_integer),
    "journal_id": Field((*ORDERED, *LISTED), "entry.journal_id", read_integer),
    "date": Field(ORDERED, "entry.date", read_day),
}
SORTING = Sorting("entry.id", {"id": "entry.id", "date": "entry.date"})


async def create_ledger_entry(call: Call) -> Any:
    """`POST /ledger_entries`. An answer without the entry is empty (a fault)."""
    entry = await checked_entry(call.connection, call.company, read_body(EntryBody, call.visit.body))
    entry_id = await book_struck(call.connection, entry, call.fault)
    if call.fault.reply is Reply.WITHOUT_ENTRY:
        return {}
    return _entry(call, (await entries_by_id(call.connection, [entry_id]))[0])


async def list_ledger_entries(call: Call) -> Any:
    """`GET /ledger_entries`: without a filter on dates only those of open fiscal years; drafts among them."""
    page, name = page_of(call.query, FIELDS, SORTING)
    dated = any(condition.column == "entry.date" for condition in page.conditions)
    ids = await list_entries(call.connection, call.company.id, page, closed_years=dated)
    found = {entry.id: entry for entry in await entries_by_id(call.connection, ids)}
    rows = [found[entry_id] for entry_id in ids]
    frame = cursor_page(rows, page, name, lambda row: {"id": row.id, "date": row.date})
    return {**frame, "items": [_entry(call, row) for row in rows[: page.limit - 1]]}


async def get_ledger_entry(call: Call) -> Any:
    """`GET /ledger_entries/{id}`."""
    return _entry(call, await _wanted(call))


async def update_ledger_entry(call: Call) -> Any:
    """`PUT /ledger_entries/{id}`, of which the stand-in plays the file alone: that an entry then has it is published;
    that one which has a file already gets the new one in its place is assumed, and not played."""
    entry = await _wanted(call)
    body = read_body(EntryFile, call.visit.body)
    if not entry.documents:
        await attach(call.connection, entry.id, await checked_file(call.connection, call.company, entry, body))
    return _entry(call, await _wanted(call))


async def _wanted(call: Call) -> BookedEntry:
    wanted = path_id(call, "no_entry")
    one = Slice((Condition("entry.id", "eq", wanted),), ("entry.id",), descending=True, after=None, limit=1)
    ids = await list_entries(call.connection, call.company.id, one, closed_years=True)
    if not ids:
        raise VendorError("no_entry", wanted)
    return (await entries_by_id(call.connection, ids))[0]


def _entry(call: Call, entry: BookedEntry) -> dict[str, Any]:
    """An entry without its lines, as in every answer. That one made by the API has no status, and a draft `draft`, is
    read from the contract's words for null; that it has no piece number is assumed."""
    document = entry.documents[0] if entry.documents else None
    return {
        "id": entry.id,
        "created_at": instant(entry.booked_at),
        "updated_at": instant(entry.booked_at),
        "label": entry.label,
        "piece_number": None,
        "date": entry.date.isoformat(),
        "journal": {"id": entry.journal_id, "url": call.url(f"/journals/{entry.journal_id}")},
        "due_date": None,
        "invoice_number": None,
        "status": "draft" if entry.pending else None,
        "categories": [],
        "attachment": {"filename": document.name, "url": file_url(document.id)} if document else None,
    }


ROUTES = (
    Route("GET", f"{COMPANY}/ledger_entries", list_ledger_entries, readers("ledger_entries")),
    Route("GET", f"{COMPANY}/ledger_entries/{{id}}", get_ledger_entry, readers("ledger_entries")),
    Route("PUT", f"{COMPANY}/ledger_entries/{{id}}", update_ledger_entry, writers("ledger_entries")),
    Route("POST", f"{COMPANY}/ledger_entries", create_ledger_entry, writers("ledger_entries"), status=201),
)
