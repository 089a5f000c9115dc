"""What the Qonto platform says: firms and client files, validated entries, renewed document links."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from qontable.events.base import DateText, DecimalText, Event, Id, Instant, Part, Text, Version

RevisionNumber = Annotated[int, Field(ge=1, le=2_000_000_000)]


class Administrator(Part):
    """A firm's first administrator."""

    user_id: Id
    name: Text
    email: Text


class FirmCreated(Event):
    """A firm exists, with its first administrator. Compacted."""

    type_name: ClassVar[str] = "firm.created"
    firm_id: Id
    version: Version = 1
    name: Text
    siren: str | None = None
    administrator: Administrator

    @property
    def key(self) -> str:
        return self.firm_id


class FileCreated(Event):
    """A client file exists, or its name, SIREN or code changed. Compacted.

    `creation_id` is the `file.creation_requested` that it answers.
    """

    type_name: ClassVar[str] = "file.created"
    firm_id: Id
    file_id: Id
    version: Version = 1
    name: Text
    siren: str | None = None
    code: str | None = None
    creation_id: Id | None = None


class FileClosed(Event):
    """A client file ended. Compacted."""

    type_name: ClassVar[str] = "file.closed"
    firm_id: Id
    file_id: Id
    version: Version = 1
    closed_at: Instant


class Origin(Part):
    """What the entry was made from, e.g. a supplier invoice."""

    type: Text
    id: Text


class WireJournal(Part):
    code: Text
    label: Text = ""


class WireSubsidiary(Part):
    code: Text
    label: Text
    kind: Literal["supplier", "customer", "employee", "other"]
    siren: str | None = None
    vat_number: str | None = None


class WireForeign(Part):
    currency: Text
    debit: DecimalText
    credit: DecimalText
    rate: DecimalText | None = None


class WireAnalytic(Part):
    axis: Text
    section: Text
    amount: DecimalText


class WireVat(Part):
    rate: DecimalText


class WireLine(Part):
    account: Text
    account_label: Text = ""
    label: Text
    debit: DecimalText
    credit: DecimalText
    subsidiary: WireSubsidiary | None = None
    foreign: WireForeign | None = None
    analytic: tuple[WireAnalytic, ...] = ()
    vat: WireVat | None = None
    payment_method: Text | None = None


class WireDocument(Part):
    """A supporting document and the link under which the platform serves it until `url_expires_at`."""

    document_id: Id
    file_name: Text
    media_type: Text
    size: int = Field(alias="bytes", serialization_alias="bytes", ge=0, le=2**53)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    url: Text
    url_expires_at: Instant


class EntryContent(Part):
    """One revision of an entry as it travels: structure is checked here, accounting in `qontable.wire.read_entry`."""

    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: RevisionNumber
    kind: Literal["purchase", "sale", "expense_report", "bank", "miscellaneous"]
    origin: Origin | None = None
    journal: WireJournal
    date: DateText
    due_date: DateText | None = None
    label: Text
    document_number: Text | None = None
    invoice_number: Text | None = None
    currency: Text = "EUR"
    lines: tuple[WireLine, ...]
    documents: tuple[WireDocument, ...] = ()


class EntryValidated(EntryContent, Event):
    """The accountant validated this revision of this entry."""

    type_name: ClassVar[str] = "entry.validated"
    validated_by: Id
    validated_at: Instant

    @property
    def subject(self) -> str:
        return f"{self.entry_id}/{self.revision}"


class EntryReviewUndone(Event):
    """The accountant took back all revisions of an entry up to `revision`."""

    type_name: ClassVar[str] = "entry.review_undone"
    firm_id: Id
    file_id: Id
    entry_id: Id
    revision: RevisionNumber
    undone_by: Id
    undone_at: Instant

    @property
    def subject(self) -> str:
        return f"{self.entry_id}/{self.revision}"


class DocumentLinkRenewed(Event):
    """The platform's answer to `document.link_requested`: a fresh link, or why there is none."""

    type_name: ClassVar[str] = "document.link_renewed"
    firm_id: Id
    file_id: Id
    document_id: Id
    url: Text | None = None
    url_expires_at: Instant | None = None
    gone: bool = False
