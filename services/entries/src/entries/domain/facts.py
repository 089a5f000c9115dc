"""What is known of an entry when it is judged: facts as they stand in the tables, nothing decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from qontable.entry import Entry, Finding
from qontable.events.delivery import DeliveryState, DocumentState, EntryDeliveryChanged, EntryStatus
from qontable.events.hub import FilePolicies, Frequency
from qontable.events.platform import EntryContent
from qontable.events.reference import ReferenceKind
from qontable.preflight import ReferenceState
from qontable.sheet import Sheet

EntryKey = tuple[str, str]
"""Client file and entry."""


def columns(keys: Sequence[EntryKey]) -> tuple[list[str], list[str]]:
    """Keys as the two arrays that a statement takes."""
    return [file_id for file_id, _ in keys], [entry_id for _, entry_id in keys]


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """The last delivery of an entry; `change` is the last thing a gateway said of it."""

    delivery_id: str
    revision: int
    open: bool
    state: DeliveryState
    recall_requested: bool
    recall_too_late: bool
    change: EntryDeliveryChanged | None


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """An entry's row: revisions known, undone, unread, returned and accepted, and what was last said (`visible`).

    `content_bytes` is the size of the newest revision's body.
    """

    firm_id: str
    file_id: str
    entry_id: str
    arrived: int
    ack_code: str
    revision: int
    undone_revision: int
    unread_revision: int
    returned_revision: int
    accepted_revision: int | None
    duplicate_key: bytes | None
    duplicate_answer: str | None
    creation_allowed_revision: int | None
    status: EntryStatus
    visible: dict[str, Any]
    version: int
    content_bytes: int
    traceparent: str | None
    delivery: DeliveryFacts | None

    @property
    def key(self) -> EntryKey:
        """File and entry."""
        return self.file_id, self.entry_id

    def as_booked(self) -> "EntryFacts":
        """The same with the revision in the books as the newest; of an entry that is in none, the same."""
        return self if self.accepted_revision is None else replace(self, revision=self.accepted_revision)

    @property
    def undone(self) -> bool:
        """Whether the newest revision was taken back."""
        return self.revision <= self.undone_revision

    @property
    def unread(self) -> bool:
        """Whether the newest revision was set aside, and has not come again in a form that could be read."""
        return self.revision == self.unread_revision

    @property
    def returned(self) -> bool:
        """Whether pre-flight returned the newest revision."""
        return self.revision == self.returned_revision


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A client file's tie to its software file, as far as it is known. Without `sheet` the connector is not.

    `connection_well` says whether the software could be asked lately; unheard of is well. Entries validated before
    `released_before` may leave: someone pressed Synchronize, or the evening has come.
    """

    closed: bool
    connection_id: str | None = None
    connector: str | None = None
    software_file_id: str | None = None
    active: bool = False
    connection_enabled: bool = False
    connection_well: bool = True
    frequency: Frequency = "manual"
    send_from: date | None = None
    before_send_from: Literal["wait", "already_in_books"] = "wait"
    journal_map: Mapping[str, str] = field(default_factory=dict)
    policies: FilePolicies = field(default_factory=FilePolicies)
    released_before: datetime | None = None
    sheet: Sheet | None = None
    has_reference_data: bool = False


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """One document of the newest revision: kept under `storage_key`, refused for `finding`, or still on its way."""

    document_id: str
    storage_key: str | None
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The last question for a kind of a file's reference data, and how many before it nobody had answered."""

    at: datetime
    in_vain: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Everything that the newest revision of an entry is judged by."""

    facts: EntryFacts
    content: EntryContent
    entry: Entry | None
    refused: tuple[Finding, ...]
    validated_at: datetime
    received_at: datetime
    file: FileFacts
    documents: tuple[DocumentFacts, ...]
    reference: ReferenceState
    asked: Mapping[ReferenceKind, Asked]
    possible_duplicate: bool

    @property
    def policies(self) -> FilePolicies:
        """The file's, where a person has let this revision's missing accounts be created with that leave."""
        if self.facts.creation_allowed_revision != self.facts.revision:
            return self.file.policies
        return self.file.policies.model_copy(update={"create_missing_accounts": True})

    @property
    def document_state(self) -> DocumentState:
        """Whether the documents are here."""
        if not self.documents:
            return "none"
        return "kept" if all(document.storage_key for document in self.documents) else "waiting"
