"""Which lines make one entry, and whether they lie together in the file.

An entry is a journal and an EcritureNum. Some softwares leave EcritureNum at 0 everywhere; then an entry is a journal,
a date and a piece. Lines of an entry may be scattered (a file sorted by account): that is found out here, holding
eight bytes per entry, so that only such files pay for being put in order.
"""

from array import array
from dataclasses import dataclass, field

from qontable.fec.problems import Findings, Problem
from qontable.fec.rows import FecRow

_NO_NUMBER = frozenset({"", "0"})
_PARTS = 16


@dataclass(frozen=True, slots=True)
class Grouping:
    """How rows become entries: `by_piece` where no entry has a number, `scattered` where lines do not lie together."""

    by_piece: bool
    scattered: bool

    def number(self, row: FecRow) -> str:
        """What tells the row's entry from the others of its journal: EcritureNum, or date and piece."""
        return f"{row.date:%Y%m%d}-{row.piece}" if self.by_piece else row.number

    def key(self, row: FecRow) -> tuple[str, str]:
        """Journal and number: rows with the same key are one entry."""
        return row.journal_code, self.number(row)


BY_NUMBER = Grouping(by_piece=False, scattered=False)
BY_PIECE = Grouping(by_piece=True, scattered=False)


@dataclass(slots=True)
class _Runs:
    """The keys of each run of neighbouring rows, as hashes: a key that comes back is scattered."""

    grouping: Grouping
    hashes: "array[int]" = field(default_factory=lambda: array("q"))
    _last: tuple[str, str] | None = None

    def add(self, row: FecRow) -> None:
        key = self.grouping.key(row)
        if key != self._last:
            self._last = key
            self.hashes.append(hash(key))

    @property
    def scattered(self) -> bool:
        """True also when two keys share a hash: that costs time, not correctness. Looked at in parts, for memory."""
        for part in range(_PARTS):
            hashes = [key for key in self.hashes if key % _PARTS == part]
            if len(set(hashes)) < len(hashes):
                return True
        return False


class GroupingSurvey:
    """Finds the grouping of a file from all its rows, given in file order."""

    def __init__(self) -> None:
        self._by_number = _Runs(BY_NUMBER)
        self._by_piece: _Runs | None = _Runs(BY_PIECE)
        self._first_unnumbered = 0
        self._unnumbered = 0

    def add(self, row: FecRow) -> None:
        """Take the next row of the file into account."""
        self._by_number.add(row)
        if not row.number:
            self._unnumbered += 1
            self._first_unnumbered = self._first_unnumbered or row.line
        if self._by_piece is None:
            return
        if row.number in _NO_NUMBER:
            self._by_piece.add(row)
        else:
            self._by_piece = None

    def conclude(self, findings: Findings) -> Grouping:
        """The grouping of the rows seen; a file that numbers some entries only is a problem."""
        if self._by_piece is not None:
            what = "EcritureNum is empty or 0 everywhere: lines are grouped into entries by journal, date and piece"
            findings.notice("grouped_by_piece", what, 2)
            return self._noticed(self._by_piece, findings)
        if self._unnumbered:
            what = f"EcritureNum is empty on {self._unnumbered} lines while other lines have one"
            remedy = "Give each entry its number: lines belong together by JournalCode and EcritureNum."
            findings.refuse(Problem(self._first_unnumbered, "EcritureNum", what, remedy))
        return self._noticed(self._by_number, findings)

    def _noticed(self, runs: _Runs, findings: Findings) -> Grouping:
        if runs.scattered:
            findings.notice("scattered", "lines of one entry do not lie together: they were put together", 2)
        return Grouping(runs.grouping.by_piece, runs.scattered)
