"""A FEC as a book to export."""

from collections.abc import Iterator
from pathlib import Path

from exports.domain.book import Book, BookDocument, BookEntry, BookLine, kind_of
from qontable.fec import Fec, FecEntry, FecRow, open_fec
from qontable.money import ZERO

DOCUMENT_COLUMNS = ("PieceJointe", "PJ", "FichierFacture")


def fec_book(path: Path) -> Book:
    """The book that a FEC holds. Raises `qontable.fec.FecRefused`, and `OSError` for a file that is not there."""
    fec = open_fec(path)
    return Book(
        name=path.stem,
        siren=fec.name.siren or "",
        entries=lambda: _entries(fec),
        count=fec.entry_count,
        notices=tuple(map(str, fec.notices)),
    )


def _entries(fec: Fec) -> Iterator[BookEntry]:
    return map(_entry, fec.entries())


def _entry(entry: FecEntry) -> BookEntry:
    first = entry.lines[0]
    lines = tuple(map(_line, entry.lines))
    return BookEntry(
        where=entry.key,
        journal=entry.journal_code,
        journal_label=entry.journal_label,
        date=entry.date,
        label=entry.label,
        lines=lines,
        kind=kind_of(lines),
        number=entry.number,
        invoice_number=entry.piece,
        piece_date=first.piece_date,
        validated_on=first.validated_on,
        documents=_documents(first),
    )


def _line(row: FecRow) -> BookLine:
    foreign = abs(row.foreign_amount) if row.foreign_amount is not None and row.currency else ZERO
    debit = row.debit != 0
    return BookLine(
        account=row.account,
        account_label=row.account_label,
        label=row.label,
        debit=row.debit,
        credit=row.credit,
        subsidiary=row.subsidiary,
        subsidiary_label=row.subsidiary_label,
        currency=row.currency if foreign else "",
        foreign_debit=foreign if debit else ZERO,
        foreign_credit=ZERO if debit else foreign,
        lettering=row.lettering,
        lettering_date=row.lettering_date,
    )


def _documents(row: FecRow) -> tuple[BookDocument, ...]:
    """File names in a column that other softwares add, several with `*` between them (facts, section 17)."""
    named = next((row.extra[column] for column in DOCUMENT_COLUMNS if row.extra.get(column)), "")
    return tuple(BookDocument(name.strip()) for name in named.split("*") if name.strip())
