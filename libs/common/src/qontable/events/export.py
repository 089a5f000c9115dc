"""Import files: which formats there are, what was asked for, and what came of it."""

from typing import ClassVar, Literal

from pydantic import Field

from qontable.events.base import DateText, DecimalText, Event, Id, Instant, Part, Text, Version
from qontable.events.delivery import StatusFinding

Need = Literal["siren", "fiscal_year"]
Outcome = Literal["written", "stopped", "recalled"]
NOT_WRITTEN = frozenset({"export_stopped", "export_recalled"})
"""The categories under which entries come back that were to go into a file which was not written. That is nobody's
refusal: they are ready again."""


class FormatLimit(Part):
    """How long a text of this role may be in a format, what happens beyond, and how well that is known."""

    role: Id
    max: int = Field(gt=0)
    overflow: Id
    evidence: Id


class FormatAnnounced(Event):
    """An import file can be written in this format; what a person should know before. Compacted.

    `softwares` are the names by which people look for it, those that try it first before the others. `needs` names what
    an export has to be told.
    """

    type_name: ClassVar[str] = "format.announced"
    format: Id
    version: Version
    title: Text
    file_name: Text
    softwares: tuple[Id, ...] = ()
    first_for: tuple[Id, ...] = ()
    limits: tuple[FormatLimit, ...] = ()
    max_lines: int | None = None
    documents: bool = False
    needs: tuple[Need, ...] = ()

    @property
    def key(self) -> str:
        return self.format


class ExportOrder(Part):
    """Everything that decides an import file besides its entries: the same order and entries give the same bytes.

    The period includes both its ends; an absent end is open. `again` asks for what is in the books already, and changes
    nothing about it.
    """

    format: Id
    with_documents: bool = True
    again: bool = False
    first: DateText | None = None
    last: DateText | None = None
    company: Text
    siren: Text | None = None
    folder: Text = ""
    account_length: int = Field(0, ge=0, le=20)
    year_start: DateText | None = None
    year_end: DateText | None = None
    journal_map: dict[str, str] = Field(default_factory=dict)


class ExportRequested(Event):
    """Someone wants an import file of a client file's ready entries. The same `export_id` twice is one export."""

    type_name: ClassVar[str] = "export.requested"
    export_id: Id
    firm_id: Id
    file_id: Id
    order: ExportOrder
    requested_by: Id
    requested_at: Instant


class ExportOpened(Event):
    """Entries of an export were chosen: `size` dispatches to `export` name it, and no more will.

    `left_out` counts those of the period that stay where they are, by reason. A batch that is not whole at the deadline
    is taken back.
    """

    type_name: ClassVar[str] = "export.opened"
    export_id: Id
    firm_id: Id
    file_id: Id
    order: ExportOrder
    size: int = Field(ge=0)
    left_out: dict[str, int] = Field(default_factory=dict)
    requested_at: Instant
    deadline: Instant


class ExportedFile(Part):
    """A file of a batch, to be had from exports by a signed link."""

    name: Text
    media_type: Text
    size: int
    sha256: str


class ExportCompleted(Event):
    """A batch has ended: its files, or why nothing was written. Reports are files too, also of a stopped batch.

    `findings` are the first ones, what stopped the batch before the rest; `counts` says how many there are of each.
    """

    type_name: ClassVar[str] = "export.completed"
    export_id: Id
    firm_id: Id
    file_id: Id
    outcome: Outcome
    files: tuple[ExportedFile, ...] = ()
    entries: int = 0
    lines: int = 0
    documents: int = 0
    debit: DecimalText = "0.00"
    credit: DecimalText = "0.00"
    findings: tuple[StatusFinding, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)
    left_out: dict[str, int] = Field(default_factory=dict)
    completed_at: Instant
