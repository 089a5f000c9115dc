"""The accounting entry as every service knows it: lines of one journal and one date that balance.

An `Entry` that does not balance, has no line, fills both sides of a line or holds an impossible date or amount cannot
be constructed: `EntryRefused` says all that is wrong with it, for the accountant (DESIGN 8, rule 4).
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from qontable.money import ZERO


class EntryKind(StrEnum):
    """What an entry comes from; `miscellaneous` holds opening and general entries."""

    PURCHASE = "purchase"
    SALE = "sale"
    EXPENSE_REPORT = "expense_report"
    BANK = "bank"
    MISCELLANEOUS = "miscellaneous"


class SubsidiaryKind(StrEnum):
    """Whose account a subsidiary account is."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EntryRef:
    """One entry of one client file of one firm, whatever its revision."""

    firm_id: str
    file_id: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps an entry from leaving: what, where, and what to do, in both languages.

    `code` is ours and stable (`account_unknown`), `where` names a field (`lines.3.account`), and `values` holds what
    the sentences of `qontable.findings` are filled with.
    """

    code: str
    where: str = ""
    values: dict[str, str] = field(default_factory=dict)


class EntryRefused(ValueError):
    """An entry that cannot be constructed. `findings` lists every reason; the message names their codes only."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(", ".join(finding.code for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Subsidiary:
    """A third party's account, below the general account of its line."""

    code: str
    label: str
    kind: SubsidiaryKind
    siren: str | None = None
    vat_number: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignAmount:
    """The line's amount in the currency it was invoiced in; `rate` is units of that currency for one euro."""

    currency: str
    debit: Decimal
    credit: Decimal
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class AnalyticShare:
    """The part of a line that belongs to one section of one analytic axis."""

    axis: str
    section: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an account, a label and an amount on one side. Signs are kept: a FEC may hold negative amounts."""

    account: str
    account_label: str
    label: str
    debit: Decimal
    credit: Decimal
    subsidiary: Subsidiary | None = None
    foreign: ForeignAmount | None = None
    analytic: tuple[AnalyticShare, ...] = ()
    vat_rate: Decimal | None = None
    payment_method: str | None = None

    @property
    def published_account(self) -> str:
        """The number a reader of the books knows the line by: subsidiary code where there is one, else account."""
        return self.subsidiary.code if self.subsidiary else self.account


@dataclass(frozen=True, slots=True)
class Journal:
    """Code and name of a journal."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A supporting document as the platform announced it: what it claims to be, not yet what was fetched."""

    document_id: str
    file_name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision of one entry. Construction checks the rules of double entry and raises `EntryRefused`."""

    ref: EntryRef
    revision: int
    kind: EntryKind
    journal: Journal
    date: datetime.date
    label: str
    currency: str
    lines: tuple[Line, ...]
    due_date: datetime.date | None = None
    document_number: str | None = None
    invoice_number: str | None = None
    documents: tuple[Document, ...] = ()

    def __post_init__(self) -> None:
        if findings := list(_double_entry_findings(self.lines)):
            raise EntryRefused(findings)

    @property
    def total(self) -> Decimal:
        """Sum of the debits, which is the sum of the credits."""
        return sum((line.debit for line in self.lines), ZERO)


def _double_entry_findings(lines: tuple[Line, ...]) -> Iterable[Finding]:
    if not lines:
        yield Finding("no_lines", "lines")
        return
    for index, line in enumerate(lines):
        if line.debit and line.credit:
            yield Finding("both_sides", f"lines.{index}")
    debit = sum((line.debit for line in lines), ZERO)
    credit = sum((line.credit for line in lines), ZERO)
    if debit != credit:
        yield Finding("unbalanced", "lines", {"debit": str(debit), "credit": str(credit)})
