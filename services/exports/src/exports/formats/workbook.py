"""The Excel workbook: codes as text, amounts as numbers, dates as dates, row by row so that memory stays small."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from exports.domain.posting import SOURCES, Posting
from exports.formats.plain import Format

SHEET = "Ecritures"
WIDTHS = {"label": 40, "account_label": 30, "subsidiary_label": 30, "document": 24}
USUAL_WIDTH = 14
AMOUNT = "#,##0.00"
DAY = "dd/mm/yyyy"
MOST_ROWS = 1_048_576
"""Rows of a sheet, heading included (Excel's specification)."""


class Workbook(Format):
    """Writes one sheet with the description's columns as headings; the same book gives the same bytes."""

    def write(self, path: Path, entries: Iterable[Sequence[Posting]]) -> None:
        """Write all rows. Amounts become numbers only here, at the file's edge: Excel knows no decimals."""
        cells = self.description.record("entry").cells
        book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        made = self.parameters.exported_on
        book.set_properties({"title": SHEET, "created": made.replace(tzinfo=None)})
        sheet = book.add_worksheet(SHEET)
        heading = book.add_format({"bold": True, "bottom": 1})
        formats = {"amount": book.add_format({"num_format": AMOUNT}), "day": book.add_format({"num_format": DAY})}
        for column, cell in enumerate(cells):
            sheet.set_column(column, column, WIDTHS.get(cell.value or "", USUAL_WIDTH))
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [cell.name for cell in cells], heading)
        sources = [SOURCES[cell.value] if cell.value else None for cell in cells]
        row = 0
        for postings in entries:
            for posting in postings:
                row += 1
                if row < MOST_ROWS:
                    _write_row(sheet, row, [source(posting) if source else "" for source in sources], formats)
        sheet.autofilter(0, 0, max(row, 1), len(cells) - 1)
        book.close()


def _write_row(sheet: Worksheet, row: int, values: Sequence[Any], formats: dict[str, CellFormat]) -> None:
    for column, value in enumerate(values):
        match value:
            case None | "":
                continue
            case datetime() | date():
                day = value.date() if isinstance(value, datetime) else value
                sheet.write_datetime(
                    row, column, datetime.combine(day, time(), UTC).replace(tzinfo=None), formats["day"]
                )
            case str():
                sheet.write_string(row, column, value)
            case _:
                sheet.write_number(row, column, value, formats["amount"])
