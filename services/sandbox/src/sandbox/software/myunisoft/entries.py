"""Booking an entry, and finding it again by the partner's id."""

from decimal import Decimal
from typing import Any

from qontable.money import ZERO
from sandbox.adapters.booking import entries_by_id, ids_by_reference
from sandbox.app.strike import book_struck
from sandbox.domain.books import BookedEntry, BookedLine, ReferenceTaken
from sandbox.domain.faults import Reply
from sandbox.software.myunisoft.call import Call, Route, number
from sandbox.software.myunisoft.diaries import diary_type
from sandbox.software.myunisoft.entry_body import read_entry_body
from sandbox.software.myunisoft.entry_rules import checked_entry
from sandbox.software.myunisoft.errors import VendorError


async def book_entry(call: Call) -> Any:
    """`POST /entry?type=e`: straight into the books."""
    return await _book(call, "e", pending=False)


async def hold_entry(call: Call) -> Any:
    """`POST /entry/temp?type=o`: among the entries that a person validates."""
    return await _book(call, "o", pending=True)


async def find_entry(call: Call) -> Any:
    """`GET /entry/id?id_origin=`: the vendor's id for a partner's id. 404 when there is none is assumed."""
    found = await ids_by_reference(call.connection, call.society.id, call.query.get("id_origin", ""))
    if not found:
        raise VendorError("ERR-ENTRY-NOT-FOUND")
    entry = (await entries_by_id(call.connection, found[:1]))[0]
    metadata = {} if entry.metadata is None else {"json_metadata_partners": entry.metadata}
    return {"id_entry": entry.id, "type": location(entry), **metadata}


def location(entry: BookedEntry) -> str:
    """The vendor's word for where an entry is."""
    return "ENTRIES_TEMP" if entry.pending else "ENTRIES"


async def _book(call: Call, kind: str, *, pending: bool) -> Any:
    if call.query.get("type") != kind:
        raise VendorError("ECR17", call.query.get("type", ""))
    body = read_entry_body(call.body)
    entry = await checked_entry(call.connection, call.society, body, pending=pending)
    try:
        entry_id = await book_struck(call.connection, entry, call.fault)
    except ReferenceTaken:
        raise VendorError("UNIK3") from None
    if call.fault.reply is Reply.WITHOUT_ENTRY or not call.society.answers_with_entry:
        return {"status": "success"}
    return _booked((await entries_by_id(call.connection, [entry_id]))[0])


def _booked(entry: BookedEntry) -> dict[str, Any]:
    """The answer to a booking; only that of the pending route is published, for `type=e` it is assumed alike."""
    return {
        "type": "O" if entry.pending else "E",
        "debit_total": number(_total(line.debit for line in entry.lines)),
        "credit_total": number(_total(line.credit for line in entry.lines)),
        "entry_array": [_entry(entry)],
    }


def _entry(entry: BookedEntry) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "date_piece": entry.date.isoformat(),
        "entry_date": entry.date.isoformat(),
        "etablissement_id": entry.software_file_id,
        "entry_origin_partner_id": entry.reference,
        "blocked": False,
        "comment": entry.comment is not None,
        "diary": {
            "id": entry.journal_id,
            "code": entry.journal_code,
            "label": entry.journal_name,
            "diary_type_code": diary_type(entry.journal_type).code,
        },
        "pj_list": [{"document_id": document.id, "name": document.name} for document in entry.documents],
        "entry_list": [_line(line) for line in entry.lines],
    }


def _line(line: BookedLine) -> dict[str, Any]:
    return {
        "line_entry_id": line.id,
        "label": line.label,
        "debit": number(line.debit),
        "credit": number(line.credit),
        "piece": line.piece or "",
        "piece2": line.invoice_number or "",
        "deadline": line.due_date.isoformat(),
        "currency": line.currency,
        "account": {"account_id": line.account_id, "account_number": line.account, "label": line.account_label},
    }


def _total(amounts: Any) -> Decimal:
    return sum(amounts, ZERO)


ROUTES = (
    Route("POST", "/entry", book_entry),
    Route("POST", "/entry/temp", hold_entry),
    Route("GET", "/entry/id", find_entry),
)
