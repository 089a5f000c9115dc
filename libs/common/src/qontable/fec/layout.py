"""The columns of a FEC as data, and the reading of a header line (article A47 A-1, VII).

A header may write the names in any letter case, with or without accents, in any order, padded; other columns may
stand between or after them and are kept by name. The amount is either Debit and Credit, or Montant and Sens.
"""

import unicodedata
from dataclasses import dataclass

from qontable.fec.problems import FecRefused, Problem

SEPARATORS = ("\t", "|")
FOREIGN_SEPARATORS = {";": "semicolon", ",": "comma"}

ALWAYS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
_AMOUNTS_AT = ALWAYS.index("EcritureLet")
SIDES = ("Debit", "Credit")
SIGNED = ("Montant", "Sens")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column stands in a line: its position, by the law's own name; `extra` holds all others."""

    separator: str
    width: int
    positions: dict[str, int]
    extra: dict[str, int]

    @property
    def signed(self) -> bool:
        """Whether amounts are given as Montant and Sens instead of Debit and Credit."""
        return "Debit" not in self.positions

    def split(self, text: str) -> list[str] | None:
        """The fields of a line without their padding; None when their number is not the header's.

        One separator after the last field, or its absence where the header has one, is no difference.
        """
        fields = [field.strip() for field in text.split(self.separator)]
        if len(fields) == self.width + 1 and not fields[-1]:
            fields.pop()
        return fields if len(fields) == self.width else None


@dataclass(frozen=True, slots=True)
class Columns:
    """What a header line says, whether it can be read by or not.

    `names` are the columns as they are written, `wanted` those of the law in its order, `missing` and `repeated` what
    is wrong with them. The layout holds a repeated column where it stands first.
    """

    names: list[str]
    wanted: list[str]
    layout: Layout
    missing: list[str]
    repeated: list[str]


def read_columns(text: str) -> Columns | None:
    """The columns of a header line; None for one without a separator of the law."""
    separator = max(SEPARATORS, key=text.count)
    if separator not in text:
        return None
    names = [name.strip() for name in text.split(separator)]
    if not names[-1]:
        names.pop()
    wanted = [*ALWAYS[:_AMOUNTS_AT], *_amounts(names), *ALWAYS[_AMOUNTS_AT:]]
    known = {_folded(name): name for name in wanted}
    positions: dict[str, int] = {}
    extra: dict[str, int] = {}
    repeated: list[str] = []
    for position, written in enumerate(names):
        name = known.get(_folded(written))
        target = extra if name is None else positions
        if target.setdefault(name or written, position) != position:
            repeated.append(written)
    missing = [name for name in wanted if name not in positions]
    return Columns(names, wanted, Layout(separator, len(names), positions, extra), missing, repeated)


def read_header(text: str) -> Layout:
    """The layout that a header line declares. Raises `FecRefused` naming every column that is missing or repeated."""
    columns = read_columns(text)
    if columns is None:
        raise FecRefused([_wrong_separator(text)])
    problems = [
        Problem(1, written, "this column stands twice in the header", "Remove or rename one.")
        for written in columns.repeated
    ]
    problems += _missing(columns.missing)
    if problems:
        raise FecRefused(problems)
    return columns.layout


def foreign_separator(text: str) -> str | None:
    """The name of a separator that the law does not allow, where the line has one."""
    return next((name for mark, name in FOREIGN_SEPARATORS.items() if mark in text), None)


def _amounts(names: list[str]) -> tuple[str, str]:
    """The amount columns of a header that may hold both pairs: Debit and Credit come first."""
    written = {_folded(name) for name in names}
    return SIDES if {_folded(name) for name in SIDES} <= written else SIGNED


def _missing(names: list[str]) -> list[Problem]:
    problems = [
        Problem(1, name, "this column is missing from the header", "Export the file again with all columns of the law.")
        for name in names
        if name in ALWAYS
    ]
    if len(problems) < len(names):
        remedy = "Export the file again with Debit and Credit, or with Montant and Sens."
        problems.append(Problem(1, "Debit", "the amount columns are missing from the header", remedy))
    return problems


def _wrong_separator(text: str) -> Problem:
    if name := foreign_separator(text):
        what = f"the fields are separated by a {name}"
        return Problem(1, "", what, "The law asks for a tab or a |: export the file again with one.")
    what = "this is no FEC: the first line holds no field names separated by a tab or a |"
    return Problem(1, "", what, "Give the text file that your software exports as FEC.")


def _folded(name: str) -> str:
    """A column's name as headers are compared: without accents, letter case and blanks."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark) and not mark.isspace()).casefold()
