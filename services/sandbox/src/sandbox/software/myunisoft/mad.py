"""`GET /mad/entry`: one entry in the vendor's read model "MAD" 1.0.0 (contracts/myunisoft/mad-v1.0.0.schema.json)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.adapters.booking import entries_by_id, ids_by_invoice_number, ids_by_reference
from sandbox.adapters.books import AxisRow, SectionRow, axes, sections
from sandbox.domain.books import BookedDocument, BookedEntry, BookedLine, Share
from sandbox.software.myunisoft.call import Call, Route, number, vendor_id
from sandbox.software.myunisoft.diaries import diary_type
from sandbox.software.myunisoft.errors import VendorError

VERSION = "1.0.0"
HUNDREDTH = Decimal("0.01")
DOWNLOAD = "https://app.myunisoft.fr/api/ged/document/{0}/download"


async def mad_entry(call: Call) -> Any:
    """By the vendor's id, the invoice number or the partner's id, in this order; with `draft` only pending entries."""
    if call.query.get("version") != VERSION:
        raise VendorError("ERR-BAD-REQUEST", "version vaut 1.0.0")
    wanted = call.query.get("id", "")
    found = await entries_by_id(call.connection, await _candidates(call, wanted))
    of_society = [entry for entry in found if entry.software_file_id == call.society.id]
    shown = [entry for entry in of_society if entry.pending == ("draft" in call.query)]
    if not shown:
        raise VendorError("ERR-ENTRY-NOT-FOUND")
    return _entry(shown[0], await _analytics_of(call))


async def _candidates(call: Call, wanted: str) -> list[int]:
    own_id = vendor_id(wanted)
    by_id = [] if own_id is None else [own_id]
    by_invoice = await ids_by_invoice_number(call.connection, call.society.id, wanted)
    by_reference = await ids_by_reference(call.connection, call.society.id, wanted)
    return [*by_id, *by_invoice, *by_reference]


@dataclass(frozen=True, slots=True)
class _Analytics:
    """Axes of a file by their codes, sections by their axes' ids and their codes."""

    axes: dict[str, AxisRow]
    sections: dict[tuple[int, str], SectionRow]


async def _analytics_of(call: Call) -> _Analytics:
    known = await axes(call.connection, call.society.id)
    parts = await sections(call.connection, call.society.id)
    return _Analytics({axis.code: axis for axis in known}, {(part.axis_id, part.code): part for part in parts})


def _entry(entry: BookedEntry, analytics: _Analytics) -> dict[str, Any]:
    return {
        "producerId": str(entry.id),
        "attachments": _attachments(document for document in entry.documents if document.line is None),
        "currency": {"code": "EUR"},
        "date": entry.date.isoformat(),
        "dueDate": None,
        "journal": {
            "producerId": str(entry.journal_id),
            "customerReferenceCode": entry.journal_code,
            "name": entry.journal_name,
            "type": diary_type(entry.journal_type).mad_name,
        },
        "movements": [_movement(entry, index, line, analytics) for index, line in enumerate(entry.lines)],
        "additionalProducerProperties": None if entry.reference is None else _partner(entry, entry.reference),
    }


def _partner(entry: BookedEntry, reference: str) -> dict[str, Any]:
    """What the partner said. The schema wants all four; what is no partner's is left empty."""
    return {
        "partnerId": reference,
        "partnerMetadata": {"partnerId": reference, "json": entry.metadata},
        "publishingDestination": "",
        "comment": entry.comment or "",
    }


def _attachments(documents: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for document in documents:
        found[_free_name(document, found)] = {"type": "URL", "value": DOWNLOAD.format(document.id)}
    return found


def _free_name(document: BookedDocument, taken: dict[str, Any]) -> str:
    return f"{document.id} {document.name}" if document.name in taken else document.name


def _movement(entry: BookedEntry, index: int, line: BookedLine, analytics: _Analytics) -> dict[str, Any]:
    return {
        "producerId": str(line.id),
        "description": line.label,
        "attachments": _attachments(document for document in entry.documents if document.line == index),
        "value": {
            "credit": number(line.credit),
            "debit": number(line.debit),
            "amount": number(line.credit - line.debit),
        },
        "dueDate": line.due_date.isoformat(),
        "lettering": {"state": "none", "value": None},
        "freeNumber": line.piece,
        "invoiceNumber": line.invoice_number,
        "account": {"producerId": str(line.account_id), "number": line.account, "name": line.account_label},
        "payment": None,
        "analytics": _distributions(line, analytics),
    }


def _distributions(line: BookedLine, analytics: _Analytics) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for share in line.analytic:
        axis = analytics.axes[share.axis]
        empty = {"producerId": str(axis.id), "code": axis.code, "name": axis.label, "sections": []}
        found.setdefault(axis.code, empty)["sections"].append(_section(line, share, axis, analytics))
    return list(found.values())


def _section(line: BookedLine, share: Share, axis: AxisRow, analytics: _Analytics) -> dict[str, Any]:
    section = analytics.sections[axis.id, share.section]
    rate = 100 * share.amount / (line.debit + line.credit)
    return {
        "producerId": str(section.id),
        "amount": number(share.amount),
        "rate": number(rate.quantize(HUNDREDTH)),
        "code": section.code,
        "name": section.label,
    }


ROUTES = (Route("GET", "/mad/entry", mad_entry),)
