"""An entry as Pennylane's `POST …/ledger_entries` wants it, byte for byte.

Pure: the same parcel and the same ids give the same bytes (DESIGN 8, rule 10). Amounts are decimal strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from gateways.adapters.http import Body
from gateways.connectors.pennylane.texts import Texts, texts_of
from gateways.domain.judgement import Unbookable
from gateways.domain.port import Parcel
from qontable.entry import Line
from qontable.events.delivery import Cut
from qontable.money import BOOK_CURRENCY, format_amount
from qontable.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Ids:
    """What Pennylane calls the things an entry names: accounts by published number, the document if there is one."""

    journal: int
    accounts: Mapping[str, int]
    attachment: int | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """One entry ready to leave: `content` to be sent, `shown` beside the hash of its document, `cuts` told."""

    content: bytes
    shown: bytes
    cuts: tuple[Cut, ...]

    @property
    def body(self) -> Body:
        """The content as a request's body."""
        return Body.of(self.content)


def check_bookable(parcel: Parcel, sheet: Sheet) -> None:
    """Raises `Unbookable` for what the routes cannot carry; pre-flight has said so before, unless the sheet changed."""
    if parcel.entry.currency != BOOK_CURRENCY:
        raise Unbookable(
            "book_currency",
            {
                "fr": f"L'écriture est tenue en {parcel.entry.currency}, pas en euros.",
                "en": f"The entry is kept in {parcel.entry.currency}, not in euros.",
            },
        )
    lines, limit = len(parcel.entry.lines), sheet.limits.lines
    if limit and lines > limit.max:
        raise Unbookable(
            "too_many_lines", {"fr": f"L'écriture a {lines} lignes.", "en": f"The entry has {lines} lines."}
        )
    rules = sheet.documents
    if rules.max_count is not None and len(parcel.documents) > rules.max_count:
        raise Unbookable(
            "too_many_documents",
            {
                "fr": f"L'écriture a {len(parcel.documents)} justificatifs.",
                "en": f"The entry has {len(parcel.documents)} documents.",
            },
        )
    for document in parcel.documents:
        if document.kept.media_type not in rules.media_types:
            raise Unbookable(
                "document_refused",
                {
                    "fr": f"Pennylane ne prend pas de justificatif de type {document.kept.media_type}.",
                    "en": f"Pennylane takes no document of type {document.kept.media_type}.",
                },
            )
        if document.kept.size > rules.max_bytes:
            raise Unbookable(
                "document_too_large",
                {
                    "fr": f"Le justificatif pèse {document.kept.size} octets.",
                    "en": f"The document has {document.kept.size} bytes.",
                },
            )


def compose(parcel: Parcel, sheet: Sheet, ids: Ids) -> Composed:
    """The body that books this parcel. Every account that it names must be in `ids`."""
    texts = texts_of(parcel, sheet)
    fields = _fields(parcel, ids, texts)
    documents = [
        {"name": name, "type": document.kept.media_type, "sha256": document.kept.sha256, "bytes": document.kept.size}
        for document, name in zip(parcel.documents, texts.document_names, strict=True)
    ]
    shown = {**fields, "(uploaded before)": documents} if documents else fields
    return Composed(content=orjson.dumps(fields), shown=orjson.dumps(shown), cuts=texts.cuts)


def _fields(parcel: Parcel, ids: Ids, texts: Texts) -> dict[str, object]:
    entry = parcel.entry
    fields: dict[str, object] = {
        "date": entry.date.isoformat(),
        "label": texts.label,
        "journal_id": ids.journal,
    }
    if ids.attachment is not None:
        fields["file_attachment_id"] = ids.attachment
    fields["currency"] = BOOK_CURRENCY
    fields["ledger_entry_lines"] = [
        _line(line, label, ids) for line, label in zip(entry.lines, texts.line_labels, strict=True)
    ]
    return fields


def _line(line: Line, label: str, ids: Ids) -> dict[str, object]:
    """A line without a label leaves without one: the contract does not demand it."""
    written: dict[str, object] = {
        "ledger_account_id": ids.accounts[line.published_account],
        "debit": format_amount(line.debit),
        "credit": format_amount(line.credit),
    }
    if label.strip():
        written["label"] = label
    return written
