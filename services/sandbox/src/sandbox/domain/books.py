"""The books of an accounting software: what a caller asks to be booked, and what stands in them afterwards.

Generic over vendors: a vendor's bodies are read into `NewEntry`, the judge reads `BookedEntry` back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


class ReferenceTaken(ValueError):
    """The software file keeps references unique, and this one is in its books."""


@dataclass(frozen=True, slots=True)
class SoftwareFile:
    """A client file in the software. `answers_with_entry` says whether a booking is answered with the entry,
    `books_as_draft` whether it lands among the drafts."""

    id: int
    connector: str
    firm: str
    code: str
    name: str
    siret: str | None
    unique_references: bool
    answers_with_entry: bool
    books_as_draft: bool


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a line that stands on one section of one analytic axis, by their codes."""

    axis: str
    section: str
    amount: Decimal

    @classmethod
    def read(cls, axis: str, section: str, amount: str) -> "Share":
        """A share as the books keep it, its amount as text."""
        return cls(axis, section, Decimal(amount))


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to be booked. `foreign_amount` is in `currency`; debit and credit are euros.

    `general` is the general account that the line itself names beside a third party's.
    """

    account_id: int
    label: str
    debit: Decimal
    credit: Decimal
    due_date: date
    piece: str | None
    invoice_number: str | None
    currency: str
    foreign_amount: Decimal | None
    analytic: tuple[Share, ...]
    general: str | None = None


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be attached: to a line where `line` says which (from 0), else to the entry."""

    name: str
    media_type: str
    size: int
    sha256: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be booked, or to be put among the `pending` ones.

    `label` is the entry's own where the software has one; look-ups show the entry after `hidden_seconds`.
    """

    software_file_id: int
    pending: bool
    reference: str | None
    unique_reference: bool
    journal_id: int
    date: date
    metadata: str | None
    comment: str | None
    lines: tuple[NewLine, ...]
    documents: tuple[NewDocument, ...]
    label: str | None = None
    hidden_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A line as it stands in the books, with its account's number; `collective` is the general account of a third
    party's."""

    id: int
    account_id: int
    account: str
    account_label: str
    collective: str | None
    label: str
    debit: Decimal
    credit: Decimal
    due_date: date
    piece: str | None
    invoice_number: str | None
    currency: str
    foreign_amount: Decimal | None
    analytic: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class BookedDocument:
    """A document as it stands in the books."""

    id: int
    line: int | None
    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """An entry as it stands in the books, lines in their order."""

    id: int
    software_file_id: int
    pending: bool
    reference: str | None
    journal_id: int
    journal_code: str
    journal_name: str
    journal_type: str
    date: date
    metadata: str | None
    comment: str | None
    label: str | None
    booked_at: datetime
    lines: tuple[BookedLine, ...]
    documents: tuple[BookedDocument, ...]
