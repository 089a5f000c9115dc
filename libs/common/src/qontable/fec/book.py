"""A FEC that was checked: what is known of it, and its entries, streamed from the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qontable.fec.chart import Chart, ChartSurvey
from qontable.fec.entries import FecEntry, LineSorter, put_together
from qontable.fec.grouping import Grouping, GroupingSurvey
from qontable.fec.layout import Layout, read_header
from qontable.fec.problems import FecRefused, Findings, Notice, Problem
from qontable.fec.rows import FecRow, RowReader
from qontable.fec.text import Encoding, detect_encoding, read_lines
from qontable.fec.years import FileName, read_file_name


@dataclass(frozen=True, slots=True)
class Fec:
    """A readable FEC. `rows()` and `entries()` read the file again each time they are called, in file order.

    Raises `FecRefused` while streaming only if the file has changed since it was opened.
    """

    path: Path
    encoding: Encoding
    layout: Layout
    grouping: Grouping
    name: FileName
    chart: Chart
    row_count: int
    entry_count: int
    notices: tuple[Notice, ...]

    def rows(self) -> Iterator[FecRow]:
        """Every line as it stands in the file."""
        return _rows(self.path, self.encoding, self.layout, Findings())

    def entries(self) -> Iterator[FecEntry]:
        """Every entry, in the order of its first line; only one is held in memory."""
        return _entries(self.path, self.encoding, self.layout, self.grouping)


def open_fec(path: Path) -> Fec:
    """Check the whole file and tell what it holds. Memory does not grow with the number of lines.

    Raises `FecRefused` with the problems of all lines or, where every line can be read, of all entries; `OSError`
    when there is no such file.
    """
    findings = Findings()
    encoding = detect_encoding(path, findings)
    layout = _layout(path, encoding)
    chart, groups, rows = ChartSurvey(findings), GroupingSurvey(), 0
    for row in _rows(path, encoding, layout, findings):
        chart.add_row(row)
        groups.add(row)
        rows += 1
    if not rows and not findings.count:
        findings.refuse(Problem(1, "", "the file holds a header and no line", "Export a period that has entries."))
    findings.raise_if_refused()
    grouping = groups.conclude(findings)
    findings.raise_if_refused()
    name = read_file_name(path.name)
    entries = 0
    for entry in _entries(path, encoding, layout, grouping):
        entry.check(findings)
        accounts = {line.account for line in entry.lines}
        chart.add_entry(entry.journal_code, entry.journal_label, entry.date, accounts)
        entries += 1
    findings.raise_if_refused()
    known = chart.conclude(name.closing)
    return Fec(path, encoding, layout, grouping, name, known, rows, entries, findings.notices)


def _layout(path: Path, encoding: Encoding) -> Layout:
    for _, text in read_lines(path, encoding):
        return read_header(text)
    raise FecRefused([Problem(1, "", "the file is empty", "Export it again.")])


def _rows(path: Path, encoding: Encoding, layout: Layout, findings: Findings) -> Iterator[FecRow]:
    reader = RowReader(layout, findings)
    for line, text in read_lines(path, encoding):
        row = reader.read(line, text) if line > 1 else None
        if row is not None:
            yield row


def _entries(path: Path, encoding: Encoding, layout: Layout, grouping: Grouping) -> Iterator[FecEntry]:
    findings = Findings()
    if not grouping.scattered:
        yield from put_together(_rows(path, encoding, layout, findings), grouping)
        findings.raise_if_refused()
        return
    reader = RowReader(layout, findings)
    with LineSorter() as sorter:
        sorter.add(_keyed_lines(path, encoding, reader, grouping))
        rows = (reader.read(line, text) for line, text in sorter.sorted_lines())
        yield from put_together((row for row in rows if row is not None), grouping)
    findings.raise_if_refused()


def _keyed_lines(
    path: Path, encoding: Encoding, reader: RowReader, grouping: Grouping
) -> Iterator[tuple[int, str, str]]:
    for line, text in read_lines(path, encoding):
        row = reader.read(line, text) if line > 1 else None
        if row is not None:
            yield line, "\x1f".join(grouping.key(row)), text
