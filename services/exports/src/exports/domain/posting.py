"""A line of an entry as a format writes it: every text fitted, every amount on its side, and the values by name.

`SOURCES` is the list of names that layouts may use for their fields.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from exports.domain.book import BookEntry, BookLine
from qontable.flatfile.rows import Shared
from qontable.money import ZERO

PAYMENT_LABELS = {
    "VIR": "Virement",
    "PRE": "Prelevement",
    "LCR": "LCR",
    "CB": "Carte bancaire",
    "CHQ": "Cheque",
    "CSH": "Especes",
}
"""The payment codes of the reference product's file (facts, section 19) and the label that it has for each."""

TRANSACTIONS = {
    "purchase": "supplier_invoice",
    "sale": "customer_invoice",
    "expense_report": "expense_report",
    "bank": "bank_transaction",
    "miscellaneous": "general_entry",
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an export is told besides the book: nothing in a file comes from the clock (rule 7 of the facts).

    `first_number` is the number of the first entry where the format numbers them; `account_length` pads general
    accounts where the software's file has a fixed length.
    """

    exported_on: datetime
    company: str
    folder: str = ""
    first_number: int = 1
    account_length: int = 0
    year_start: date | None = None
    year_end: date | None = None


class Head(NamedTuple):
    """What the lines of one entry share, fitted. `number` is its number in the file, `document` its document's name."""

    entry: BookEntry
    number: int
    journal: str
    journal_label: str
    reference: str
    document_number: str
    invoice_number: str
    document: str
    parameters: Parameters


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The accounts of a line as the file names them. One object stands for all lines with the same ones, so that
    what depends on them alone is spelled once."""

    account: str
    account_label: str
    subsidiary: str
    subsidiary_label: str

    @property
    def posted(self) -> str:
        """Where the line is booked by a software with one account field."""
        return self.subsidiary or self.account

    @property
    def posted_label(self) -> str:
        """The name of that account."""
        return self.subsidiary_label if self.subsidiary else self.account_label


class Posting(NamedTuple):
    """One line ready to be written: texts fitted, amounts on their side. `rank` counts the file's lines from 1.

    `usual` is a line in euros without letter, payment or shares: the values of `RARE` are the same for all of them.
    """

    head: Head
    line: BookLine
    line_number: int
    rank: int
    label: str
    names: Names
    debit: Decimal
    credit: Decimal
    foreign_debit: Decimal
    foreign_credit: Decimal
    usual: bool

    @property
    def amount(self) -> Decimal:
        return self.debit or self.credit

    @property
    def on_debit(self) -> bool:
        """The line's side. One without amount counts as a debit, as the software seen do."""
        return bool(self.debit) or not self.credit


Source = Callable[[Posting], Any]


def _third_party(value: Source) -> Source:
    """Only on the lines of a third party: a due date elsewhere says nothing."""
    return lambda posting: value(posting) if posting.names.subsidiary else None


def _foreign(value: Source) -> Source:
    return lambda posting: value(posting) if posting.line.currency else None


def _foreign_amount(posting: Posting) -> Decimal:
    return posting.foreign_debit - posting.foreign_credit


SOURCES: dict[str, Source] = {
    "journal": attrgetter("head.journal"),
    "journal_label": attrgetter("head.journal_label"),
    "number": attrgetter("head.number"),
    "rank": attrgetter("rank"),
    "date": attrgetter("head.entry.date"),
    "piece_date": lambda posting: posting.head.entry.piece_date or posting.head.entry.date,
    "validated_or_date": lambda posting: posting.head.entry.validated_on or posting.head.entry.date,
    "due_date": _third_party(attrgetter("head.entry.due_date")),
    "entry_due_date": attrgetter("head.entry.due_date"),
    "account": attrgetter("names.account"),
    "account_label": attrgetter("names.account_label"),
    "subsidiary": attrgetter("names.subsidiary"),
    "subsidiary_label": attrgetter("names.subsidiary_label"),
    "posted_account": attrgetter("names.posted"),
    "posted_label": attrgetter("names.posted_label"),
    "label": attrgetter("label"),
    "reference": attrgetter("head.reference"),
    "debit": attrgetter("debit"),
    "credit": attrgetter("credit"),
    "amount": lambda posting: posting.debit or posting.credit,
    "side": lambda posting: "C" if posting.credit and not posting.debit else "D",
    "side_number": lambda posting: "0" if posting.on_debit else "1",
    "currency": attrgetter("line.currency"),
    "currency_or_euro": lambda posting: posting.line.currency or "EUR",
    "foreign_debit": _foreign(attrgetter("foreign_debit")),
    "foreign_credit": _foreign(attrgetter("foreign_credit")),
    "foreign_amount": _foreign(_foreign_amount),
    "original_debit": lambda posting: posting.foreign_debit if posting.line.currency else posting.debit,
    "original_credit": lambda posting: posting.foreign_credit if posting.line.currency else posting.credit,
    "original_amount": lambda posting: (
        (posting.foreign_debit or posting.foreign_credit) if posting.line.currency else posting.amount
    ),
    "rate": lambda posting: posting.line.rate if posting.line.currency else Decimal(1),
    "lettering": attrgetter("line.lettering"),
    "lettering_date": attrgetter("line.lettering_date"),
    "payment_code": attrgetter("line.payment_code"),
    "payment_label": lambda posting: PAYMENT_LABELS.get(posting.line.payment_code, ""),
    "document": attrgetter("head.document"),
    "ack_code": attrgetter("head.entry.ack_code"),
    "transaction": lambda posting: TRANSACTIONS[posting.head.entry.kind],
    "line_number": attrgetter("line_number"),
    "reference_or_number": lambda posting: posting.head.reference or str(posting.head.number),
    "document_number": attrgetter("head.document_number"),
    "invoice_number": attrgetter("head.invoice_number"),
    "account_type": lambda posting: "A" if posting.names.subsidiary else "G",
    "third_party_mark": lambda posting: "X" if posting.names.subsidiary else "",
    "year_start": attrgetter("head.parameters.year_start"),
    "year_end": attrgetter("head.parameters.year_end"),
    "exported_on": attrgetter("head.parameters.exported_on"),
    "company": attrgetter("head.parameters.company"),
    "folder": attrgetter("head.parameters.folder"),
}


COMMON = frozenset(
    {
        "journal",
        "journal_label",
        "number",
        "date",
        "piece_date",
        "validated_or_date",
        "entry_due_date",
        "reference",
        "reference_or_number",
        "document_number",
        "invoice_number",
        "document",
        "ack_code",
        "transaction",
        "exported_on",
        "company",
        "folder",
        "year_start",
        "year_end",
        "nature",
        "journal_3",
        "document_kind",
    }
)
"""Values that all lines of an entry have in common, formats' own among them."""
NAMED = frozenset(
    {
        "account",
        "account_label",
        "subsidiary",
        "subsidiary_label",
        "posted_account",
        "posted_label",
        "account_type",
        "third_party_mark",
        "folder_account",
    }
)
"""Values that depend on a line's accounts alone."""
RARE = frozenset(
    {
        "currency",
        "currency_or_euro",
        "foreign_debit",
        "foreign_credit",
        "foreign_amount",
        "rate",
        "lettering",
        "lettering_date",
        "payment_code",
        "payment_label",
        "amount_code",
        "euro_amount",
        "foreign_rate",
        "lettering_2",
        "foreign",
    }
)
"""Values that are the same for all usual lines."""
SHARED: Shared[Posting] = Shared(COMMON, NAMED | RARE, lambda posting: posting.names if posting.usual else None)
"""What need not be spelled for each line: what its entry's lines share, and for usual lines what its accounts say."""


def turned(debit: Decimal, credit: Decimal) -> tuple[Decimal, Decimal]:
    """The same amounts without a sign: what is negative on one side stands on the other."""
    if debit >= 0 and credit >= 0:
        return debit, credit
    balance = debit - credit
    return (balance, ZERO) if balance >= 0 else (ZERO, -balance)
