"""The texts of an entry within MyUnisoft's limits, and what was cut on the way.

Apart from the body, because what was cut has to be told again when an entry of unknown outcome is found in the books.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from gateways.domain.port import Parcel
from qontable.cutting import cut, cut_label
from qontable.entry import Entry, Line
from qontable.events.delivery import Cut
from qontable.sheet import Limit, Sheet


@dataclass(frozen=True, slots=True)
class Texts:
    """What leaves in place of the entry's own texts: one label per line, one name per document; `cuts` says where."""

    labels: tuple[str, ...]
    deadline: str
    piece: str
    invoice_number: str
    document_names: tuple[str, ...]
    cuts: tuple[Cut, ...]


def texts_of(parcel: Parcel, sheet: Sheet) -> Texts:
    """The parcel's texts by the limits of the sheet; always the same for the same parcel."""
    entry, writer = parcel.entry, _Writer(sheet)
    names = [document.kept.file_name for document in parcel.documents]
    return Texts(
        labels=tuple(writer.label(entry, line, f"lines.{index}.label") for index, line in enumerate(entry.lines)),
        deadline=writer.deadline(entry),
        piece=writer.shorten(entry.document_number or "", sheet.limits.piece, "document_number"),
        invoice_number=writer.shorten(entry.invoice_number or "", sheet.limits.invoice_number, "invoice_number"),
        document_names=tuple(
            writer.file_name(name, f"documents.{index}.file_name") for index, name in enumerate(names)
        ),
        cuts=tuple(writer.cuts),
    )


class _Writer:
    """Notes every text that leaves otherwise than it came."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.cuts: list[Cut] = []

    def label(self, entry: Entry, line: Line, where: str) -> str:
        """A line without a label has its entry's, and says so: MyUnisoft refuses an empty one (ECR42)."""
        text = line.label if line.label.strip() else entry.label
        return self._note(where, line.label, cut_label(text, self._sheet.limits.label_limit(entry.kind)).sent)

    def deadline(self, entry: Entry) -> str:
        """Required, and not before the entry's date, which it is by default (the sheet's `default_due_date`)."""
        due = entry.due_date or entry.date
        return self._note("due_date", due.isoformat(), max(due, entry.date).isoformat())

    def shorten(self, text: str, limit: Limit | None, where: str) -> str:
        """A number without what the limit does not admit; a letter with an accent keeps the letter."""
        plain = unicodedata.normalize("NFKD", text) if limit and limit.characters else text
        return self._note(where, text, cut_label(plain, limit).sent)

    def file_name(self, name: str, where: str) -> str:
        """What is cut of a document's name is its stem, so that its ending still says what it is."""
        limit = self._sheet.documents.max_name
        if len(name) <= limit:
            return name
        suffix = PurePath(name).suffix[:limit]
        return self._note(where, name, cut(name.removesuffix(suffix), limit - len(suffix)) + suffix)

    def _note(self, where: str, original: str, sent: str) -> str:
        if sent != original:
            self.cuts.append(Cut(where=where, original=original, sent=sent))
        return sent
