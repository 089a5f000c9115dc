"""Runs one job of a command beside a running system, reports, and ends with the status of the house (DESIGN 9)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

import orjson
import typer
from rich.console import Console

from qontable.addresses import Addresses, NoAddresses, read_addresses
from sandbox.adapters.api import ApiRefused, Unreachable
from sandbox.app.systems import GaveUp, Progress, Systems, open_systems
from sandbox.domain.closing_report import ClosingReport
from sandbox.entrypoints.closing import show
from sandbox.entrypoints.console import watching

DONE, REFUSED, UNREACHABLE = 0, 1, 3
PAGE_WIDTH = 160

Job = Callable[[Systems, Progress], Awaitable[ClosingReport]]


def run_job(job: Job, *, as_json: bool) -> NoReturn:
    """Run, print the report (as JSON on the output stream, or for people), exit 0 when clean, 1 or 3 otherwise."""
    report = _report(job)
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        show(report, readable_console())
    raise typer.Exit(DONE if report.clean else REFUSED)


def run_jobs(jobs: Iterable[Job], *, as_json: bool) -> NoReturn:
    """One after the other, each with its report (a list of them as JSON); the first that cannot go on ends them all."""
    reports = []
    for job in jobs:
        reports.append(_report(job))
        if not as_json:
            show(reports[-1], readable_console())
    if as_json:
        typer.echo(orjson.dumps([report.as_json() for report in reports], option=orjson.OPT_INDENT_2).decode())
    raise typer.Exit(DONE if all(report.clean for report in reports) else REFUSED)


def _report(job: Job) -> ClosingReport:
    try:
        addresses = read_addresses()
        report = asyncio.run(_run(job, addresses))
    except (NoAddresses, Unreachable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNREACHABLE) from None
    except (GaveUp, ApiRefused) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
    report.addresses = addresses.http | {"logs": addresses.logs}
    return report


def readable_console() -> Console:
    """As wide as the terminal; where there is none, wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=PAGE_WIDTH)


async def _run(job: Job, addresses: Addresses) -> ClosingReport:
    with watching() as progress:
        async with open_systems(addresses) as systems:
            return await job(systems, progress)
