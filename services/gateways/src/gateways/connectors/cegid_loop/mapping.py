"""Entries as Cegid Loop's `POST /importJson` wants them, byte for byte.

Pure: the same parcels with the same document links give the same bytes (DESIGN 8, rule 10). Amounts go from `Decimal`
to JSON numbers without ever being floats. What is kept of a body holds no link.
"""

import datetime
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

import orjson

from gateways.adapters.http import Body
from gateways.connectors.cegid_loop.texts import Texts, texts_of
from gateways.domain.judgement import Unbookable
from gateways.domain.outcome import Exchange
from gateways.domain.port import Parcel, ParcelDocument
from qontable.cutting import TextRefused
from qontable.entry import Line
from qontable.money import BOOK_CURRENCY, format_amount
from qontable.sheet import Sheet

FORMAT = "YYYY-MM-DDTHH:mm:ss.SSSZ"
PAYMENT_METHODS = {"VIR": 5}
"""Our code → `modePaiement`, 1 to 11, of which only the transfer's meaning is known (vendor facts, section 3)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """One entry that can leave, with its texts."""

    parcel: Parcel
    texts: Texts

    @property
    def period(self) -> tuple[int, int]:
        """The month that its import is about."""
        return self.parcel.entry.date.year, self.parcel.entry.date.month


@dataclass(frozen=True, slots=True)
class Composed:
    """One import ready to leave. `shown` has what is kept of each entry, in order; `links` no answer may bring back."""

    body: Body
    shown: tuple[Exchange, ...]
    links: tuple[str, ...]


def ready(parcel: Parcel, sheet: Sheet) -> Ready:
    """The entry with its texts. Raises `Unbookable`; pre-flight has said so before, unless the sheet changed."""
    if parcel.entry.currency != BOOK_CURRENCY:
        raise Unbookable(
            "book_currency",
            {
                "fr": f"L'écriture est tenue en {parcel.entry.currency}, pas en euros.",
                "en": f"The entry is kept in {parcel.entry.currency}, not in euros.",
            },
        )
    if len(parcel.entry.lines) < 2:
        raise Unbookable("too_few_lines", {"fr": "L'écriture n'a qu'une ligne.", "en": "The entry has one line only."})
    if len(parcel.documents) > len(parcel.entry.lines):
        raise Unbookable(
            "too_many_documents",
            {
                "fr": "L'écriture a plus de justificatifs que de lignes, et chaque ligne n'en prend qu'un.",
                "en": "The entry has more documents than lines, each of which takes one.",
            },
        )
    for document in parcel.documents:
        _check_document(document, sheet)
    try:
        return Ready(parcel, texts_of(parcel, sheet))
    except TextRefused as refusal:
        raise Unbookable(
            refusal.code,
            {
                "fr": f"Le code d'un tiers ne peut pas être raccourci : {refusal.code}.",
                "en": f"A third party's code cannot be shortened: {refusal.code}.",
            },
        ) from None


def _check_document(document: ParcelDocument, sheet: Sheet) -> None:
    if document.kept.media_type not in sheet.documents.media_types:
        raise Unbookable(
            "document_type_refused",
            {
                "fr": f"Cegid Loop ne prend pas de justificatif de type {document.kept.media_type}.",
                "en": f"Cegid Loop takes no document of type {document.kept.media_type}.",
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


def imports(entries: Sequence[Ready]) -> Iterator[list[Ready]]:
    """Runs of entries that may leave in one import: of one month, and alike in whether third parties are created."""
    for _, run in groupby(entries, key=lambda item: (item.period, item.parcel.policies.create_missing_accounts)):
        yield list(run)


def compose(entries: Sequence[Ready], file_code: str) -> Composed:
    """The import of entries of one run."""
    creates = entries[0].parcel.policies.create_missing_accounts
    head: dict[str, object] = {"contexte": _context(entries[0].period), "options": _options(creates)}
    written = [line for item in entries for line in _lines(item, hidden=False)]
    content = orjson.dumps(_body(file_code, head, written))
    return Composed(
        body=Body.of(content),
        shown=tuple(_shown(item, file_code, head, len(entries)) for item in entries),
        links=tuple(link for item in entries for document in item.parcel.documents if (link := document.link)),
    )


def _shown(item: Ready, file_code: str, head: dict[str, object], together: int) -> Exchange:
    """What an attempt keeps: the import as it was, with its own entry only and without links."""
    body = {**_body(file_code, head, list(_lines(item, hidden=True))), "entries_in_this_import": together}
    return Exchange(sent=orjson.dumps(body), cuts=item.texts.cuts)


def _body(file_code: str, head: dict[str, object], lines: list[dict[str, object]]) -> dict[str, object]:
    return {"codeIbs": file_code, "data": {**head, "ecritures": lines}}


def _context(period: tuple[int, int]) -> dict[str, str]:
    year, month = period
    last = monthrange(year, month)[1]
    return {"from": instant(datetime.date(year, month, 1)), "to": instant(datetime.date(year, month, last))}


def _options(creates: bool) -> dict[str, object]:  # noqa: FBT001 - a JSON value
    """Everything that Cegid Loop would otherwise decide by itself is said: it balances nothing and creates nothing but,
    where the file's policy wants it, third parties."""
    return {
        "separatorDecimal": ".",
        "formatDate": FORMAT,
        "multiPeriode": False,
        "failOnUnbalanced": True,
        "createNewJournaux": False,
        "createNewComptes": False,
        "createNewTiers": creates,
        "balanceAuto": False,
    }


def _lines(item: Ready, *, hidden: bool) -> Iterator[dict[str, object]]:
    """The lines of one entry, which its origin, journal, date and piece hold together; documents from the first on."""
    documents = item.parcel.documents
    for index, line in enumerate(item.parcel.entry.lines):
        document = documents[index] if index < len(documents) else None
        yield _line(item, index, line, document, hidden=hidden)


def _line(item: Ready, index: int, line: Line, document: ParcelDocument | None, *, hidden: bool) -> dict[str, object]:
    entry, texts = item.parcel.entry, item.texts
    date = instant(entry.date)
    written: dict[str, object] = {"date": date}
    if index == 0:
        written["dateJustif"] = date
    written |= {"journal": item.parcel.journal_code, "compte": line.account}
    if code := texts.third_parties[index]:
        written["tiers"] = code
    written |= {"libelle": texts.labels[index], "refPiece": texts.piece}
    if index == 0 and texts.reference:
        written["reference"] = texts.reference
    if line.subsidiary and entry.due_date:
        written["dateEcheance"] = instant(entry.due_date)
    if mode := PAYMENT_METHODS.get(line.payment_method or ""):
        written["modePaiement"] = mode
    written |= {"ecritureOrigine": texts.origin, "debit": _side(line, "debit"), "credit": _side(line, "credit")}
    if document:
        written["fichier"] = {"uri": _described(document) if hidden else _link(document)}
    return written


def _side(line: Line, side: str) -> dict[str, object]:
    amount: Decimal = getattr(line, side)
    if line.foreign is None:
        return {
            "amount": number(amount),
            "currency": BOOK_CURRENCY,
            "currencyAmount": number(amount),
            "currencyRate": "1.0",
        }
    written: dict[str, object] = {
        "amount": number(amount),
        "currency": line.foreign.currency,
        "currencyAmount": number(getattr(line.foreign, side)),
    }
    if line.foreign.rate is not None:
        written["currencyRate"] = format_amount(line.foreign.rate)
    return written


def _link(document: ParcelDocument) -> str:
    assert document.link is not None, "the house makes links where the sheet asks for them"
    return document.link


def _described(document: ParcelDocument) -> str:
    return f"sha256 {document.kept.sha256}, {document.kept.size} bytes"


def instant(day: datetime.date) -> str:
    """A day as Cegid Loop writes it: midnight, in milliseconds."""
    return f"{day.isoformat()}T00:00:00.000Z"


def number(amount: Decimal) -> orjson.Fragment:
    """A JSON number that says exactly this decimal."""
    return orjson.Fragment(format_amount(amount))
