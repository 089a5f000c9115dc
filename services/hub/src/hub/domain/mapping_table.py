"""The mapping table as a CSV file: written for spreadsheets, and read back from whatever a spreadsheet made of it."""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from hub.domain.problem import Fault, Refused

Column = Literal["file", "name", "siren", "code", "software_file", "software_name", "certainty", "confirmed"]
COLUMNS: tuple[Column, ...] = get_args(Column)
NEEDED: tuple[Column, ...] = ("file", "software_file")
READ: tuple[Column, ...] = (*NEEDED, "confirmed")
"""What is read; the rest is there for people."""
YES = frozenset({"oui", "yes", "x", "1", "vrai", "true"})
DELIMITERS = ";,\t"
MOST_ROWS = 5_000
MOST_CELL = 300
ID = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula where a cell begins with it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that names a software file: its number in the file, and what it names."""

    number: int
    file: str
    software_file: str
    confirmed: bool


def write_table(headings: Mapping[Column, str], rows: Iterable[Mapping[Column, str]]) -> bytes:
    """The table with semicolons, in UTF-8 with its mark, which spreadsheets open as they are; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([headings[column] for column in COLUMNS])
    for row in rows:
        writer.writerow([_harmless(row.get(column, "")) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def read_table(content: bytes, headings: Mapping[Column, Collection[str]]) -> list[Line]:
    """The lines that name a software file. `headings` are the names that each column may have.

    Raises `Refused`: table_unreadable, table_columns_missing, table_too_long, and table_refused with the lines that
    cannot be read.
    """
    rows = _rows(_text(content))
    number, first = next(rows, (0, []))
    places = _places(first, headings)
    missing = [column for column in NEEDED if column not in places]
    if missing:
        names = {column: " / ".join(headings[column]) for column in NEEDED}
        raise Refused("table_columns_missing", columns=", ".join(names[column] for column in missing))
    lines, faults = [], []
    for number, row in rows:
        if number > MOST_ROWS + 1:
            raise Refused("table_too_long", limit=MOST_ROWS)
        if not any(row):
            continue
        line = _line(number, row, places, len(first))
        if isinstance(line, Fault):
            faults.append(line)
        elif line.software_file:
            lines.append(line)
    if faults:
        raise refuse_lines(faults)
    return lines


def fault_at(number: int, refused: Refused) -> Fault:
    """What is wrong with a line, in the words of a refusal."""
    problem = refused.problem()
    return Fault(where=str(number), code=refused.code, message=problem.message, remedy=problem.remedy)


def refuse_lines(faults: Sequence[Fault]) -> Refused:
    """The refusal of a whole table for some of its lines."""
    return Refused("table_refused", faults=faults, count=len(faults))


def _line(number: int, row: Sequence[str], places: Mapping[Column, int], width: int) -> Line | Fault:
    if len(row) > width and any(row[width:]):
        return fault_at(number, Refused("table_cells", cells=len(row), columns=width))
    cells = {column: row[place] if place < len(row) else "" for column, place in places.items()}
    for column in READ:
        text = cells.get(column, "")
        if (text.startswith(FORMULA) and not ID.fullmatch(text)) or len(text) > MOST_CELL:
            return fault_at(number, Refused("table_formula"))
    confirmed = _plain(cells.get("confirmed", "")) in YES
    if not cells["file"]:
        return fault_at(number, Refused("table_file_missing"))
    return Line(number, cells["file"], cells["software_file"], confirmed)


def _text(content: bytes) -> str:
    """The file's text: UTF-8 or UTF-16 with its mark, else UTF-8, else as Windows writes it in France."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and text.strip():
            return text
    raise Refused("table_unreadable")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Numbered from 1 as a spreadsheet numbers them, cells without the spaces around them."""
    heading = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            yield number, [_bare(cell.strip()) for cell in row]
    except csv.Error:
        raise Refused("table_unreadable") from None


def _places(first: Sequence[str], headings: Mapping[Column, Collection[str]]) -> dict[Column, int]:
    """Column → where it stands. A heading that stands twice is taken where it stands first."""
    known = {_plain(name): column for column, names in headings.items() for name in names}
    places: dict[Column, int] = {}
    for place, heading in enumerate(first):
        column = known.get(_plain(heading))
        if column:
            places.setdefault(column, place)
    return places


def _plain(text: str) -> str:
    """Without accents, case and doubled spaces: headings are typed by hand, too."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(bare.casefold().split())


def _bare(cell: str) -> str:
    """Without the apostrophe that we put in front of an id."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) and ID.fullmatch(cell[1:]) else cell


def _harmless(cell: str) -> str:
    """With an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
