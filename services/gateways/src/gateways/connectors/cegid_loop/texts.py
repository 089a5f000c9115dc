"""The texts of an entry within Cegid Loop's limits, and what was changed on the way.

Apart from the body, because what was cut has to be told again when an entry is found in the books later.
"""

from dataclasses import dataclass

from gateways.domain.port import Parcel
from qontable.cutting import cut_code, cut_label
from qontable.entry import Entry, Line
from qontable.events.delivery import Cut
from qontable.reference import reference_uuid
from qontable.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Texts:
    """What leaves in place of the entry's own texts: a label and, for a third party, a code per line.

    `origin` is the `ecritureOrigine`: our reference as a UUID, the same for every revision. `piece` is the number by
    which the entry can be searched for; `cuts` says what leaves otherwise than it came.
    """

    origin: str
    labels: tuple[str, ...]
    third_parties: tuple[str | None, ...]
    piece: str
    reference: str | None
    cuts: tuple[Cut, ...]


def texts_of(parcel: Parcel, sheet: Sheet) -> Texts:
    """The parcel's texts by the limits of the sheet; always the same for the same parcel. Raises `TextRefused`."""
    entry, writer = parcel.entry, _Writer(sheet)
    labels = tuple(writer.label(entry, line, f"lines.{index}.label") for index, line in enumerate(entry.lines))
    codes = {line.subsidiary.code for line in entry.lines if line.subsidiary}
    third_parties = tuple(
        writer.code(line, codes, f"lines.{index}.subsidiary") for index, line in enumerate(entry.lines)
    )
    for index, line in enumerate(entry.lines):
        writer.drop_analytic(line, f"lines.{index}.analytic")
    return Texts(
        origin=str(reference_uuid(parcel.reference)),
        labels=labels,
        third_parties=third_parties,
        piece=writer.piece(parcel),
        reference=entry.document_number or entry.invoice_number,
        cuts=tuple(writer.cuts),
    )


class _Writer:
    """Notes every text that leaves otherwise than it came."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.cuts: list[Cut] = []

    def label(self, entry: Entry, line: Line, where: str) -> str:
        return self._note(where, line.label, cut_label(line.label, self._sheet.limits.label_limit(entry.kind)).sent)

    def code(self, line: Line, others: set[str], where: str) -> str | None:
        """Cut only where no other code becomes the same: here those of the entry, the file's were looked at before."""
        if line.subsidiary is None:
            return None
        code = line.subsidiary.code
        return self._note(where, code, cut_code(code, self._sheet.limits.subsidiary, others).sent)

    def piece(self, parcel: Parcel) -> str:
        """The invoice's number, else the document's; an entry without either has its ACK code, and says so."""
        number = parcel.entry.invoice_number or parcel.entry.document_number or ""
        return number or self._note("document_number", number, parcel.ack_code)

    def drop_analytic(self, line: Line, where: str) -> None:
        """How sections are written is not known (the sheet's `analytic_lines`): they stay behind, and say so."""
        if line.analytic:
            told = ", ".join(f"{share.axis}/{share.section} {share.amount}" for share in line.analytic)
            self._note(where, told, "")

    def _note(self, where: str, original: str, sent: str) -> str:
        if sent != original:
            self.cuts.append(Cut(where=where, original=original, sent=sent))
        return sent
