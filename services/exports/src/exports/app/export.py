"""One export: entries in, finished files and their report out, or nothing but the report.

Entries are streamed once: where a format names accounts and journals before them, their lines wait in a file of their
own and are put behind the names at the end.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from exports.adapters.archive import pack
from exports.adapters.output import append, empty, publish, unfinished, write_lines
from exports.app.documents import Documents
from exports.app.report import Report
from exports.domain.book import Book, Period
from exports.domain.description import Description
from exports.domain.findings import Findings
from exports.domain.fitting import Fitting
from exports.domain.posting import Parameters, Posting
from exports.domain.preparing import Preparing
from exports.formats.plain import Format
from exports.formats.registry import OWN
from exports.formats.workbook import Workbook
from qontable.flatfile.charset import Charset
from qontable.flatfile.forms import Unwritable
from qontable.flatfile.rows import FieldOverflow

BODY = "entries"
UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `documents` is the folder that holds them; `strict` makes every finding a refusal.

    `journals` are the software's codes by ours. `named_at` says on which line of a map a journal is named, where the
    map was written for this book: a journal that the book lacks is told then. `left_out` counts entries of the
    period that the book lacks, by reason.
    """

    description: Description
    parameters: Parameters
    out: Path
    journals: Mapping[str, str] = field(default_factory=dict)
    named_at: Mapping[str, int] = field(default_factory=dict)
    documents: Path | None = None
    period: Period = field(default_factory=Period)
    strict: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: the report, and the files that now stand in the folder.

    `lacking` has the ACK codes of entries of which not every document lies beside; nothing where none does.
    """

    report: Report
    files: tuple[Path, ...]
    lacking: frozenset[str] | None


def export(book: Book, order: Order, progress: Callable[[int], None] = lambda _: None) -> Done:
    """Write the book. Raises `OutputRefused` when the folder cannot be written to, with nothing left in it.

    `progress` hears how many entries are done.
    """
    return _Export(book, order, progress).run()


class _Export:
    def __init__(self, book: Book, order: Order, progress: Callable[[int], None]) -> None:
        self.description = order.description
        self.findings = Findings()
        self.fitting = Fitting(order.description, order.journals, self.findings)
        self.parameters = self._fitted(order.parameters)
        self.preparing = Preparing(order.description, self.fitting, self.findings, self.parameters)
        self.totals, self.chart = self.preparing.totals, self.preparing.chart
        self.documents = Documents(order.description, order.documents, self.findings)
        self.journals: set[str] = set()
        self.most_number: float = order.description.max_number or math.inf
        self.book, self.order, self.progress = book, order, progress

    def run(self) -> Done:
        kind = OWN.get(self.description.name, Format)
        format_ = kind(self.description, self.fitting, self.parameters)
        with unfinished(self.order.out, self.description.name) as folder:
            try:
                self._write(format_, folder)
            except (Unwritable, FieldOverflow) as error:
                self.findings.add("field_unwritable", why=str(error))
            else:
                self._judge_whole()
            self.totals.documents = len(self.documents.packed)
            stopped = self.findings.stop or (self.order.strict and bool(self.findings.counts))
            if stopped:
                empty(folder)
            elif self.description.bundle and self.documents.packed:
                self._bundle(folder)
            report = Report(self.description, self._shown_name(), self.totals, self.findings, stopped)
            (folder / "report.json").write_bytes(report.as_json())
            for language in ("fr", "en"):
                (folder / f"report.{language}.html").write_text(report.as_page(language), encoding="utf-8")
            lacking = self.documents.lacking
            return Done(report, publish(folder, self.order.out), None if lacking is None else frozenset(lacking))

    def _judge_whole(self) -> None:
        """What only the end shows."""
        if not self.totals.entries:
            self.findings.add("all_stay" if self.order.left_out else "nothing_to_export")
        self.findings.add_left_out(self.order.left_out)
        most = self.description.max_lines
        if most is not None and self.totals.lines > most:
            self.findings.add("too_many_lines", count=str(self.totals.lines), max=str(most))
        last = self._number - 1
        if last > self.most_number:
            self.findings.add("number_too_high", number=str(last), max=str(self.most_number))
        for code, line in self.order.named_at.items():
            if code not in self.journals:
                self.findings.add("journal_not_met", code=code, line=str(line))

    def _fitted(self, parameters: Parameters) -> Parameters:
        """What the file says of the whole book, where it says it."""
        if self.description.carries("company"):
            parameters = replace(parameters, company=self.fitting.text("folder", parameters.company))
        if self.description.carries("folder"):
            parameters = replace(parameters, folder=self.fitting.code("folder_number", parameters.folder))
        return parameters

    @property
    def _number(self) -> int:
        """The number in the file of the entry to come."""
        return self.parameters.first_number + self.totals.entries

    def _write(self, format_: Format, folder: Path) -> None:
        """Head and entries; where the names come first, the entries wait in a file of their own."""
        charset = Charset(self.description.encoding, self.description.byte_order_mark)
        path, end = folder / UNNAMED, self.description.end
        if isinstance(format_, Workbook):
            format_.write(path, self._prepared())
        elif not format_.needs_chart:
            write_lines(path, chain((format_.head(),), self._lines(format_), (format_.foot(),)), charset, end)
        else:
            body = folder / BODY
            write_lines(body, chain(self._lines(format_), (format_.foot(),)), replace(charset, mark=False), end)
            write_lines(path, (format_.head(), format_.before_entries(self.chart)), charset, end)
            append(path, body)
            body.unlink()
        path.rename(folder / self._file_name())
        for name, companion in format_.companions(self.chart).items():
            write_lines(folder / name, (companion,), charset, end)

    def _prepared(self) -> Iterator[list[Posting]]:
        for entry in self.book.entries():
            self.journals.add(entry.journal)
            if not self.order.period.holds(entry.date):
                continue
            number = self._number
            document = self.documents.link(entry, number) if entry.documents else ""
            postings = self.preparing.postings(entry, document)
            if postings and number <= self.most_number:
                yield postings
            self.progress(self.totals.entries)

    def _lines(self, format_: Format) -> Iterator[list[str]]:
        for postings in self._prepared():
            try:
                yield list(format_.entry(postings))
            except (Unwritable, FieldOverflow) as error:
                self.findings.add("field_unwritable", postings[0].head.entry.where, why=str(error))

    def _bundle(self, folder: Path) -> None:
        """The files and the documents in one zip; the files themselves lie in it and nowhere else."""
        files = {path.name: path for path in sorted(folder.iterdir())}
        pack(folder / self._archive_name(), {**files, **self.documents.packed})
        for path in files.values():
            path.unlink()

    def _file_name(self) -> str:
        closing = self.parameters.year_end or self.chart.last
        return self.description.file_name.format(
            siren=self.book.siren,
            closing=closing.strftime("%Y%m%d") if closing else "",
        )

    def _archive_name(self) -> str:
        return f"{Path(self._file_name()).stem}.zip"

    def _shown_name(self) -> str:
        bundled = self.description.bundle and bool(self.documents.packed)
        return self._archive_name() if bundled else self._file_name()
