"""What becomes of an entry when it is looked at."""

from dataclasses import dataclass
from datetime import datetime
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
    "fiscal_year",
    "duplicate_answer",
    "synchronize",
    "evening",
    "open_delivery",
]


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
