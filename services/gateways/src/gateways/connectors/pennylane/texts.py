"""The texts of an entry within Pennylane's limits: the mark by which it is found again, and what was left out.

Apart from the body, because what was cut has to be told again when an entry of unknown outcome is found in the books.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from gateways.domain.port import Parcel
from qontable.cutting import cut, cut_label
from qontable.entry import Line
from qontable.events.delivery import Cut
from qontable.money import format_amount
from qontable.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Texts:
    """What leaves in place of the entry's own texts: its label with the mark, labels of lines, names of documents."""

    label: str
    line_labels: tuple[str, ...]
    document_names: tuple[str, ...]
    cuts: tuple[Cut, ...]


def mark_of(ack_code: str) -> str:
    """The mark of an entry: the house's form for software that keeps no reference of ours."""
    return f"(#{ack_code}#)"


def texts_of(parcel: Parcel, sheet: Sheet) -> Texts:
    """The parcel's texts by the limits of the sheet; always the same for the same parcel."""
    entry, cuts = parcel.entry, list[Cut]()
    limit = sheet.limits.label_limit(entry.kind)
    label = cut_label(entry.label, limit, suffix=f" {mark_of(parcel.ack_code)}")
    if label.changed:
        cuts.append(Cut(where="label", original=entry.label, sent=label.sent))
    line_labels = []
    for index, line in enumerate(entry.lines):
        sent = cut_label(line.label, limit)
        line_labels.append(sent.sent)
        if sent.changed:
            cuts.append(Cut(where=f"lines.{index}.label", original=sent.original, sent=sent.sent))
        cuts.extend(_left_out(index, line))
    names = []
    for index, document in enumerate(parcel.documents):
        name = _file_name(document.kept.file_name, sheet.documents.max_name)
        names.append(name)
        if name != document.kept.file_name:
            cuts.append(Cut(where=f"documents.{index}.file_name", original=document.kept.file_name, sent=name))
    return Texts(label.sent, tuple(line_labels), tuple(names), tuple(cuts))


def _left_out(index: int, line: Line) -> Iterator[Cut]:
    """What a line says that the route has no field for."""
    if line.analytic:
        shares = ", ".join(f"{share.axis}/{share.section} {format_amount(share.amount)}" for share in line.analytic)
        yield Cut(where=f"lines.{index}.analytic", original=shares, sent="")
    if line.foreign:
        amount = format_amount(line.foreign.debit or line.foreign.credit)
        yield Cut(where=f"lines.{index}.foreign", original=f"{amount} {line.foreign.currency}", sent="")


def _file_name(name: str, limit: int) -> str:
    """What is cut of a document's name is its stem, so that its ending still says what it is."""
    if len(name) <= limit:
        return name
    suffix = PurePath(name).suffix[:limit]
    return cut(name.removesuffix(suffix), limit - len(suffix)) + suffix
