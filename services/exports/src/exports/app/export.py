"""One export: entries in, finished files and their report out, or nothing but the report.

Entries are streamed once: where a format names accounts and journals before them, their lines wait in a file of their
own and are put behind the names at the end.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from exports.adapters.archive import pack
from exports.adapters.output import append, empty, publish, unfinished, write_lines
from exports.app.report import Report
from exports.domain.book import Book, BookEntry, Period
from exports.domain.description import Description
from exports.domain.document_names import DocumentNames
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
    """What is asked for. `documents` is the folder that holds them; `strict` makes every finding a refusal."""

    description: Description
    parameters: Parameters
    out: Path
    journals: Mapping[str, str] = field(default_factory=dict)
    documents: Path | None = None
    period: Period = field(default_factory=Period)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: the report, and the files that now stand in the folder."""

    report: Report
    files: tuple[Path, ...]


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
        company = self.fitting.text("folder", order.parameters.company)
        self.parameters = replace(order.parameters, company=company)
        self.preparing = Preparing(order.description, self.fitting, self.findings, self.parameters)
        self.totals, self.chart = self.preparing.totals, self.preparing.chart
        self.packed: dict[str, Path] = {}
        self.names = DocumentNames(order.description.documents) if order.description.documents else None
        self.book, self.order, self.progress = book, order, progress

    def run(self) -> Done:
        kind = OWN.get(self.description.name, Format)
        format_ = kind(self.description, self.fitting, self.parameters)
        with unfinished(self.order.out, self.description.name) as folder:
            self._write(format_, folder)
            if not self.totals.entries:
                self.findings.add("nothing_to_export")
            most = self.description.max_lines
            if most is not None and self.totals.lines > most:
                self.findings.add("too_many_lines", count=str(self.totals.lines), max=str(most))
            stopped = self.findings.stop or (self.order.strict and bool(self.findings.counts))
            if stopped:
                empty(folder)
            elif self.description.bundle and self.packed:
                self._bundle(folder)
            report = Report(self.description, self._shown_name(), self.totals, self.findings, stopped)
            (folder / "report.json").write_bytes(report.as_json())
            for language in ("fr", "en"):
                (folder / f"report.{language}.html").write_text(report.as_page(language), encoding="utf-8")
            return Done(report, publish(folder, self.order.out))

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
            if not self.order.period.holds(entry.date):
                continue
            postings = self.preparing.postings(entry, self._documents(entry) if entry.documents else "")
            if postings:
                yield postings
            self.progress(self.totals.entries)

    def _lines(self, format_: Format) -> Iterator[list[str]]:
        for postings in self._prepared():
            try:
                yield list(format_.entry(postings))
            except (Unwritable, FieldOverflow) as error:
                self.findings.add("field_unwritable", postings[0].head.entry.where, why=str(error))

    def _documents(self, entry: BookEntry) -> str:
        """The name of the document that the format links; all of them go into the archive."""
        if self.names is None:
            for document in entry.documents:
                self.findings.add("documents_not_carried", entry.where, name=document.name)
            return ""
        number = self.parameters.first_number + self.totals.entries
        names = [self.names.name(entry, number, index) for index in range(len(entry.documents))]
        if len(names) > 1:
            self.findings.add("documents_beyond_first", entry.where, count=str(len(names)), name=names[0])
        there = [self._pack(entry, index, name) for index, name in enumerate(names)]
        return names[0] if there[0] or self.order.documents is None else ""

    def _pack(self, entry: BookEntry, index: int, name: str) -> bool:
        if self.order.documents is None:
            return False
        document = entry.documents[index]
        source = document.path or self.order.documents / Path(document.name).name
        if not source.is_file():
            self.findings.add("document_missing", entry.where, name=entry.documents[index].name)
            return False
        self.packed[name] = source
        self.totals.documents += 1
        return True

    def _bundle(self, folder: Path) -> None:
        """The files and the documents in one zip; the files themselves lie in it and nowhere else."""
        files = {path.name: path for path in sorted(folder.iterdir())}
        pack(folder / self._archive_name(), {**files, **self.packed})
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
        bundled = self.description.bundle and bool(self.packed)
        return self._archive_name() if bundled else self._file_name()
