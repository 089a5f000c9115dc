"""An entry before the platform publishes it: what an accountant would have validated, without identity or links."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field

from qontable.entry import EntryKind
from qontable.events.base import DateText, Id, Part, Text
from qontable.events.platform import EntryContent, Origin, WireDocument, WireJournal, WireLine
from qontable.money import ZERO


class Draft(Part):
    """What an entry says. `key` names it for people: `JournalCode/EcritureNum`, unique within `series`.

    A series is one fiscal year's numbering. `document_name` is the file name of the document that comes with the
    entry; without one it comes alone.
    """

    key: Text
    kind: EntryKind
    journal: WireJournal
    date: DateText
    due_date: DateText | None = None
    label: Text
    document_number: Text | None = None
    invoice_number: Text | None = None
    currency: Text = "EUR"
    lines: tuple[WireLine, ...] = Field(min_length=1)
    origin: Origin | None = None
    document_name: Text | None = None
    series: Text = ""
    entry_id: Id | None = None

    def identity(self, file_id: str) -> str:
        """The entry's id in this client file: its own, or one that the same key of the same series always gets."""
        return self.entry_id or f"ent_{_short_hash(file_id, self.series, self.key)}"

    def content(self, firm_id: str, file_id: str, revision: int, documents: Sequence[WireDocument]) -> EntryContent:
        """The entry as it travels."""
        said = self.model_dump(mode="json", exclude={"key", "series", "document_name", "entry_id"})
        return EntryContent.model_validate(
            said
            | {"firm_id": firm_id, "file_id": file_id, "entry_id": self.identity(file_id)}
            | {"revision": revision, "documents": documents}
        )

    @property
    def total(self) -> Decimal:
        """Sum of the debits; the lines were made by us or read from a checked file."""
        return sum((Decimal(line.debit) for line in self.lines), ZERO)


def document_identity(file_id: str, entry_id: str, revision: int) -> str:
    """The id of the document that is made for a revision."""
    return f"doc_{_short_hash(file_id, entry_id, str(revision))}"


def file_identity(creation_id: str) -> str:
    """The id of the client file that answers a creation."""
    return f"fil_{_short_hash(creation_id)}"


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
