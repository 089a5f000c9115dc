"""The entries of a FEC: rows put together, in the order of their first line."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from qontable.fec.grouping import Grouping
from qontable.fec.problems import Findings, Problem
from qontable.fec.rows import FecRow
from qontable.money import ZERO


@dataclass(frozen=True, slots=True)
class FecEntry:
    """One entry: what its lines share, and the lines in file order. The date and piece are those of the first line."""

    number: str
    lines: tuple[FecRow, ...]

    @property
    def journal_code(self) -> str:
        return self.lines[0].journal_code

    @property
    def journal_label(self) -> str:
        return self.lines[0].journal_label

    @property
    def date(self) -> date:
        return self.lines[0].date

    @property
    def piece(self) -> str:
        return self.lines[0].piece

    @property
    def label(self) -> str:
        return self.lines[0].label

    @property
    def key(self) -> str:
        """The name by which people find the entry in the file: `JournalCode/EcritureNum`."""
        return f"{self.journal_code}/{self.number}"

    @property
    def totals(self) -> tuple[Decimal, Decimal]:
        """Sum of debits, sum of credits."""
        return (
            sum((line.debit for line in self.lines), ZERO),
            sum((line.credit for line in self.lines), ZERO),
        )

    def check(self, findings: Findings) -> None:
        """Note what double entry forbids, and several dates in one entry."""
        debit, credit = self.totals
        if debit != credit:
            what = f"the entry does not balance: debit {debit}, credit {credit}"
            self._refuse(findings, self.lines[0].line, what, "Correct it in your software and export the file again.")
        for line in self.lines:
            if line.debit and line.credit:
                what = "the line has both a debit and a credit"
                self._refuse(findings, line.line, what, "Leave one of them at 0,00.")
            if line.date != self.date:
                notice = "lines of one entry have several dates: the entry keeps the date of its first line"
                findings.notice("several_dates", notice, line.line)

    def _refuse(self, findings: Findings, line: int, what: str, remedy: str) -> None:
        findings.refuse(Problem(line, "", what, remedy, entry=self.key))


def put_together(rows: Iterable[FecRow], grouping: Grouping) -> Iterator[FecEntry]:
    """Entries from rows whose entries lie together."""
    for (_, number), lines in groupby(rows, grouping.key):
        yield FecEntry(number, tuple(lines))


class LineSorter:
    """Puts scattered lines together on disk, so that memory stays small: entries in order of their first line."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # an unnamed database is a temporary file that goes with the connection
        self._database.execute(
            "create table line (number integer primary key, entry text not null, text text not null)"
        )

    def __enter__(self) -> "LineSorter":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, lines: Iterable[tuple[int, str, str]]) -> None:
        """Take lines: their number in the file, the entry they belong to, their text."""
        self._database.executemany("insert into line values (?, ?, ?)", lines)

    def sorted_lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of every line, entry by entry."""
        yield from self._database.execute(
            "select number, text from (select number, text, min(number) over (partition by entry) as first from line)"
            " order by first, number"
        )
