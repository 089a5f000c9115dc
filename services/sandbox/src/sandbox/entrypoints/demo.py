"""`qontable demo`: the main job before one's eyes, with a report."""

from typing import Annotated

import typer

from qontable.clock import now
from sandbox.app.clientele import Firm
from sandbox.app.main_job import DemoOrder, MainJob
from sandbox.app.systems import Progress, Systems
from sandbox.domain.book.generator import LEAST_ENTRIES
from sandbox.domain.closing_report import ClosingReport
from sandbox.entrypoints.connector import ALL, DEFAULT, ConnectorOrAll, named
from sandbox.entrypoints.job import Job, run_job, run_jobs

app = typer.Typer()


@app.command()
def demo(
    connector: ConnectorOrAll = DEFAULT,
    entries: Annotated[int, typer.Option(min=LEAST_ENTRIES, help="Entries of the year's book.")] = 320,
    real_limits: Annotated[bool, typer.Option("--real-limits", help="Keep the vendor's own request limits.")] = False,
    firm: Annotated[bool, typer.Option("--firm", help="Then fill the firm: client files in every state.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """A company's year goes from the platform into a stand-in software's books; what comes back is corrected."""
    run = f"{now():%y%m%d-%H%M%S}"

    names = named(connector)

    def job(name: str) -> Job:
        async def book(systems: Systems, progress: Progress) -> ClosingReport:
            order = DemoOrder(name, entries, real_limits, run)
            report = await MainJob(systems, order, progress).run()
            if firm and name == names[-1]:
                report.firm = await Firm(systems, order.firm_id, run, progress).fill()
            return report

        return book

    jobs = [job(name) for name in names]
    if connector == ALL:
        run_jobs(jobs, as_json=as_json)
    run_job(jobs[0], as_json=as_json)
