"""The books of a company of some size, for import files: purchases with VAT and their payments, no two labels alike.

Forty general and two thousand subsidiary accounts; one label in twenty has accents, one in a hundred is longer than
most softwares take.
"""

import gc
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count, islice

from bench.turns import Clock
from exports.domain.book import BookEntry, BookLine
from exports.domain.posting import Parameters
from qontable.money import ZERO

SIREN = "732829320"
YEAR = date(2026, 1, 1)
PARAMETERS = Parameters(
    exported_on=datetime(2026, 12, 31, 12, 0),  # noqa: DTZ001 - as it stands in the file
    company="MENUISERIE DURAND",
    folder="DURAND",
    year_start=YEAR,
    year_end=date(2026, 12, 31),
)
PORTION = 200
"""Entries that are made at once while the clock stands still: as few as a reader of some file has in hand."""
UNTIL_REST = 100
"""Portions."""
LINES = UNTIL_REST * PORTION // 2 * 5
"""Between two rests: entries are purchases and payments in turn."""
SUPPLIERS = 2_000
CHARGES = 40


def entries(lines: int) -> Iterator[BookEntry]:
    """Entries of `lines` lines together, rounded up to whole entries: a purchase of three, a payment of two."""
    made = number = 0
    while made < lines:
        entry = _payment(number) if number % 2 else _purchase(number)
        yield entry
        made += len(entry.lines)
        number += 1


def ready_entries(lines: int, clock: Clock) -> Iterator[BookEntry]:
    """The same, made portion by portion while the clock stands still, with rests.

    What is made beforehand is not the export's, whose garbage collector does not look through it.
    """
    coming = entries(lines)
    for number in count():
        with clock.paused():
            portion = list(islice(coming, PORTION))
            gc.freeze()
        if not portion:
            return
        if number and number % UNTIL_REST == 0:
            clock.rest(LINES)
        yield from portion


def _purchase(number: int) -> BookEntry:
    net = Decimal(1_000 + number * 7_919 % 9_999_991).scaleb(-2)
    tax = (net / 5).quantize(Decimal("0.01"))
    supplier, label = _supplier(number), _label(number)
    charge = number % CHARGES
    return BookEntry(
        where=f"AC/{number}",
        journal="AC",
        journal_label="Achats",
        date=_day(number),
        label=label,
        lines=(
            BookLine(str(606_000 + charge * 10), f"Achats de nature {charge}", label, net, ZERO),
            BookLine("445660", "TVA déductible", label, tax, ZERO),
            BookLine("401000", "Fournisseurs", label, ZERO, net + tax, f"401{supplier:04}", f"Fournisseur {supplier}"),
        ),
        kind="purchase",
        invoice_number=f"F{number:07}",
        due_date=_day(number + 30),
    )


def _payment(number: int) -> BookEntry:
    amount = Decimal(1_200 + number * 7_919 % 9_999_991).scaleb(-2)
    supplier, label = _supplier(number), f"VIR {number:07}"
    return BookEntry(
        where=f"BQ/{number}",
        journal="BQ",
        journal_label="Banque",
        date=_day(number),
        label=label,
        lines=(
            BookLine("401000", "Fournisseurs", label, amount, ZERO, f"401{supplier:04}", f"Fournisseur {supplier}"),
            BookLine("512000", "Banque", label, ZERO, amount),
        ),
        kind="bank",
        document_number=f"V{number:07}",
    )


def _supplier(number: int) -> int:
    return number * 613 % SUPPLIERS


def _label(number: int) -> str:
    label = f"{'Café' if number % 20 == 0 else 'Lot'} no {number:07}"
    return f"{label} {'et ses fournitures de bureau diverses'}" if number % 100 == 50 else label


def _day(number: int) -> date:
    return YEAR + timedelta(days=number // 1_000 % 365)
