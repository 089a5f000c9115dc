"""An entry on its way: dispatched, tried, answered, and what the accountant sees of it."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from qontable.bilingual import Language, Told
from qontable.events.base import Event, Id, Instant, Part, Text, Version
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent

DeliveryState = Literal[
    "queued", "sending", "handed_over", "confirmed", "rejected", "unknown", "missing", "parked", "recalled", "too_late"
]
DocumentState = Literal["none", "waiting", "kept", "sent", "missing"]
EntryStatus = Literal["to_verify", "ready", "sending", "synchronized", "withdrawn"]
OPEN_DELIVERY_STATES: tuple[DeliveryState, ...] = ("queued", "sending", "handed_over", "unknown", "missing", "parked")


_Texts = Mapping[str, str] | Mapping[Language, str]


class KeptDocument(Part):
    """A document in object storage: where it lies, and what its bytes are (type by content, hash)."""

    document_id: Id
    file_name: Text
    media_type: Text
    size: int
    sha256: str
    storage_key: Text


class Batch(Part):
    """The export that a dispatch belongs to, and how many dispatches it has.

    `again` says that the entry was in the books before: what becomes of this copy changes nothing about it.
    """

    export_id: Id
    size: int = Field(ge=1)
    again: bool = False


class EntryDispatched(Event):
    """This revision leaves now, for one software file, with its per-file sequence. One open delivery per entry.

    One for an import file (connector `export`) names its batch.
    """

    type_name: ClassVar[str] = "entry.dispatched"
    delivery_id: Id
    connector: Id
    connection_id: Id
    firm_id: Id
    file_id: Id
    software_file: Id
    sequence: int
    reference: Text
    ack_code: Text
    entry: EntryContent
    documents: tuple[KeptDocument, ...] = ()
    journal_code: Text
    policies: FilePolicies = FilePolicies()
    dispatched_at: Instant
    validated_at: Instant | None = None
    issue: int = 1
    batch: Batch | None = None

    @property
    def topic(self) -> str:
        return f"{self.type_name}.{self.connector}"

    @property
    def subject(self) -> str:
        return f"{self.entry.entry_id}/{self.entry.revision}"


class EntryRecallRequested(Event):
    """Do not send this delivery if you have not."""

    type_name: ClassVar[str] = "entry.recall_requested"
    firm_id: Id
    file_id: Id
    entry_id: Id
    delivery_id: Id
    connector: Id
    connection_id: Id
    requested_at: Instant


class SoftwareMessage(Part):
    """What the software answered: its code and words as they were, our category, and what to do about it.

    With `ours` it has said nothing, and this is our own sentence in both languages: nobody quotes it as the software's.
    """

    category: Id
    code: Text | None = None
    text: Text = ""
    remedy: Told = Field(default_factory=dict)
    ours: Told = Field(default_factory=dict)

    @classmethod
    def of_ours(cls, category: str, said: _Texts, remedy: _Texts) -> "SoftwareMessage":
        """A sentence of ours. `text` has it in English, for readers of one language."""
        return cls(category=category, text=said["en"], remedy={**remedy}, ours={**said})


class Cut(Part):
    """A text that was shortened by declared policy before it left: where, from what, to what."""

    where: Text
    original: Text
    sent: Text


class EntryDeliveryChanged(Event):
    """A delivery's whole state at `version`; readers keep the highest version.

    Version 0 is said of a delivery that no gateway took, whose first word is version 1; of such a one no more may be
    known than whose it is.
    """

    type_name: ClassVar[str] = "entry.delivery_changed"
    delivery_id: Id
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: int | None = None
    connector: Id | None = None
    connection_id: Id | None = None
    version: Version
    state: DeliveryState
    documents: DocumentState = "none"
    software_entry_id: Text | None = None
    message: SoftwareMessage | None = None
    cuts: tuple[Cut, ...] = ()
    attempts: int = 0
    next_attempt_at: Instant | None = None
    changed_at: Instant

    @property
    def subject(self) -> str:
        return f"{self.entry_id}/{self.revision}" if self.revision else self.entry_id


class EntryAttempted(Event):
    """One try of one delivery, redacted; a large body lies in storage under `payload_key`."""

    type_name: ClassVar[str] = "entry.attempted"
    delivery_id: Id
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: int
    attempt: int
    operation: Literal["send", "find", "verify"]
    outcome: Id
    http_status: int | None = None
    request_id: Text | None = None
    request_sha256: str | None = None
    payload_key: Text | None = None
    message: SoftwareMessage | None = None
    started_at: Instant
    finished_at: Instant


class StatusFinding(Part):
    """A finding as the accountant reads it, in both languages."""

    code: Id
    where: Text = ""
    message: dict[str, str]
    remedy: dict[str, str] = Field(default_factory=dict)


class EntryStatusChanged(Event):
    """What the accountant sees of an entry at `version`; readers keep the highest version."""

    type_name: ClassVar[str] = "entry.status_changed"
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: int
    version: Version
    status: EntryStatus
    detail: Id | None = None
    waiting_for: tuple[Id, ...] = ()
    findings: tuple[StatusFinding, ...] = ()
    message: SoftwareMessage | None = None
    delivery_id: Id | None = None
    delivery_state: DeliveryState | None = None
    documents: DocumentState = "none"
    software_entry_id: Text | None = None
    open_difference: bool = False
    cuts: tuple[Cut, ...] = ()
    summary: dict[str, Any] = Field(default_factory=dict)
    changed_at: Instant

    @property
    def subject(self) -> str:
        return f"{self.entry_id}/{self.revision}"


class DocumentLinkRequested(Event):
    """A link ended before the document was kept: the platform is asked for a fresh one."""

    type_name: ClassVar[str] = "document.link_requested"
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: int
    document_id: Id
    requested_at: Instant
