"""A batch: the entries that go into one import file, and what becomes of them together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from qontable.events.delivery import DocumentState, EntryDeliveryChanged, SoftwareMessage
from qontable.events.export import ExportedFile, ExportOpened
from qontable.topics import EXPORT

BatchState = Literal["gathering", "written", "stopped", "recalled"]
EntryState = Literal["queued", "confirmed", "recalled"]
ENDS: dict[BatchState, EntryState] = {"written": "confirmed", "stopped": "recalled", "recalled": "recalled"}
"""What becomes of a batch's entries when it ends."""

TAKEN_BACK = SoftwareMessage.of_ours(
    "export_recalled",
    {
        "fr": "Le fichier d'import n'a pas été écrit : une de ses écritures a été reprise, ou cela durait trop.",
        "en": "The import file was not written: one of its entries was taken back, or it took too long.",
    },
    {
        "fr": "Rien n'est perdu : les écritures sont de nouveau prêtes. Demandez l'export une nouvelle fois.",
        "en": "Nothing is lost: the entries are ready again. Ask for the export once more.",
    },
)
STOPPED = SoftwareMessage.of_ours(
    "export_stopped",
    {
        "fr": "Le fichier d'import n'a pas été écrit : son rapport dit ce qui s'y oppose.",
        "en": "The import file was not written: its report says what stands in the way.",
    },
    {
        "fr": "Corrigez ce que le rapport d'export signale, puis demandez l'export une nouvelle fois.",
        "en": "Correct what the report of the export says, then ask for the export once more.",
    },
)
CLOSED = SoftwareMessage.of_ours(
    "export_recalled",
    {
        "fr": "Le fichier d'import était écrit avant que cette écriture n'arrive : elle n'y est pas.",
        "en": "The import file had been written before this entry came: it is not in it.",
    },
    TAKEN_BACK.remedy,
)
WORDS: dict[BatchState, SoftwareMessage] = {"stopped": STOPPED, "recalled": TAKEN_BACK, "written": CLOSED}
"""Why an entry comes back from a batch that ended so."""


class Abandoned(Exception):
    """Nobody wants this file any more: it was taken back, or somebody else writes it or wrote it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as its row says. Without `opened` nobody has said yet what is to be written."""

    export_id: str
    firm_id: str
    file_id: str
    again: bool
    state: BatchState
    opened: ExportOpened | None
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A delivery of a batch, as its row says."""

    delivery_id: str
    export_id: str
    firm_id: str
    file_id: str
    entry_id: str
    revision: int
    has_documents: bool
    documents_sent: bool
    traceparent: str | None
    state: EntryState
    version: int

    def event(self, batch: Batch, moment: datetime) -> EntryDeliveryChanged:
        """The delivery's state as entries hears it."""
        return EntryDeliveryChanged(
            delivery_id=self.delivery_id,
            firm_id=self.firm_id,
            file_id=self.file_id,
            entry_id=self.entry_id,
            revision=self.revision,
            connector=EXPORT,
            connection_id=EXPORT,
            version=self.version,
            state=self.state,
            documents=self._documents,
            message=WORDS.get(batch.state) if self.state == "recalled" else None,
            changed_at=moment,
        )

    @property
    def _documents(self) -> DocumentState:
        if not self.has_documents:
            return "none"
        return "sent" if self.documents_sent else "kept"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of an ended batch, and where it lies in storage."""

    file: ExportedFile
    storage_key: str
