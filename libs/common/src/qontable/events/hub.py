"""What the Hub says: connections, integrations of files, and what people asked for."""

from typing import ClassVar, Literal

from pydantic import Field

from qontable.events.base import DateText, Event, Id, Instant, Part, Text, Version
from qontable.events.platform import EntryContent

Frequency = Literal["real_time", "daily", "manual"]
Resolution = Literal["in_books", "not_in_books", "drop"]
"""What a person says of a delivery that nobody else can decide."""


class Sealed(Part):
    """Credentials that only a gateway can open (`qontable.vault`): a sealed box and the id of its key."""

    key_id: Id
    box: str


class Throttle(Part):
    """How often a connection may be called: `requests` per `seconds`, `concurrent` at a time (DESIGN 6)."""

    requests: int = Field(gt=0)
    seconds: float = Field(gt=0)
    concurrent: int = Field(gt=0)


class SoftwareFile(Part):
    """A file in the accounting software: its id there, and what helps to recognise it."""

    software_file_id: Id
    name: Text
    code: Text | None = None
    siren: Text | None = None


class ConnectionOptions(Part):
    """What the accountant chose for a connection (`qonto-domain.md` 2.3, 2.4)."""

    frequency: Frequency = "real_time"
    synchronize_accounts: bool = False
    parameters: dict[str, str] = Field(default_factory=dict)


class ConnectionCheckRequested(Event):
    """Try these sealed credentials, list the software files, test one file's prerequisites if it is named."""

    type_name: ClassVar[str] = "connection.check_requested"
    check_id: Id
    firm_id: Id
    connection_id: Id
    connector: Id
    sealed: Sealed
    throttle: Throttle | None = None
    parameters: dict[str, str] = Field(default_factory=dict)
    software_file_id: Id | None = None

    @property
    def key(self) -> str:
        return self.connection_id


class ConnectionChanged(Event):
    """A connection's whole state: options, throttle, sealed credentials. Compacted."""

    type_name: ClassVar[str] = "connection.changed"
    firm_id: Id
    connection_id: Id
    connector: Id
    version: Version
    enabled: bool
    sealed: Sealed
    options: ConnectionOptions = ConnectionOptions()
    throttle: Throttle | None = None

    @property
    def key(self) -> str:
        return self.connection_id


class FilePolicies(Part):
    """What is done for a file where the software leaves a choice, and the day up to which its books are closed.

    `ask_before_creating`: an entry that lacks an account waits for a person to let it be created, instead of coming
    back.
    """

    create_missing_accounts: bool = False
    ask_before_creating: bool = False
    possible_duplicates: Literal["ask", "send"] = "ask"
    missing_documents: Literal["warn", "hold"] = "warn"
    closed_until: DateText | None = None


class FileIntegrationChanged(Event):
    """A client file's whole tie to its software file. Without `connection_id` it is tied to none. Compacted.

    `before_send_from` says what becomes of entries dated before `send_from`: they wait, or are already in the books.
    """

    type_name: ClassVar[str] = "file.integration_changed"
    firm_id: Id
    file_id: Id
    version: Version
    connection_id: Id | None = None
    connector: Id | None = None
    software_file: SoftwareFile | None = None
    active: bool = False
    send_from: DateText | None = None
    before_send_from: Literal["wait", "already_in_books"] = "wait"
    journal_map: dict[str, str] = Field(default_factory=dict)
    policies: FilePolicies = FilePolicies()


class SyncRequested(Event):
    """Someone pressed Synchronize: entries of this file validated before `requested_at` leave."""

    type_name: ClassVar[str] = "sync.requested"
    firm_id: Id
    file_id: Id
    requested_at: Instant
    requested_by: Id


class FileCreationRequested(Event):
    """Someone wants a client file in Qonto for this software file, which has none.

    The platform answers with a `file.created` that names the creation; asked again under the same id, it creates no
    second one.
    """

    type_name: ClassVar[str] = "file.creation_requested"
    firm_id: Id
    creation_id: Id
    connection_id: Id
    connector: Id
    software_file: SoftwareFile
    requested_by: Id
    requested_at: Instant

    @property
    def key(self) -> str:
        return self.creation_id


class EntryCorrectionRequested(Event):
    """Someone corrected a returned entry in the Hub; the platform answers with `entry.validated`, revision + 1.

    `content` is the whole corrected entry with the revision it corrects, or nothing: validated again as it is. Date,
    journal, label, and the accounts, third parties and labels of lines may differ from that revision, nothing else. Its
    documents are that revision's, without their links, which are empty: the platform makes new ones of its own.
    """

    type_name: ClassVar[str] = "entry.correction_requested"
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: int
    content: EntryContent | None = None
    requested_by: Id
    requested_at: Instant


class EntryDuplicateAnswered(Event):
    """A person's answer on a possible duplicate: it is an invoice of its own and may leave.

    One that is the same invoice after all is taken back where it was validated (`entry.review_undone`).
    """

    type_name: ClassVar[str] = "entry.duplicate_answered"
    firm_id: Id
    file_id: Id
    entry_id: Id
    answer: Literal["distinct"]
    answered_by: Id
    answered_at: Instant


class EntryCreationAllowed(Event):
    """A person's answer where a file's policy asks: the accounts that this revision lacks may be created."""

    type_name: ClassVar[str] = "entry.creation_allowed"
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: int
    allowed_by: Id
    allowed_at: Instant


class DocumentResendRequested(Event):
    """The documents that a booked entry lacks are to be sent to the software after it."""

    type_name: ClassVar[str] = "document.resend_requested"
    firm_id: Id
    file_id: Id
    entry_id: Id
    delivery_id: Id
    requested_by: Id
    requested_at: Instant


class DeliveriesResumeRequested(Event):
    """Everything parked on this connection is to go on: sent if it surely was not, asked about if it may have been."""

    type_name: ClassVar[str] = "deliveries.resume_requested"
    firm_id: Id
    connection_id: Id
    requested_by: Id
    requested_at: Instant

    @property
    def key(self) -> str:
        return self.connection_id


class DeliveryResolutionRequested(Event):
    """A person's answer on a parked delivery: it is in the books, it is not, drop it."""

    type_name: ClassVar[str] = "delivery.resolution_requested"
    firm_id: Id
    file_id: Id
    entry_id: Id
    delivery_id: Id
    answer: Resolution
    requested_by: Id
    requested_at: Instant
