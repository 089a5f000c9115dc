"""What the stand-in platform said: every revision of an entry, and what became of each on the platform's side."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from qontable.entry import Entry, EntryRef, EntryRefused
from qontable.events.platform import EntryContent
from qontable.reference import entry_reference, reference_uuid
from qontable.wire import read_entry
from sandbox.domain.comparison import Expected

PublishedState = Literal["published", "withdrawn", "refused"]


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    """One revision as it is recorded when it is published. `key` names it for people: `JournalCode/EcritureNum`.

    `content` is `EntryContent` in wire form. `journal_code` is the software's journal where the file maps journals.
    `as_uuid` says that the software keeps references as UUIDs.
    """

    firm_id: str
    file_id: str
    entry_id: str
    revision: int
    connector: str
    software_file_id: str
    key: str
    content: dict[str, Any]
    documents: tuple[str, ...] = ()
    journal_code: str | None = None
    as_uuid: bool = False

    @property
    def reference(self) -> str:
        """How the software knows the entry."""
        reference = entry_reference(EntryRef(self.firm_id, self.file_id, self.entry_id))
        return str(reference_uuid(reference)) if self.as_uuid else reference


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision as the judge reads it back. `reason` says why it was refused."""

    revision: int
    state: PublishedState
    reason: str | None
    key: str
    content: dict[str, Any]
    documents: tuple[str, ...]
    journal_code: str | None

    def expected(self) -> Expected | None:
        """How it should stand in the books; nothing where it could never be an entry (unbalanced, impossible)."""
        entry = _read(self.content)
        if entry is None:
            return None
        return Expected(entry, self.documents, self.journal_code or entry.journal.code)


@dataclass(frozen=True, slots=True)
class History:
    """All published revisions of one entry of one software file, newest first; `mark` once it has been heard."""

    software_file_id: str
    reference: str
    mark: str | None
    revisions: list[Revision] = field(default_factory=list)

    @property
    def newest(self) -> Revision:
        """What holds now."""
        return self.revisions[0]

    @property
    def names(self) -> tuple[str, ...]:
        """What the software may know the entry by: the reference, or the mark."""
        return (self.reference, self.mark) if self.mark else (self.reference,)


def _read(content: dict[str, Any]) -> Entry | None:
    try:
        return read_entry(EntryContent.model_validate(content))
    except (ValidationError, EntryRefused):
        return None
