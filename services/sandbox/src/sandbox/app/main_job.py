"""The main job, for people to watch: a book goes from the platform into the books, and what comes back is mended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic

from sandbox.app.following import Route, publish_all, until_quiet, until_revised
from sandbox.app.onboarding import Client, onboard
from sandbox.app.systems import Progress, Systems, once_arrived
from sandbox.domain.book.desk import YEAR
from sandbox.domain.book.generator import Book, make_book
from sandbox.domain.book.problems import CLOSED_LATER, LOCKED_JOURNAL, Problem, plant_problems
from sandbox.domain.closing_report import ClosingReport, Returned, read_returned
from sandbox.domain.drafts import Draft
from sandbox.domain.software_seed import seed_from_workshop
from sandbox.software.registry import rules_of

FIRM_NAME = "Cabinet Fontaine & Associés"


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """What is to be shown. `run` tells this run's firm and files from those of earlier ones."""

    connector: str
    entries: int
    real_limits: bool
    run: str

    @property
    def firm_id(self) -> str:
        """The firm of this run, the same for every connector."""
        return f"frm_demo_{self.run}"


class MainJob:
    """One run. Raises `GaveUp`, `ApiRefused` and `Unreachable`."""

    def __init__(self, systems: Systems, order: DemoOrder, progress: Progress) -> None:
        self._systems = systems
        self._order = order
        self._progress = progress
        self._book: Book = make_book(order.entries)
        self._closes = rules_of(order.connector).closes
        self._problems = {problem.published.key: problem for problem in plant_problems(self._book, self._closes)}
        self._client = _client(self._book, order)
        self.report = ClosingReport(
            title=self._book.workshop.company.name,
            connector=order.connector,
            software_file=self._client.seed.code,
            limits="the vendor's own" if order.real_limits else "granted above the vendor's own",
            entries=order.entries,
        )

    async def run(self) -> ClosingReport:
        """Connect, publish, wait, let problems arise, correct, wait, and have the books judged."""
        with self._timed("connected, mapped, reference data retrieved"):
            onboarded = await onboard(self._systems, self._client, self._progress)
        self._route = Route(
            self._client.firm_id, self._client.file_id, self._order.connector, onboarded.software_file_id
        )
        with self._timed("published and booked"):
            await self._publish([draft for draft in self._book.drafts if not self._arises_later(draft)])
        with self._timed("published after the software changed"):
            await self._change_software(spoilt=True)
            await self._publish([draft for draft in self._book.drafts if self._arises_later(draft)])
        with self._timed("corrected and booked"):
            await self._change_software(spoilt=False)
            await self._correct()
        with self._timed("judged"):
            seed = self._client.seed
            self.report.verdict = await self._systems.control.ledger(seed.connector, seed.code)
        return self.report

    async def _publish(self, drafts: list[Draft]) -> None:
        planted = [self._problems[draft.key].published if draft.key in self._problems else draft for draft in drafts]
        sent = await publish_all(self._systems, self._route, planted, len(planted), self._progress)
        for kind, count in sent.kinds.items():
            self.report.kinds[kind] = self.report.kinds.get(kind, 0) + count
        await until_quiet(self._systems, self._route.file_id, self._progress)
        self._progress.step(f"{len(planted)} entries published; all quiet")

    async def _change_software(self, *, spoilt: bool) -> None:
        """What somebody does in the software while entries are on their way, and takes back afterwards."""
        control, place = self._systems.control, (self._client.seed.connector, self._client.seed.code)
        done = []
        if "journal" in self._closes:
            await control.lock_journal(*place, LOCKED_JOURNAL, locked=spoilt)
            done.append(f"journal {LOCKED_JOURNAL} is {'locked' if spoilt else 'unlocked'}")
        if "account" in self._closes and spoilt:
            await control.close_account(*place, CLOSED_LATER, closed=True)
            done.append(f"account {CLOSED_LATER} is closed")
        if "fiscal_year" in self._closes:
            await control.close_year(*place, f"{YEAR}-01-01", closed=spoilt)
            done.append(f"fiscal year {YEAR} is {'closed' if spoilt else 'open again'}")
        self._progress.step(f"in the software, {', '.join(done) or 'nothing can be closed'}")

    async def _correct(self) -> None:
        """Correct what came back through the Hub; what should have come back and did not is a failure."""
        file_id = self._route.file_id
        returned = [read_returned(entry) for entry in await self._systems.platform.entries(file_id, "returned")]
        self._compare(returned)
        for item in returned:
            problem = self._problems.get(item.key)
            if problem:
                self.report.returned.append(await self._mend(item, problem))
        await until_revised(self._systems, file_id, {item.entry_id: item.revision for item in self.report.returned})
        await until_quiet(self._systems, file_id, self._progress)
        self._progress.step(f"{len(self.report.returned)} entries corrected through the Hub and validated again")

    async def _mend(self, item: Returned, problem: Problem) -> Returned:
        content = None
        if problem.corrected:
            said = await self._systems.platform.entry(self._route.file_id, item.entry_id)
            corrected = problem.corrected.content(said.firm_id, said.file_id, said.revision, said.documents)
            content = corrected.model_dump(mode="json", by_alias=True, exclude_none=True)
        hub = self._systems.hub
        await once_arrived(
            f"the Hub lets {item.key} be corrected",
            lambda: hub.correct(self._route.file_id, item.entry_id, item.revision, content),
        )
        return replace(item, mended="entry corrected" if content else "put right in the software, validated again")

    def _compare(self, returned: list[Returned]) -> None:
        for item in returned:
            if item.key not in self._problems:
                self.report.failures.append(f"{item.key} came back unexpectedly: {item.words}")
        who = {"reference_data": "pre-flight", "software": "software"}
        found = {item.key: item.said_by for item in returned}
        for key, problem in self._problems.items():
            if found.get(key) != who[problem.where]:
                said_by = found.get(key, "nobody")
                self.report.failures.append(
                    f"{key} ({problem.name}): {who[problem.where]} should say so, {said_by} did"
                )

    def _arises_later(self, draft: Draft) -> bool:
        return draft.key in self._problems and self._problems[draft.key].where == "software"

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = monotonic()
        yield
        self.report.seconds[what] = round(monotonic() - started, 2)


def _client(book: Book, order: DemoOrder) -> Client:
    company = book.workshop.company
    return Client(
        firm_id=order.firm_id,
        firm_name=FIRM_NAME,
        file_id=f"fil_demo_{order.run}.{order.connector}",
        siren=company.siren,
        seed=seed_from_workshop(
            book.workshop, connector=order.connector, firm=order.firm_id, code=f"{company.code}-{order.run}"
        ),
        send_from=f"{YEAR}-01-01",
        ask_about_duplicates=True,
        real_limits=order.real_limits,
    )
