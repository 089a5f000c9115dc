"""The one entry of every worked example: a purchase of three lines, with its document."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from exports.app.export import Done, Order, export
from exports.domain.book import Book, BookDocument, BookEntry, BookLine
from exports.domain.posting import Parameters
from exports.formats.registry import format_of

ZERO = Decimal(0)
LINES = (
    BookLine("606100", "Fournitures non stockables", "ORANGE SA", Decimal("100.00"), ZERO),
    BookLine("445660", "TVA deductible sur ABS", "ORANGE SA", Decimal("20.00"), ZERO),
    BookLine("401000", "Fournisseurs", "ORANGE SA", ZERO, Decimal("120.00"), "401ORANGE", "ORANGE SA"),
)
ENTRY = BookEntry(
    where="ACH/1",
    journal="ACH",
    journal_label="Achats",
    date=date(2026, 3, 15),
    label="ORANGE SA",
    lines=LINES,
    kind="purchase",
    number="1",
    invoice_number="F2026-0042",
    piece_date=date(2026, 3, 15),
    due_date=date(2026, 4, 14),
    validated_on=date(2026, 3, 31),
    documents=(BookDocument("F2026-0042.pdf"),),
)
PARAMETERS = Parameters(
    exported_on=datetime(2026, 3, 31, 12, 0),  # noqa: DTZ001 - as it stands in the file
    company="SOCIETE EXEMPLE",
    folder="EXEMPLE",
    year_start=date(2026, 1, 1),
    year_end=date(2026, 12, 31),
)


def book_of(*entries: BookEntry) -> Book:
    """A book of these entries."""
    return Book("exemple", "123456789", lambda: iter(entries), len(entries))


def exported(
    out: Path, format_: str, *entries: BookEntry, journals: dict[str, str] | None = None, **parameters: Any
) -> Done:
    """These entries in this format, in this folder."""
    order = Order(
        format_of(format_),
        replace(PARAMETERS, **{key: value for key, value in parameters.items() if key not in {"strict", "left_out"}}),
        out,
        journals=journals or {},
        strict=bool(parameters.get("strict")),
        left_out=parameters.get("left_out", {}),
    )
    return export(book_of(*entries), order)


def written(out: Path, format_: str) -> bytes:
    """The bytes of the one import file in the folder."""
    description = format_of(format_)
    name = description.file_name.format(siren="123456789", closing="20261231")
    return (out / name).read_bytes()
