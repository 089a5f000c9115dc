"""A delivery: the work of getting one entry into one software file, as far as the gateways are concerned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from qontable.events.delivery import Cut, DocumentState, EntryDeliveryChanged, SoftwareMessage

State = Literal["queued", "sending", "handed_over", "confirmed", "rejected", "unknown", "missing", "parked", "recalled"]
CLOSED: frozenset[State] = frozenset({"confirmed", "rejected", "recalled"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row: who it is for, where it stands, and every number on which its next step depends.

    `settled_at` is set once an attempt left us in doubt: only a "not found" asked later counts. `orphan_slot` names
    the owner of an attempt that nobody answered for, and `owner_dead` whether that owner is proven dead.
    `contradictions` counts the times that the software refused the reference as taken. `batch` is how many entries left
    together with it, itself included; while it is queued, with how many it may leave at most (None: as many as the
    software takes). `refusal` is what the software said of a job that it refused as a whole, until it is known what the
    job booked. `due_at` is when a lane has to
    act; nothing while it is closed or a person's turn.
    """

    delivery_id: str
    firm_id: str
    file_id: str
    entry_id: str
    revision: int
    connector: str
    connection_id: str
    software_file: str
    sequence: int
    state: State
    version: int
    queued_at: datetime
    changed_at: datetime
    due_at: datetime | None = None
    document_state: DocumentState = "none"
    software_entry_id: str | None = None
    message: SoftwareMessage | None = None
    cuts: tuple[Cut, ...] = ()
    handle: str | None = None
    handed_over_at: datetime | None = None
    batch: int | None = None
    refusal: SoftwareMessage | None = None
    attempts: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    absences: int = 0
    contradictions: int = 0
    settled_at: datetime | None = None
    orphan_slot: str | None = None
    orphan_run: UUID | None = None
    owner_dead: bool = False
    recall_requested: bool = False
    traceparent: str | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the software may have the entry without our knowing."""
        return self.settled_at is not None

    def event(self, state: Literal["too_late"] | None = None) -> EntryDeliveryChanged:
        """What the house hears of this state; a recall that came too late is told by the state given."""
        return EntryDeliveryChanged(
            delivery_id=self.delivery_id,
            firm_id=self.firm_id,
            file_id=self.file_id,
            entry_id=self.entry_id,
            revision=self.revision,
            connector=self.connector,
            connection_id=self.connection_id,
            version=self.version,
            state=state or self.state,
            documents=self.document_state,
            software_entry_id=self.software_entry_id,
            message=self.message,
            cuts=self.cuts,
            attempts=self.attempts,
            next_attempt_at=self.due_at if self.state in ("queued", "unknown", "handed_over") else None,
            changed_at=self.changed_at,
        )
