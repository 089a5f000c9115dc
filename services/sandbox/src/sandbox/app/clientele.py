"""Fills the main job's firm with client files in different states, by what its people and its softwares would do."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.adapters.api import ApiRefused
from sandbox.app.following import Route, publish_all, until_quiet
from sandbox.app.main_job import FIRM_NAME
from sandbox.app.onboarding import Client, activate, fill_software, introduce, introduce_alone, retrieve, tie
from sandbox.app.systems import Progress, Systems, once_arrived
from sandbox.domain.book.desk import YEAR
from sandbox.domain.book.problems import CLOSED_LATER, LOCKED_JOURNAL
from sandbox.domain.book.workshop import load_workshop
from sandbox.domain.clientele import INACTIVE, PUT_OFF, WAITS, FileStory, Portions, entries_of, load_clientele
from sandbox.domain.closing_report import FilledFirm
from sandbox.domain.drafts import Draft
from sandbox.domain.seed import SoftwareFileSeed
from sandbox.domain.software_seed import seed_from_workshop
from sandbox.software.registry import rules_of, softwares

ARRIVING = ("unseen", "sending")


@dataclass(frozen=True, slots=True)
class _Place:
    """A client file on both sides, and what is published in it."""

    story: FileStory
    client: Client
    route: Route
    portions: Portions


class Firm:
    """The rest of a firm. Raises `GaveUp`, `ApiRefused` and `Unreachable`."""

    def __init__(self, systems: Systems, firm_id: str, run: str, progress: Progress) -> None:
        self._systems = systems
        self._firm_id = firm_id
        self._run = run
        self._progress = progress

    async def fill(self) -> FilledFirm:
        """Make every client file of the clientele and leave each in its state; what the firm looks like then."""
        clientele = {connector: load_clientele(connector) for connector in softwares()}
        stories = [story for part in clientele.values() for story in part.files]
        places = []
        for number, story in enumerate(stories, start=1):
            if story.story == "only_there":
                await fill_software(self._systems, self._client(number, story), self._progress)
            else:
                places.append(await self._make(number, story))
        for connector, part in clientele.items():
            if part.frequency:
                await self._choose(connector, part.frequency)
        for place in places:
            if place.story.story in PUT_OFF:
                await self._publish(place, place.portions.later)
        for place in places:
            await self._settle(place)
        return await self._seen()

    async def _seen(self) -> FilledFirm:
        hub = self._systems.hub
        token = await hub.sign_in(self._firm_id, self._systems.platform_secret)
        me = await hub.me()
        states = Counter(file["state"] for file in await hub.files())
        return FilledFirm(self._firm_id, me["firm"]["name"], dict(states), me["member"]["name"], token)

    async def _make(self, number: int, story: FileStory) -> _Place:
        """Up to where the firm changes how often entries leave: what was published is in the books by then."""
        client = self._client(number, story)
        portions = entries_of(story, number, rules_of(story.connector).closes)
        software_file_id = await self._tied(story, client)
        route = Route(self._firm_id, client.file_id, story.connector, software_file_id)
        place = _Place(story, client, route, portions)
        if portions.first:
            await self._publish(place, portions.first)
            await until_quiet(self._systems, client.file_id, self._progress)
        if story.story == "returned":
            await self._spoil(client.seed)
        if story.story not in PUT_OFF and portions.later:
            await self._publish(place, portions.later)
        return place

    async def _tied(self, story: FileStory, client: Client) -> str:
        """As far as the story goes: known, tied, active; the software file's number, if there is one."""
        if story.there is None:
            await introduce_alone(self._systems, client, self._progress)
            return ""
        software_file_id = await introduce(self._systems, client, self._progress)
        if story.story != "to_map":
            await tie(self._systems, client, self._progress)
        if story.story not in INACTIVE:
            await activate(self._systems, client, self._progress)
            await retrieve(self._systems, client, self._progress)
        return software_file_id

    async def _publish(self, place: _Place, drafts: Sequence[Draft]) -> None:
        await publish_all(self._systems, place.route, drafts, len(drafts), self._progress)

    async def _spoil(self, seed: SoftwareFileSeed) -> None:
        """What somebody closes in the software after its reference data were retrieved."""
        control, closes = self._systems.control, rules_of(seed.connector).closes
        if "journal" in closes:
            await control.lock_journal(seed.connector, seed.code, LOCKED_JOURNAL, locked=True)
        if "account" in closes:
            await control.close_account(seed.connector, seed.code, CLOSED_LATER, closed=True)

    async def _choose(self, connector: str, frequency: str) -> None:
        hub = self._systems.hub
        sheet = await hub.sheet(connector)
        for connection in await hub.connections(connector):
            await hub.choose_frequency(
                connection["connection_id"], frequency, weekly_accounts=bool(sheet.weekly_accounts)
            )
        self._progress.step(f"{sheet.name}: entries leave {frequency}")

    async def _settle(self, place: _Place) -> None:
        """Wait until a file's entries are where its story leaves them."""
        wait = WAITS.get(place.story.story)

        async def settled() -> dict[str, Any]:
            seen = await self._systems.platform.progress(place.client.file_id)
            states = seen["states"]
            arriving = sum(states.get(state, 0) for state in ARRIVING)
            waiting = seen["waiting"].get(wait, 0) if wait else 0
            wanted = (0, place.portions.waiting, place.portions.returned)
            if (arriving, waiting, states.get("returned", 0)) != wanted:
                raise ApiRefused("the platform", 409, "not_settled", f"{place.story.name} is at {seen}")
            return dict(states)

        states = await once_arrived(f"{place.story.name} comes to rest", settled)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no entries"
        self._progress.step(f"{place.story.name}: {told}{f', waiting for {wait}' if wait and states else ''}")

    def _client(self, number: int, story: FileStory) -> Client:
        code = f"C{number:02}-{self._run[-6:]}"
        seed = seed_from_workshop(load_workshop(), connector=story.connector, firm=self._firm_id, code=code)
        siret = f"{story.siren}00017" if story.siren else None
        years = tuple(year for year in seed.fiscal_years if story.story != "year_missing" or year.start.year != YEAR)
        return Client(
            firm_id=self._firm_id,
            firm_name=FIRM_NAME,
            file_id=f"fil_demo_{self._run}_{number}",
            siren=story.siren,
            seed=seed.model_copy(update={"name": story.there or story.name, "siret": siret, "fiscal_years": years}),
            send_from=f"{YEAR}-01-01",
            ask_about_duplicates=True,
            real_limits=False,
            name=story.name,
        )
