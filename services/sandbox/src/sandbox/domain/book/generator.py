"""A whole book: how many entries of which kind, in the order of their dates, numbered by journal."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random

from sandbox.domain.book import bank, expenses, general, invoices
from sandbox.domain.book.desk import YEAR, Desk
from sandbox.domain.book.workshop import Workshop, load_workshop
from sandbox.domain.drafts import Draft

LEAST_ENTRIES = 60
SEED = 2026
_PERCENT_SALES = 25
_PERCENT_EXPENSES = 10
_PERCENT_BANK = 26
_PAID_AFTER = timedelta(days=28)
_CHARGES_A_YEAR = 36


@dataclass(frozen=True, slots=True)
class Book:
    """The workshop and its entries of one year, in the order of their dates."""

    workshop: Workshop
    drafts: tuple[Draft, ...]


def make_book(entries: int, seed: int = SEED) -> Book:
    """A book of exactly `entries` entries, at least 60; the same arguments always give the same book."""
    if entries < LEAST_ENTRIES:
        raise ValueError(f"a book of all kinds needs at least {LEAST_ENTRIES} entries")
    workshop = load_workshop()
    desk = Desk(workshop, Random(seed))  # noqa: S311 - repeatable on purpose, nothing is secret here
    drafts = sorted(_drafts(desk, entries), key=lambda draft: draft.date)
    return Book(workshop, tuple(_numbered(drafts)))


def _drafts(desk: Desk, entries: int) -> Iterator[Draft]:
    written = list(islice(_general(desk), min(25, entries // 10)))
    sales = entries * _PERCENT_SALES // 100
    reports = entries * _PERCENT_EXPENSES // 100
    banked = entries * _PERCENT_BANK // 100
    bought = entries - len(written) - sales - reports - banked
    yield from written
    billed = [invoices.purchase(desk, desk.day(number, bought)) for number in range(bought)]
    billed += [invoices.sale(desk, desk.day(number, sales)) for number in range(sales)]
    yield from billed
    yield from (expenses.expense_report(desk, desk.day(number, reports)) for number in range(reports))
    yield from _bank(desk, billed, banked)


def _general(desk: Desk) -> Iterator[Draft]:
    yield general.opening(desk)
    for month in general.MONTHS:
        yield general.salaries(desk, month)
        yield general.depreciation(desk, month)


def _bank(desk: Desk, billed: list[Draft], count: int) -> Iterator[Draft]:
    """Charges first, then settlements of invoices that fall due within the year and carry a third party's account."""
    charged = min(_CHARGES_A_YEAR, count // 2)
    for number, spending in enumerate(islice(cycle(desk.workshop.charges), charged)):
        yield bank.charge(desk, spending, desk.day(number, charged))
    payable = [draft for draft in billed if _payment_day(draft).year == YEAR]
    paid = desk.chance.sample(payable, min(count - charged, len(payable)))
    for invoice in paid:
        yield bank.settlement(desk, invoice, _payment_day(invoice))
    for number in range(count - charged - len(paid)):
        yield bank.charge(desk, desk.workshop.charges[0], desk.day(number, count))


def _payment_day(invoice: Draft) -> date:
    return date.fromisoformat(invoice.date) + _PAID_AFTER


def _numbered(drafts: list[Draft]) -> Iterator[Draft]:
    numbers: Counter[str] = Counter()
    for draft in drafts:
        journal = draft.journal.code
        numbers[journal] += 1
        number = numbers[journal]
        yield draft.model_copy(
            update={"key": f"{journal}/{number}", "document_number": f"{draft.date[:7]}-{number:04d}"}
        )
