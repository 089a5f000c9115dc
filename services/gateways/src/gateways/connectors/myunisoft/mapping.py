"""An entry as MyUnisoft's `POST /entry` wants it, byte for byte.

Pure: the same parcel and the same ids give the same bytes (DESIGN 8, rule 10). Amounts go from `Decimal` to JSON
numbers without ever being floats.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import orjson

from gateways.adapters.http import Body
from gateways.connectors.myunisoft.documents import body_with, shown_documents
from gateways.connectors.myunisoft.texts import Texts, texts_of
from gateways.domain.judgement import Unbookable
from gateways.domain.port import Parcel
from qontable.entry import Entry, Line
from qontable.events.delivery import Cut
from qontable.money import BOOK_CURRENCY, format_amount
from qontable.sheet import Sheet

UNKNOWN_PAYMENT_TYPE = -1
RATE_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Section:
    """An analytic section and its axis, by the ids and labels they have in MyUnisoft."""

    axis_id: int
    axis_label: str
    section_id: int
    section_label: str


@dataclass(frozen=True, slots=True)
class Ids:
    """What MyUnisoft calls the things an entry names: accounts by published number, sections by axis and code."""

    society: int
    journal: int
    accounts: Mapping[str, int]
    sections: Mapping[tuple[str, str], Section]


@dataclass(frozen=True, slots=True)
class Composed:
    """One entry ready to leave: `body` to be sent, `shown` with each document replaced by its hash, `cuts` told."""

    body: Body
    shown: bytes
    cuts: tuple[Cut, ...]


def check_bookable(parcel: Parcel, sheet: Sheet) -> None:
    """Raises `Unbookable` for what the route cannot carry; pre-flight has said so before, unless the sheet changed."""
    if parcel.entry.currency != BOOK_CURRENCY:
        raise Unbookable(
            "book_currency",
            {
                "fr": f"L'écriture est tenue en {parcel.entry.currency}, pas en euros.",
                "en": f"The entry is kept in {parcel.entry.currency}, not in euros.",
            },
        )
    for document in parcel.documents:
        if document.kept.media_type not in sheet.documents.media_types:
            raise Unbookable(
                "document_type_refused",
                {
                    "fr": f"MyUnisoft ne prend pas de justificatif de type {document.kept.media_type}.",
                    "en": f"MyUnisoft takes no document of type {document.kept.media_type}.",
                },
            )
        if document.kept.size > sheet.documents.max_bytes:
            raise Unbookable(
                "document_too_large",
                {
                    "fr": f"Un justificatif pèse {document.kept.size} octets.",
                    "en": f"A document has {document.kept.size} bytes.",
                },
            )


def compose(parcel: Parcel, sheet: Sheet, ids: Ids) -> Composed:
    """The body that books this parcel. Every account and section that it names must be in `ids`."""
    texts = texts_of(parcel, sheet)
    fields = _fields(parcel, ids, texts)
    return Composed(
        body=body_with(orjson.dumps(fields), parcel.documents, texts.document_names),
        shown=orjson.dumps({**fields, "pj_list": shown_documents(parcel.documents, texts.document_names)}),
        cuts=texts.cuts,
    )


def _fields(parcel: Parcel, ids: Ids, texts: Texts) -> dict[str, object]:
    entry = parcel.entry
    return {
        "date_piece": entry.date.isoformat(),
        "etablissement_id": ids.society,
        "diary_id": ids.journal,
        "entry_origin_partner_id": parcel.reference,
        "json": _origin(entry, parcel.ack_code),
        "comment": {"content": f"Qonto (#{parcel.ack_code}#)"},
        "entry_list": [_line(line, label, ids, texts) for line, label in zip(entry.lines, texts.labels, strict=True)],
    }


def _origin(entry: Entry, ack_code: str) -> str:
    """What the entry carries for us alone, read back with it: which revision was booked."""
    return orjson.dumps({"entry": entry.ref.entry_id, "revision": entry.revision, "ack": ack_code}).decode()


def _line(line: Line, label: str, ids: Ids, texts: Texts) -> dict[str, object]:
    """`piece` is the document number, `piece2` the invoice number; one that is empty is left out."""
    written: dict[str, object] = {
        "account_id": ids.accounts[line.published_account],
        "label": label,
        "debit": number(line.debit),
        "credit": number(line.credit),
        "deadline": texts.deadline,
    }
    if texts.piece:
        written["piece"] = texts.piece
    if texts.invoice_number:
        written["piece2"] = texts.invoice_number
    written["payment_type_id"] = UNKNOWN_PAYMENT_TYPE
    if line.foreign:
        written["currency"] = line.foreign.currency
        written["value_currency"] = number(line.foreign.debit or line.foreign.credit)
    if line.analytic:
        written["analytique"] = _distribution(line, ids)
    return written


def _distribution(line: Line, ids: Ids) -> list[dict[str, object]]:
    """The line's shares by axis, under the keys of the vendor's schema (its own example has others)."""
    total = line.debit or line.credit
    shares: dict[str, list[dict[str, object]]] = {}
    axes: dict[str, dict[str, object]] = {}
    for share in line.analytic:
        section = ids.sections[share.axis, share.section]
        axes[share.axis] = {"id_axe": section.axis_id, "code": share.axis, "label": section.axis_label}
        shares.setdefault(share.axis, []).append(
            {
                "id_section": section.section_id,
                "code": share.section,
                "label": section.section_label,
                "rate": number(percentage(share.amount, total)),
                "amount": number(share.amount),
            }
        )
    return [{**axis, "repartition": shares[code]} for code, axis in axes.items()]


def percentage(part: Decimal, total: Decimal) -> Decimal:
    """A share in percent of its line, rounded to the fourth decimal: the amount is exact, the rate only illustrates."""
    return (part * 100 / total).quantize(RATE_STEP, ROUND_HALF_UP).normalize() if total else Decimal(0)


def number(amount: Decimal) -> orjson.Fragment:
    """A JSON number that says exactly this decimal."""
    return orjson.Fragment(format_amount(amount))
