"""`qontable demo`: the main job before one's eyes, with a report."""

from typing import Annotated

import typer

from qontable.clock import now
from sandbox.app.main_job import DemoOrder, MainJob
from sandbox.app.systems import Progress, Systems
from sandbox.domain.book.generator import LEAST_ENTRIES
from sandbox.domain.closing_report import ClosingReport
from sandbox.entrypoints.connector import DEFAULT, Connector
from sandbox.entrypoints.job import run_job

app = typer.Typer()


@app.command()
def demo(
    connector: Connector = DEFAULT,
    entries: Annotated[int, typer.Option(min=LEAST_ENTRIES, help="Entries of the year's book.")] = 320,
    real_limits: Annotated[bool, typer.Option("--real-limits", help="Keep the vendor's own request limits.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """A company's year goes from the platform into a stand-in software's books; what comes back is corrected."""
    order = DemoOrder(connector, entries, real_limits, f"{now():%y%m%d-%H%M%S}")

    async def job(systems: Systems, progress: Progress) -> ClosingReport:
        return await MainJob(systems, order, progress).run()

    run_job(job, as_json=as_json)
