"""What becomes of an entry when it is looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from qontable.entry import Finding
from qontable.events.delivery import DocumentState, EntryStatus
from qontable.events.reference import ReferenceKind

Step = Literal["stay", "recall", "return", "accept", "dispatch"]
WaitReason = Literal[
    "file_closed",
    "mapping",
    "activation",
    "connection",
    "connector",
    "send_from",
    "reference_data",
    "reference_refresh",
    "documents",
    "missing_document",
    "fiscal_year",
    "duplicate_answer",
    "creation_answer",
    "synchronize",
    "evening",
    "open_delivery",
]

EVENTS_ALONE: frozenset[WaitReason] = frozenset(
    {
        "file_closed",
        "mapping",
        "activation",
        "connection",
        "connector",
        "send_from",
        "reference_data",
        "documents",
        "missing_document",
        "synchronize",
        "evening",
    }
)
"""Reasons that nothing ends but something that is said, and whoever notes it wakes those that wait for it, under a lock
that they share with evaluation. The others are looked at again by themselves: a refresh may stay unanswered, and of two
duplicates that are judged at once neither sees what becomes of the other."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When an entry is looked at again that only an event can move."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status, why, and the step that goes with it.

    `stay` changes nothing else; `recall` asks the gateway to leave the open delivery unsent; `return` gives this
    revision back to the accountant; `accept` counts it as being in the books; `dispatch` sends it. `ask` names the
    reference data to fetch first, `recheck_at` when to look again although nothing may have happened.
    """

    status: EntryStatus
    step: Step = "stay"
    detail: str | None = None
    waiting_for: tuple[WaitReason, ...] = ()
    findings: tuple[Finding, ...] = ()
    open_difference: bool = False
    documents: DocumentState | None = None
    ask: frozenset[ReferenceKind] = frozenset()
    recheck_at: datetime | None = None
