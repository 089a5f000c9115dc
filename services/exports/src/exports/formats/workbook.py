"""The Excel workbook: codes as text, amounts as numbers, dates as dates, row by row so that memory stays small."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from exports.domain.posting import SOURCES, Posting
from exports.formats.plain import Format
from qontable.flatfile.layout import Cell

SHEET = "Ecritures"
WIDTHS = {"label": 40, "account_label": 30, "subsidiary_label": 30, "document": 24}
USUAL_WIDTH = 14
FILTER_WIDTH = 4
"""Of the filter's button beside a heading, in characters as the others."""
AMOUNT = "#,##0.00"
DAY = "dd/mm/yyyy"
DAY_ZERO = date(1899, 12, 30).toordinal()
A4 = 9
"""As Excel numbers paper."""
MOST_ROWS = 1_048_576
"""Rows of a sheet, heading included (Excel's specification)."""

WriteCell = Callable[..., object]
Spell = Callable[[Any], Any]


class Workbook(Format):
    """Writes one sheet with the description's columns as headings; the same book gives the same bytes."""

    def write(self, path: Path, entries: Iterable[Sequence[Posting]]) -> None:
        """Write all rows. Amounts become numbers only here, at the file's edge: Excel knows no decimals."""
        cells = self.description.record("entry").cells
        kept = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(str(path), kept | {"tmpdir": str(path.parent)})
        made = self.parameters.exported_on
        book.set_properties({"title": SHEET, "created": made.replace(tzinfo=None)})
        sheet = book.add_worksheet(SHEET)
        heading = book.add_format({"bold": True, "bottom": 1})
        formats = {
            "amount": book.add_format({"num_format": AMOUNT}),
            "day": book.add_format({"num_format": DAY, "align": "left"}),
        }
        for column, cell in enumerate(cells):
            width = max(WIDTHS.get(cell.value or "", USUAL_WIDTH), len(cell.name) + FILTER_WIDTH)
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        _print_on_paper(sheet)
        sheet.write_row(0, 0, [cell.name for cell in cells], heading)
        columns = [
            (column, SOURCES[cell.value], *_typed(sheet, cell, formats))
            for column, cell in enumerate(cells)
            if cell.value
        ]
        row = 0
        for postings in entries:
            for posting in postings:
                row += 1
                if row < MOST_ROWS:
                    for column, source, write, spell, format_ in columns:
                        value = source(posting)
                        if value is not None and value != "":
                            write(row, column, spell(value), format_)
        sheet.autofilter(0, 0, max(row, 1), len(cells) - 1)
        book.close()


def _print_on_paper(sheet: Worksheet) -> None:
    """Printed, all columns stand on one page's width, with their headings on each page."""
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.3, right=0.3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _typed(
    sheet: Worksheet, cell: Cell, formats: Mapping[str, CellFormat]
) -> tuple[WriteCell, Spell, CellFormat | None]:
    """How a column is written: by its type, which its form in a text file tells."""
    match cell.form:
        case "text":
            return sheet.write_string, _same, None
        case "DD/MM/YYYY":
            return sheet.write_number, _serial, formats["day"]
        case "comma":
            return sheet.write_number, _same, formats["amount"]
        case "rate":
            return sheet.write_number, _same, None
    raise ValueError(f"{cell.name}: a workbook has no cells of the form {cell.form}")


def _same(value: Any) -> Any:
    return value


@lru_cache(maxsize=4_096)
def _serial(day: date) -> int:
    """The number that Excel knows a day by: a date is a number with a format."""
    return day.toordinal() - DAY_ZERO
