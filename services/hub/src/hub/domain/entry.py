"""What accountants see of an entry: its line in a list, its life, its tries."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qontable.events.delivery import (
    Cut,
    DeliveryState,
    DocumentState,
    EntryStatus,
    EntryStatusChanged,
    SoftwareMessage,
    StatusFinding,
)

UNDECIDED: tuple[DeliveryState, ...] = ("unknown", "missing", "parked")
"""Delivery states in which nobody knows yet whether the entry is in the books."""
ANSWERABLE: tuple[DeliveryState, ...] = ("parked", "missing")
"""Of these, the ones that wait for a person's answer: the gateways ask about the others themselves, where they can."""
CORRECTABLE: tuple[EntryStatus, ...] = ("to_verify", "ready")
PLATFORM_PATIENCE = datetime.timedelta(minutes=10)
"""How long a corrected revision waits for the platform's answer before it may be corrected once more."""
_MAX_SHOWN, _MAX_CODE = 500, 80


Code = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]


class EntryFilter(BaseModel):
    """What entries of a file are looked for by. What is not named does not matter; ranges hold both their ends.

    `account` is the beginning of an account's number or of a third party's code that one of the entry's lines names;
    `third_party` and `invoice_number` are parts of what the list shows, a piece's number being as good as an invoice's;
    `q` of either, of the label or of the entry's id. Of a long text the beginning counts (160 letters of a label, 60 of
    a third party, 40 of a number).
    """

    model_config = ConfigDict(extra="forbid")

    status: EntryStatus | None = None
    delivery_state: DeliveryState | None = None
    waiting_for: Code | None = None
    journal: Code | None = None
    kind: Code | None = None
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    cause: Code | None = None
    account: Code | None = None
    third_party: Code | None = None
    invoice_number: Code | None = None
    documents: DocumentState | None = None
    open_difference: bool | None = None
    detail: Code | None = None
    q: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")] | None = None


class Entry(BaseModel):
    """An entry's line. `cause` is what the refusals of one reason have in common."""

    entry_id: str
    revision: int
    version: int
    status: EntryStatus
    detail: str | None
    waiting_for: list[str]
    findings: list[StatusFinding]
    message: SoftwareMessage | None
    cause: str | None
    delivery_id: str | None
    delivery_state: DeliveryState | None
    documents: DocumentState
    software_entry_id: str | None
    open_difference: bool
    cuts: list[Cut]
    kind: str | None
    journal: str | None
    date: datetime.date | None
    label: str | None
    amount: Decimal | None
    currency: str | None
    document_number: str | None
    invoice_number: str | None
    third_party: str | None
    changed_at: datetime.datetime
    corrected_revision: int | None
    corrected_at: datetime.datetime | None
    corrected_by: str | None


def is_asked(entry: Entry) -> bool:
    """Whether the platform was asked for a new revision of this one, and has not answered."""
    return entry.status in CORRECTABLE and entry.corrected_revision == entry.revision


def awaits_platform(entry: Entry, at: datetime.datetime) -> bool:
    """Whether the platform's answer is still waited for: until then, nobody asks again.

    A request that the platform sets aside is never answered.
    """
    return is_asked(entry) and entry.corrected_at is not None and at < entry.corrected_at + PLATFORM_PATIENCE


class Moment(BaseModel):
    """One step in an entry's life, as it was said; `said` holds what the status event held beside the summary."""

    version: int
    revision: int
    status: EntryStatus
    changed_at: datetime.datetime
    said: dict[str, Any]


class Attempt(BaseModel):
    """One try at the software, redacted; a large body lies in storage under `payload_key`."""

    delivery_id: str
    attempt: int
    operation: Literal["send", "find", "verify"]
    revision: int
    outcome: str
    http_status: int | None
    request_id: str | None
    request_sha256: str | None
    payload_key: str | None
    message: SoftwareMessage | None
    started_at: datetime.datetime
    finished_at: datetime.datetime


class EntryLife(BaseModel):
    """One entry with all that happened to it, latest first."""

    entry: Entry
    summary: dict[str, Any]
    history: list[Moment]
    attempts: list[Attempt]


class CauseCount(BaseModel):
    """How many entries to verify came back for one reason."""

    cause: str
    entries: int


@dataclass(frozen=True, slots=True)
class Cause:
    """What entries to verify came back for, with one entry of each of its wordings: those of most entries, first.

    One cause is told of one entry in other words than of the next, where the words name an account or a date. Of
    `entries`, the platform is not asked for `open` ones yet; their wordings, `open_wordings` of all, come first.
    """

    cause: str
    entries: int
    open: int
    wordings: int
    open_wordings: int
    samples: tuple[Entry, ...]

    @property
    def open_samples(self) -> tuple[Entry, ...]:
        """One entry of each wording of the open ones, as far as there are samples."""
        return self.samples[: self.open_wordings]

    @property
    def remedies(self) -> list[dict[str, str]]:
        """What to do about the open ones, each thing once."""
        found = []
        for entry in self.open_samples:
            remedy = entry.message.remedy if entry.message else entry.findings[0].remedy
            if remedy and remedy not in found:
                found.append(remedy)
        return found


class WaitCount(BaseModel):
    """How many entries that are ready to sync wait for one thing: the file's one notice of it."""

    waiting_for: str
    entries: int


class EntryCounts(BaseModel):
    """Figures of a file's tabs, the causes among what is to verify and what the others wait for, most frequent first.

    Whoever shows a notice shows one per line of `causes` and `waits`, however many entries share it (DESIGN 5).
    """

    tabs: dict[EntryStatus, int]
    causes: list[CauseCount]
    waits: list[WaitCount]


@dataclass(frozen=True, slots=True)
class Summary:
    """The columns by which entries are listed and found, read from what `entry.status_changed` sums up.

    The whole summary is kept beside them. A value that is no such thing (an impossible date is itself a finding) leaves
    its column empty: it is shown from the summary, and not searched.
    """

    kind: str | None
    journal: str | None
    date: datetime.date | None
    label: str | None
    amount: Decimal | None
    currency: str | None
    document_number: str | None
    invoice_number: str | None
    third_party: str | None


def read_summary(summary: Mapping[str, Any]) -> Summary:
    """The listed columns of a summary."""
    return Summary(
        kind=_text(summary.get("kind"), _MAX_CODE),
        journal=_text(summary.get("journal"), _MAX_CODE),
        date=_date(summary.get("date")),
        label=_text(summary.get("label")),
        amount=_amount(summary.get("amount")),
        currency=_text(summary.get("currency")),
        document_number=_text(summary.get("document_number")),
        invoice_number=_text(summary.get("invoice_number")),
        third_party=_text(summary.get("third_party")),
    )


def cause_of(event: EntryStatusChanged) -> str | None:
    """What the entry came back for: the category of the software's message, else our first finding."""
    if event.status != "to_verify":
        return None
    if event.message:
        return event.message.category
    return event.findings[0].code if event.findings else None


def _text(value: Any, most: int = _MAX_SHOWN) -> str | None:
    return value[:most] if isinstance(value, str) and value else None


def _date(value: Any) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and abs(amount.adjusted()) < 30 else None
