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


def read_header(text: str) -> Layout:
    """The layout that a header line declares. Raises `FecRefused` naming every column that is missing or repeated."""
    separator = _separator(text)
    names = [name.strip() for name in text.split(separator)]
    if not names[-1]:
        names.pop()
    known = {_folded(name): name for name in (*ALWAYS, *_amounts(names))}
    positions: dict[str, int] = {}
    extra: dict[str, int] = {}
    problems: list[Problem] = []
    for position, written in enumerate(names):
        name = known.get(_folded(written))
        target = extra if name is None else positions
        if (name or written) in target:
            problems.append(Problem(1, written, "this column stands twice in the header", "Remove or rename one."))
        target[name or written] = position
    problems += _missing(positions)
    if problems:
        raise FecRefused(problems)
    return Layout(separator, len(names), positions, extra)


def _amounts(names: list[str]) -> tuple[str, str]:
    """The amount columns of a header that may hold both pairs: Debit and Credit come first."""
    written = {_folded(name) for name in names}
    return SIDES if {_folded(name) for name in SIDES} <= written else SIGNED


def _missing(positions: dict[str, int]) -> list[Problem]:
    problems = [
        Problem(1, name, "this column is missing from the header", "Export the file again with all columns of the law.")
        for name in ALWAYS
        if name not in positions
    ]
    if not positions.keys() >= set(SIDES) and not positions.keys() >= set(SIGNED):
        remedy = "Export the file again with Debit and Credit, or with Montant and Sens."
        problems.append(Problem(1, "Debit", "the amount columns are missing from the header", remedy))
    return problems


def _separator(text: str) -> str:
    """The separator of the whole file: the one that stands most often in the header."""
    best = max(SEPARATORS, key=text.count)
    if best in text:
        return best
    for other, name in FOREIGN_SEPARATORS.items():
        if other in text:
            what = f"the fields are separated by a {name}"
            raise FecRefused([Problem(1, "", what, "The law asks for a tab or a |: export the file again with one.")])
    what = "this is no FEC: the first line holds no field names separated by a tab or a |"
    raise FecRefused([Problem(1, "", what, "Give the text file that your software exports as FEC.")])


def _folded(name: str) -> str:
    """A column's name as headers are compared: without accents, letter case and blanks."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark) and not mark.isspace()).casefold()
