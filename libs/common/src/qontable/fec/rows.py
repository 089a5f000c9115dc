"""One line of a FEC, read into values, or every reason why it cannot be."""

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from qontable.fec.layout import ALWAYS, SIDES, SIGNED, Layout
from qontable.fec.problems import Findings, Problem
from qontable.fec.values import (
    AMOUNT_REMEDY,
    DAY_REMEDY,
    NUMBER_REMEDY,
    SIDE_REMEDY,
    Unreadable,
    day_spelling,
    read_amount,
    read_day,
    read_number,
    read_side,
)
from qontable.money import ZERO

NO_EXTRA: Mapping[str, str] = MappingProxyType({})


class FecRow(NamedTuple):
    """The values of one line in the law's order of columns, after its number in the file; the amounts come last.

    Absent texts are empty, amounts are in euros.
    `foreign_amount` keeps the sign of the file: whether it repeats the side or follows it differs between softwares.
    """

    line: int
    journal_code: str
    journal_label: str
    number: str
    date: datetime.date
    account: str
    account_label: str
    subsidiary: str
    subsidiary_label: str
    piece: str
    piece_date: datetime.date | None
    label: str
    lettering: str
    lettering_date: datetime.date | None
    validated_on: datetime.date | None
    foreign_amount: Decimal | None
    currency: str
    debit: Decimal
    credit: Decimal
    extra: Mapping[str, str] = NO_EXTRA


def _filled(text: str) -> str:
    if not text:
        raise Unreadable("the field is empty")
    return text


def _day(text: str) -> datetime.date | None:
    return read_day(text) if text else None


def _number(text: str) -> Decimal | None:
    return read_number(text) if text else None


FILL_REMEDY = "Fill it in: an entry cannot be booked without it."
DATES = ("EcritureDate", "PieceDate", "DateLet", "ValidDate")
CHECKS: dict[str, tuple[Callable[[str], object], str]] = {
    "JournalCode": (_filled, FILL_REMEDY),
    "CompteNum": (_filled, FILL_REMEDY),
    "EcritureDate": (read_day, DAY_REMEDY),
    "PieceDate": (_day, DAY_REMEDY),
    "DateLet": (_day, DAY_REMEDY),
    "ValidDate": (_day, DAY_REMEDY),
    "Montantdevise": (_number, NUMBER_REMEDY),
    "Debit": (read_amount, AMOUNT_REMEDY),
    "Credit": (read_amount, AMOUNT_REMEDY),
    "Montant": (read_amount, AMOUNT_REMEDY),
    "Sens": (read_side, SIDE_REMEDY),
}
"""How a column is read, raising `Unreadable`, and what to do about it; other columns are free text.

A journal, an account and a date are never empty: without them a line cannot be booked. (The law lets cash-basis books
leave journals and accounts out; nobody could book those.)
"""


class RowReader:
    """Reads lines of one layout; problems and tolerated spellings go to `findings`."""

    def __init__(self, layout: Layout, findings: Findings) -> None:
        self._layout = layout
        self._findings = findings
        names = (*ALWAYS, *(SIGNED if layout.signed else SIDES))
        self._pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*(layout.positions[name] for name in names))
        self._reads = [(index, CHECKS[name][0]) for index, name in enumerate(names) if name in CHECKS]
        self._dates = [layout.positions[name] for name in DATES]

    def read(self, line: int, text: str) -> FecRow | None:
        """The row that a line holds; None for an empty line and for one with problems, which are noted."""
        fields = self._layout.split(text)
        if fields is None:
            self._refuse_shape(line, text)
            return None
        if "\x00" in text:
            self._refuse(line, "", "the line holds a NUL character", "Remove it, or export the file again.")
            return None
        try:
            row = self._row(line, fields)
        except Unreadable:
            self._refuse_fields(line, fields)
            return None
        self._notice_dates(line, fields)
        return row

    def _row(self, line: int, fields: list[str]) -> FecRow:
        """The row, whose values stand in the order of the columns. Raises `Unreadable` for the first that is none."""
        values: list[Any] = list(self._pick(fields))
        for index, read in self._reads:
            values[index] = read(values[index])
        if self._layout.signed:
            amount, side = values[-2:]
            values[-2:] = (amount, ZERO) if side > 0 else (ZERO, amount)
        extra = {name: fields[position] for name, position in self._layout.extra.items()}
        return FecRow._make((line, *values, extra or NO_EXTRA))

    def _notice_dates(self, line: int, fields: list[str]) -> None:
        for position in self._dates:
            if spelling := day_spelling(fields[position]):
                self._findings.notice(f"date_{spelling}", f"date written {spelling}, where the law asks YYYYMMDD", line)

    def _refuse_fields(self, line: int, fields: list[str]) -> None:
        """Every field of the line that cannot be read; the line is known to have one."""
        for column, (read, remedy) in CHECKS.items():
            if column in self._layout.positions:
                try:
                    read(fields[self._layout.positions[column]])
                except Unreadable as error:
                    self._refuse(line, column, str(error), remedy)

    def _refuse_shape(self, line: int, text: str) -> None:
        if not text.strip():
            self._findings.notice("empty_line", "empty line skipped", line)
            return
        found = text.count(self._layout.separator) + 1
        what = f"the line has {found} fields and the header {self._layout.width}"
        self._refuse(line, "", what, "Look for a separator or a line break inside a text, and remove it.")

    def _refuse(self, line: int, column: str, what: str, remedy: str) -> None:
        self._findings.refuse(Problem(line, column, what, remedy))
