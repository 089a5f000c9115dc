"""`qontable sandbox publish`: the stand-in platform publishes a given book."""

import re
from pathlib import Path
from typing import Annotated

import typer

from qontable.fec import FecRefused, open_fec
from qontable.fec.problems import Findings
from sandbox.app.replay import GivenBook, ReplayOrder, replay
from sandbox.app.systems import Progress, Systems
from sandbox.domain.closing_report import ClosingReport
from sandbox.domain.event_drafts import axes_of_drafts, chart_of_drafts, drafts_of_events
from sandbox.domain.fec_drafts import drafts_of_fec
from sandbox.entrypoints.connector import ALL, DEFAULT, ConnectorOrAll, named
from sandbox.entrypoints.job import REFUSED, Job, run_job, run_jobs

InputFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True)]


def publish(
    fec: InputFile = None,
    events: InputFile = None,
    connector: ConnectorOrAll = DEFAULT,
    software_file: Annotated[
        str | None, typer.Option(help="Code of the software file; by default made of the book's own name.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all is quiet, and have the books judged.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Publish a FEC, or entry.validated bodies one a line: one entry.validated per entry, with a document each."""
    path = fec or events
    if path is None or (fec and events):
        raise typer.BadParameter("give either --fec FILE or --events FILE")
    try:
        book = read_fec(path) if fec else read_events(path)
    except FecRefused as refused:
        _refuse(path, refused)
    code = software_file or _code(path, book.siren)

    def job(name: str) -> Job:
        async def publish_book(systems: Systems, progress: Progress) -> ClosingReport:
            for notice in book.notices:
                progress.step(notice)
            return await replay(systems, book, ReplayOrder(name, code, wait), progress)

        return publish_book

    jobs = [job(name) for name in named(connector)]
    if connector == ALL:
        run_jobs(jobs, as_json=as_json)
    run_job(jobs[0], as_json=as_json)


def read_fec(path: Path) -> GivenBook:
    """The book that a FEC holds. Raises `FecRefused`."""
    fec = open_fec(path)
    notices = [f"read as {fec.encoding.name}", *map(str, fec.notices)]
    return GivenBook(
        name=path.stem,
        siren=fec.name.siren,
        chart=fec.chart,
        entries=fec.entry_count,
        drafts=lambda: drafts_of_fec(fec, Findings()),
        notices=notices,
    )


def read_events(path: Path) -> GivenBook:
    """The book that a file of events holds. Raises `FecRefused`."""
    drafts = list(drafts_of_events(path))
    return GivenBook(
        name=path.stem,
        siren=None,
        chart=chart_of_drafts(drafts),
        entries=len(drafts),
        drafts=lambda: drafts,
        axes=axes_of_drafts(drafts),
    )


def _code(path: Path, siren: str | None) -> str:
    """A code for the software file: the company's SIREN where the file name tells it, else the name itself."""
    return siren or re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-").upper()[:30] or "BOOK"


def _refuse(path: Path, refused: FecRefused) -> None:
    if refused.count == 1:
        typer.echo(f"{path.name} cannot be read: {refused.problems[0]}", err=True)
        raise typer.Exit(REFUSED)
    typer.echo(f"{path.name} cannot be read:", err=True)
    for problem in refused.problems:
        typer.echo(f"  {problem}", err=True)
    if refused.count > len(refused.problems):
        typer.echo(f"  … {refused.count} problems in all", err=True)
    raise typer.Exit(REFUSED)
