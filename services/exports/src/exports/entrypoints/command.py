"""`qontable exports`: import files written and judged without any server."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from exports.adapters.input import JournalMap, JournalMapRefused, read_book, read_journal_map
from exports.adapters.output import OutputRefused
from exports.app.export import Done, Order, export
from exports.domain.book import Book, Period
from exports.domain.description import Description
from exports.domain.posting import Parameters
from exports.entrypoints.checking import check
from exports.entrypoints.restored import restored
from exports.formats.registry import SOFTWARES, UnknownFormat, descriptions, format_of, formats_of
from qontable.fec import FecRefused
from qontable.fec.years import fiscal_years, read_file_name

REFUSED, INTERRUPTED = 1, 130
DAY = "%Y-%m-%d"
MOST_SHOWN = 20
MOST_ALIKE = 5
"""Findings of one kind: the report tells them all."""
STEP = 500
"""Entries between two looks at the progress bar."""

app = typer.Typer(no_args_is_help=True)
app.command()(check)
app.command()(restored)
DayOption = Annotated[datetime | None, typer.Option(formats=[DAY])]


@app.callback()
def _exports() -> None:
    """Import files for every accounting software that has no API."""


@app.command()
def formats(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Every format with its limits, and the software names that lead to it."""
    if as_json:
        content = [
            description.model_dump(mode="json", exclude_defaults=True) for description in descriptions().values()
        ]
        typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(title="Formats", title_justify="left")
    for column in ("format", "for", "file", "journal", "account", "label", "documents"):
        table.add_column(column, overflow="fold")
    for description in descriptions().values():
        table.add_row(*_summary(description))
    Console().print(table)


def _summary(description: Description) -> tuple[str, ...]:
    limits = description.limits
    account = limits.get("posted_account") or limits.get("account")
    softwares = [software for software, names in SOFTWARES.items() if description.name in names]
    return (
        description.name,
        ", ".join(softwares),
        description.file_name,
        *(str(limit.max) if limit else "free" for limit in (limits.get("journal"), account, limits.get("label"))),
        "yes" if description.documents else "no",
    )


@app.command()
def write(  # noqa: PLR0913, PLR0917 - a command's words
    input_: Annotated[
        Path, typer.Option("--input", exists=True, dir_okay=False, readable=True, help="FEC, or events one a line.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the files; it must exist.")],
    format_: Annotated[str | None, typer.Option("--format", help="See `qontable exports formats`.")] = None,
    software: Annotated[str | None, typer.Option(help="Name of the software instead: its first format.")] = None,
    documents: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder with the documents.")
    ] = None,
    journal_map: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A line per journal: ACH=AC.")
    ] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=[DAY])] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=[DAY])] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Every finding is a refusal.")] = False,
    siren: Annotated[str | None, typer.Option(help="Of the company, where the input does not say it.")] = None,
    company: Annotated[str | None, typer.Option(help="Name of the company, for formats that carry it.")] = None,
    folder: Annotated[str, typer.Option(help="Number of the file in the software, for formats that carry it.")] = "",
    year_start: DayOption = None,
    year_end: DayOption = None,
    first_number: Annotated[int, typer.Option(min=1, help="Number of the first entry.")] = 1,
    account_length: Annotated[
        int, typer.Option(min=0, max=20, help="Length of general accounts in the software's file.")
    ] = 0,
    exported_on: Annotated[
        datetime | None, typer.Option(formats=[DAY, f"{DAY}T%H:%M"], help="Date written in the file; today by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Write the import file of a book, its report beside it. Exit status 1 when something stops the export."""
    with _stoppable():
        description = _description(format_, software)
        if not out.is_dir():
            raise typer.BadParameter(f"{out} is no folder: make it first, or name another", param_hint="--out")
        watched = not as_json and sys.stderr.isatty()
        book = _book(input_, siren, watched=watched)
        year = _year(input_, year_start, year_end)
        journals = _journals(journal_map)
        order = Order(
            description=description,
            parameters=Parameters(
                exported_on=exported_on or datetime.now(),  # noqa: DTZ005 - a date for people, by this machine's clock
                company=company or book.name,
                folder=folder,
                first_number=first_number,
                account_length=account_length,
                year_start=year[0],
                year_end=year[1],
            ),
            out=out,
            journals=journals.codes,
            named_at=journals.lines,
            documents=documents,
            period=Period(first.date() if first else None, last.date() if last else None),
            strict=strict,
        )
        _demand_what_the_format_needs(description, book, order)
        try:
            done = _run(book, order, watched=watched)
        except OutputRefused as error:
            _refuse(str(error))
        typer.echo(done.report.as_json().decode() if as_json else _told(done))
        raise typer.Exit(REFUSED if done.report.stopped else 0)


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does: with one line and nothing half written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped: no file is half written, and the same command begins again", err=True)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _description(format_: str | None, software: str | None) -> Description:
    if (format_ is None) == (software is None):
        raise typer.BadParameter("give either --format NAME or --software NAME")
    try:
        return format_of(format_) if format_ else formats_of(str(software))[0]
    except UnknownFormat as error:
        raise typer.BadParameter(str(error)) from None


def _book(path: Path, siren: str | None, *, watched: bool) -> Book:
    try:
        with Console(stderr=True).status(f"reading {path.name}") if watched else nullcontext():
            book = read_book(path)
    except FecRefused as refused:
        more = f"\n  … {refused.count} problems in all" if refused.count > len(refused.problems) else ""
        _refuse(f"{path.name} cannot be read:\n  " + "\n  ".join(map(str, refused.problems[:MOST_SHOWN])) + more)
    return Book(book.name, siren or book.siren, book.entries, book.count, book.notices)


def _year(path: Path, start: datetime | None, end: datetime | None) -> tuple[date | None, date | None]:
    """The fiscal year: as said, else by the closing date in a FEC's name, taken for the end of twelve months."""
    closing = end.date() if end else read_file_name(path.name).closing
    if start or closing is None:
        return (start.date() if start else None), closing
    return date.fromisoformat(fiscal_years([closing], closing)[0].start), closing


def _journals(path: Path | None) -> JournalMap:
    if path is None:
        return JournalMap()
    try:
        return read_journal_map(path)
    except JournalMapRefused as error:
        _refuse(str(error))


def _demand_what_the_format_needs(description: Description, book: Book, order: Order) -> None:
    """A file must not be named or dated by a guess."""
    if "{siren}" in description.file_name and not book.siren:
        raise typer.BadParameter(f"{description.name} names its file by the company's SIREN: say --siren")
    if description.one_year and (order.parameters.year_end is None or order.parameters.year_start is None):
        raise typer.BadParameter(
            f"{description.name} holds one fiscal year: say --year-end, and --year-start if it had no twelve months"
        )


def _run(book: Book, order: Order, *, watched: bool) -> Done:
    if not watched:
        return export(book, order)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(order.description.name, total=book.count)

        def show(entries: int) -> None:
            if entries % STEP == 0 or entries == book.count:
                bar.update(task, completed=entries)

        return export(book, order, show)


def _told(done: Done) -> str:
    report = done.report
    totals = report.totals
    lines = (
        []
        if report.stopped
        else [f"{totals.entries} entries, {totals.lines} lines, debit {totals.debit:.2f}, credit {totals.credit:.2f}"]
    )
    for code, alike in groupby(report.findings.told(), lambda found: found.code):
        shown = list(islice(alike, MOST_ALIKE))
        lines += [f"  {found.where or 'book'}: {found.message('en')} {found.remedy('en')}" for found in shown]
        if (more := report.findings.counts[code] - len(shown)) > 0:
            lines.append(f"  … and {more} more of this kind: see the report")
    if report.stopped:
        lines.insert(0, "nothing was written:")
    return "\n".join([*lines, *map(str, done.files)])


def _refuse(what: str) -> NoReturn:
    typer.echo(what, err=True)
    raise typer.Exit(REFUSED)
