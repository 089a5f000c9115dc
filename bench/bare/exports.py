"""The same columns from ready tuples: csv.writer for text files, XlsxWriter with constant_memory for the workbook."""

import csv
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import xlsxwriter

from bench.ledger import PARAMETERS, entries
from bench.turns import Clock, Order, Turn, take_turns
from exports.domain.description import Description
from exports.domain.findings import Findings
from exports.domain.fitting import Fitting
from exports.domain.posting import SOURCES, Posting
from exports.domain.preparing import Preparing
from exports.formats.plain import Format
from exports.formats.registry import OWN, format_of
from qontable.flatfile.rows import delimited

READY = 25_000
"""Rows held in memory, written again and again."""
BETWEEN = "\x1f"
SEPARATORS = (";", ",", "|", "\t")
"""Those that csv.writer can have; what is of fixed width, or has a field a line, gets a semicolon."""
BEFORE = {"isacompta": "piece"}
"""Formats that have a record before the lines of each entry."""
Row = tuple[Any, ...]


def prepared(order: Order) -> Turn:
    """A turn writes `count` rows of the format that the order names, into its folder."""
    description, path = format_of(order["format"]), Path(order["folder"]) / "bare"
    if description.name == "xlsx":
        cells = _values(description)
        return lambda count, _: _write_workbook(path, _rows(cells, count))
    texts = _texts(description)
    separator = description.separator if description.separator in SEPARATORS else ";"

    def turn(count: int, _: Clock) -> None:
        with path.open("w", newline="", encoding=description.encoding, errors="replace") as file:
            csv.writer(file, delimiter=separator).writerows(_rows(texts, count))

    return turn


def _rows(ready: list[Row], count: int) -> Iterator[Row]:
    return islice(chain.from_iterable(repeat(ready)), count)


def _postings(description: Description, fitting: Fitting) -> Iterator[Posting]:
    preparing = Preparing(description, fitting, Findings(), PARAMETERS)
    for entry in entries(READY):
        yield from preparing.postings(entry, "")


def _texts(description: Description) -> list[Row]:
    """The columns of a line as they stand in the file, without padding; what stands before an entry with its first."""
    fitting = Fitting(description, {}, Findings())
    format_ = OWN.get(description.name, Format)(description, fitting, PARAMETERS)
    spell = _spelling(description, format_, "entry")
    before = _spelling(description, format_, BEFORE[description.name]) if description.name in BEFORE else None
    return [
        (*before(posting), *spell(posting)) if before and posting.line_number == 1 else spell(posting)
        for posting in _postings(description, fitting)
    ]


def _spelling(description: Description, format_: Format, record: str) -> Callable[[Posting], Row]:
    spell = delimited(description.record(record), format_.sources, BETWEEN, quoting=False)
    return lambda posting: tuple(spell(posting).split(BETWEEN))


def _values(description: Description) -> list[Row]:
    """The cells of a row by their types: numbers are floats and days are datetimes, as a workbook holds them."""
    cells = description.record("entry").cells
    fitting = Fitting(description, {}, Findings())
    return [
        tuple(_value(SOURCES[cell.value](posting) if cell.value else "") for cell in cells)
        for posting in _postings(description, fitting)
    ]


def _value(value: object) -> object:
    match value:
        case datetime():
            return value
        case date():
            return datetime.combine(value, time())
        case Decimal():
            return float(value)
    return value or ""


def _write_workbook(path: Path, rows: Iterator[Row]) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    day, amount = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "#,##0.00"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if type(value) is str:
                if value:
                    sheet.write_string(number, column, value)
            elif type(value) is float:
                sheet.write_number(number, column, value, amount)
            else:
                sheet.write_datetime(number, column, value, day)
    book.close()


if __name__ == "__main__":
    take_turns(prepared)
