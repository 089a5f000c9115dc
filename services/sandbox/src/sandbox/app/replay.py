"""A given book, a FEC or a file of events, goes from the platform into the books of a software file."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic

from qontable.fec.chart import Chart
from sandbox.app.following import Route, publish_all, until_quiet
from sandbox.app.onboarding import Client, onboard
from sandbox.app.systems import Progress, Systems
from sandbox.domain.closing_report import ClosingReport, read_returned
from sandbox.domain.drafts import Draft
from sandbox.domain.naming import collisions
from sandbox.domain.seed import AxisSeed
from sandbox.domain.software_seed import seed_from_chart
from sandbox.software.registry import rules_of

FIRM_ID = "frm_sandbox"
FIRM_NAME = "Cabinet du bac à sable"


@dataclass(frozen=True, slots=True)
class GivenBook:
    """A book that was checked: `drafts()` reads it again each time. `siren` where its name tells."""

    name: str
    siren: str | None
    chart: Chart
    entries: int
    drafts: Callable[[], Iterable[Draft]]
    axes: tuple[AxisSeed, ...] = ()
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """Where the book goes; without `wait` it is only published."""

    connector: str
    software_file: str
    wait: bool


async def replay(systems: Systems, book: GivenBook, order: ReplayOrder, progress: Progress) -> ClosingReport:
    """Prepare the software file, publish every entry, and with `wait` have the books judged once all is quiet.

    The same book again says nothing twice. Raises `GaveUp`, `ApiRefused`, `Unreachable` and
    `UnknownSoftware`.
    """
    client = _client(book, order)
    report = ClosingReport(
        book.name, order.connector, order.software_file, "granted above the vendor's own", book.entries
    )
    report.notices = [*book.notices, *_collisions(book, order.connector)]
    started = monotonic()
    onboarded = await onboard(systems, client, progress)
    report.seconds["prepared"] = round(monotonic() - started, 2)
    route = Route(client.firm_id, client.file_id, order.connector, onboarded.software_file_id)
    sent = await publish_all(systems, route, book.drafts(), book.entries, progress)
    report.kinds = sent.kinds
    report.seconds["published"] = round(monotonic() - started, 2)
    progress.step(f"{sent.published} entries published, {sent.unchanged} were there before")
    if order.wait:
        await until_quiet(systems, client.file_id, progress)
        report.seconds["all quiet"] = round(monotonic() - started, 2)
        report.returned = [read_returned(entry) for entry in await systems.platform.entries(client.file_id, "returned")]
        report.verdict = await systems.control.ledger(order.connector, order.software_file)
    return report


def _client(book: GivenBook, order: ReplayOrder) -> Client:
    years = book.chart.fiscal_years
    return Client(
        firm_id=FIRM_ID,
        firm_name=FIRM_NAME,
        file_id=f"fil_{as_identifier(f'{order.connector}.{order.software_file}')}",
        siren=book.siren,
        seed=seed_from_chart(
            book.chart, book.axes, connector=order.connector, firm=FIRM_ID, code=order.software_file, name=book.name
        ),
        send_from=years[0].start,
        ask_about_duplicates=False,
        real_limits=False,
    )


def _collisions(book: GivenBook, connector: str) -> list[str]:
    return [
        f"subsidiary accounts {first} and {second} are both {number} in {connector}: the books cannot tell them apart"
        for first, second, number in collisions(rules_of(connector), book.chart.subsidiaries)
    ]


def as_identifier(text: str) -> str:
    """A text as part of an id; what has other characters, or is long, gets a hash so that no two become the same."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:40]
    return plain if plain == text else f"{plain}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"
