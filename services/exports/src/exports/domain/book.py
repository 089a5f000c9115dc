"""What is exported: entries of one client file, as they come from a FEC or from validated events.

Entries are streamed; nothing here holds a whole book.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from qontable.entry import AnalyticShare
from qontable.money import ZERO

Kind = Literal["purchase", "sale", "expense_report", "bank", "miscellaneous"]


class BookLine(NamedTuple):
    """One line. Absent texts are empty; the amounts are in euros and keep their sign.

    `foreign_debit` and `foreign_credit` are in `currency`, which is empty for a line in euros alone.
    """

    account: str
    account_label: str
    label: str
    debit: Decimal
    credit: Decimal
    subsidiary: str = ""
    subsidiary_label: str = ""
    currency: str = ""
    foreign_debit: Decimal = ZERO
    foreign_credit: Decimal = ZERO
    rate: Decimal | None = None
    analytic: tuple[AnalyticShare, ...] = ()
    payment_code: str = ""
    lettering: str = ""
    lettering_date: datetime.date | None = None

    @property
    def posted_account(self) -> str:
        """The number under which a software with one account field books the line."""
        return self.subsidiary or self.account

    @property
    def posted_label(self) -> str:
        """The name of the posted account."""
        return self.subsidiary_label if self.subsidiary else self.account_label


@dataclass(frozen=True, slots=True)
class BookDocument:
    """A supporting document: the name it has, its size in bytes and where its bytes lie, where these are known."""

    name: str
    size: int | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One entry: what its lines share. `where` names it for people.

    `number` is its number in the source (a FEC's EcritureNum), empty where it has none yet.
    """

    where: str
    journal: str
    journal_label: str
    date: datetime.date
    label: str
    lines: tuple[BookLine, ...]
    kind: Kind = "miscellaneous"
    number: str = ""
    document_number: str = ""
    invoice_number: str = ""
    piece_date: datetime.date | None = None
    due_date: datetime.date | None = None
    validated_on: datetime.date | None = None
    ack_code: str = ""
    documents: tuple[BookDocument, ...] = ()

    @property
    def reference(self) -> str:
        """The number by which people know the entry: of the invoice, else of the document."""
        return self.invoice_number or self.document_number

    @property
    def totals(self) -> tuple[Decimal, Decimal]:
        """Sum of debits, sum of credits."""
        return sum((line.debit for line in self.lines), ZERO), sum((line.credit for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Book:
    """The entries of one client file. `entries` starts from the first one each time it is called."""

    name: str
    siren: str
    entries: Callable[[], Iterator[BookEntry]]
    count: int | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """The dates to be exported, both ends included; an absent end is open."""

    first: datetime.date | None = None
    last: datetime.date | None = None

    def holds(self, day: datetime.date) -> bool:
        """Whether this date is to be exported."""
        return not ((self.first and day < self.first) or (self.last and day > self.last))


@dataclass(slots=True)
class Chart:
    """The accounts and journals met so far: 60,000 of them take a few megabytes."""

    accounts: dict[str, str] = field(default_factory=dict)
    subsidiaries: dict[str, tuple[str, str]] = field(default_factory=dict)
    journals: dict[str, tuple[str, Kind]] = field(default_factory=dict)
    first: datetime.date | None = None
    last: datetime.date | None = None

    def meet(self, entry: BookEntry) -> None:
        """Take an entry's date and journal into account."""
        day = entry.date
        if self.first is None or day < self.first:
            self.first = day
        if self.last is None or day > self.last:
            self.last = day
        if entry.journal not in self.journals:
            self.journals[entry.journal] = entry.journal_label, entry.kind

    def name(self, account: str, label: str, subsidiary: str, subsidiary_label: str) -> None:
        """Take a line's accounts into account; the first label that is not empty stands."""
        if not self.accounts.get(account):
            self.accounts[account] = label
        if subsidiary and subsidiary not in self.subsidiaries:
            self.subsidiaries[subsidiary] = subsidiary_label, account


def kind_of(lines: Iterable[BookLine]) -> Kind:
    """What an entry of a FEC is, judged by its accounts: third parties first, then money."""
    roots = [line.account[:2] for line in lines]
    if any(root in ("51", "53", "54") for root in roots):
        return "bank"
    if "40" in roots:
        return "purchase"
    if "41" in roots:
        return "sale"
    return "expense_report" if "42" in roots else "miscellaneous"
