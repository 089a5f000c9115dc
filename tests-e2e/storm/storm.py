"""One storm: firms come on board, entries are published while parts die, then all gets quiet and is judged."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic

from sandbox.app.onboarding import onboard
from sandbox.app.systems import open_systems

from .accountants import Accountants, patiently
from .eyes import Eyes
from .firms import Firm, firms_of, make_files
from .judgement import Judgement, judge, set_aside_counts, stuck, twice_in_the_books
from .misfortunes import Log, Misfortunes
from .noise import Noise
from .order import StormOrder
from .paper import ROUND_SECONDS, Paper, judge_paper, open_paper
from .planted import Planted, plant_and_judge
from .rig import Rig, open_rig
from .script import write_script


@dataclass(slots=True)
class Outcome:
    """What a storm was and what came of it."""

    order: StormOrder
    judgement: Judgement
    log: Log
    deeds: Counter[str]
    set_aside: Counter[str]
    published: dict[tuple[str, str], int]
    rubbish: int
    repeats: int
    seconds: float
    stormed: float
    faults_struck: Counter[str] = field(default_factory=Counter)
    exports: Counter[str] = field(default_factory=Counter)
    evenings: int = 0
    planted: list[Planted] = field(default_factory=list)

    @property
    def first_fault(self) -> int | None:
        """How many entries had been published with the first one that the books have wrong; nothing where none is."""
        return min((self.published[place] for place in self.judgement.wrong if place in self.published), default=None)


async def run_storm(order: StormOrder, folder: Path) -> Outcome:
    """Run one storm in a folder of its own; plant faults where it found none."""
    async with open_rig(order, folder) as rig, _on_board(rig) as firms:
        eyes = Eyes(rig.surroundings.postgres_admin_url)
        try:
            async with open_paper(rig, eyes) as paper:
                outcome = await _Storm(rig, firms, paper, eyes).run()
                if outcome.judgement.clean:
                    outcome.planted = await plant_and_judge(eyes, firms, rig.surroundings.kafka)
                return outcome
        finally:
            await eyes.close()


@asynccontextmanager
async def _on_board(rig: Rig) -> AsyncIterator[list[Firm]]:
    """Firms that are connected, mapped and active."""
    async with AsyncExitStack() as stack:
        firms = {
            firm_id: Firm(firm_id, await stack.enter_async_context(open_systems(rig.addresses)))
            for firm_id in firms_of(rig.order)
        }
        for file in make_files(rig.order):
            firm = firms[file.firm_id]
            file.software_file_id = (await onboard(firm.systems, file.client, _Quiet())).software_file_id
            firm.files.append(file)
        for firm_id, (frequency, _) in firms_of(rig.order).items():
            hub = firms[firm_id].systems.hub
            for connector in firms[firm_id].connectors:
                (connection, *_) = await hub.connections(connector)
                weekly = bool(connection["options"]["synchronize_accounts"])
                await hub.choose_frequency(str(connection["connection_id"]), frequency, weekly_accounts=weekly)
        yield list(firms.values())


class _Quiet:
    """Nobody watches the firms come on board."""

    def step(self, text: str) -> None:
        """Say nothing."""

    def count(self, text: str, done: int, total: int) -> None:
        """Say nothing."""


class _Storm:
    def __init__(self, rig: Rig, firms: list[Firm], paper: Paper, eyes: Eyes) -> None:
        self._rig = rig
        self._firms = firms
        self._paper = paper
        self._eyes = eyes
        chance = Random(rig.order.seed)
        self._script = write_script([file for firm in firms for file in firm.files], chance)
        self._people = Accountants(firms, self._eyes)
        self._misfortunes = Misfortunes(rig, self._eyes, firms, self._people, paper, chance)
        self._noise = Noise(rig.surroundings.kafka, (*rig.order.connectors, "export"), Random(rig.order.seed + 1))
        self._done = 0
        self._found = asyncio.Event()

    async def run(self) -> Outcome:
        began = monotonic()
        async with asyncio.TaskGroup() as group:
            around = [self._people.work(), self._noise.make(), self._misfortunes.order_faults(), self._export()]
            if self._rig.order.broken:
                around.append(self._watch())
            background = [group.create_task(work) for work in around]
            await asyncio.gather(
                self._publish(), self._misfortunes.befall(lambda: self._share_done, self._found.is_set)
            )
            for task in background:
                task.cancel()
        stormed = monotonic() - began
        self._people.late = True
        struck = await self._end_faults()
        await self._paper.work(1.0)
        await self._paper.ask_all_again()
        await self._until_quiet()
        judgement = await judge(self._eyes, self._firms, self._rig.surroundings.kafka)
        faults, ended = await judge_paper(self._paper, self._eyes)
        for word, found in faults.items():
            getattr(judgement, word).extend(found)
        return Outcome(
            order=self._rig.order,
            judgement=judgement,
            log=self._misfortunes.log,
            deeds=self._people.done,
            set_aside=await set_aside_counts(self._eyes),
            published=self._people.published,
            rubbish=self._noise.rubbish,
            repeats=self._noise.repeats,
            seconds=monotonic() - began,
            stormed=stormed,
            faults_struck=struck,
            exports=ended,
            evenings=await self._eyes.value("select coalesce(sum(woken), 0) from entries.schedules"),
        )

    async def _publish(self) -> None:
        for deed in self._script:
            if self._found.is_set():
                return
            await self._people.do(deed)
            self._done += 1
            await self._misfortunes.keep_pace(self._share_done)

    async def _watch(self) -> None:
        """See when the first entry is twice in the books: a storm over a robbed system has done what it is for then."""
        while not await twice_in_the_books(self._eyes):
            await asyncio.sleep(1.0)
        self._found.set()

    async def _export(self) -> None:
        """Have import files written as long as the storm lasts."""
        while True:
            await self._paper.work(self._share_done)
            await asyncio.sleep(ROUND_SECONDS)

    @property
    def _share_done(self) -> float:
        return self._done / len(self._script)

    async def _end_faults(self) -> Counter[str]:
        """End the software's faults; how often each struck since its last start."""
        control = self._firms[0].systems.control
        struck = await patiently(control.faults)
        await patiently(control.end_faults)
        return Counter({f"{fault['kind']} {fault['route']}": fault["struck"] for fault in struck})

    async def _until_quiet(self) -> None:
        """Return when nothing is under way, or nothing has moved for so long that it never will.

        What is twice in the books stays so: there is nothing to wait for then.
        """
        last: dict[str, int] = {}
        changed = monotonic()
        while monotonic() - changed < self._rig.order.patience_seconds:
            await self._people.round()
            await self._paper.round()
            found = await stuck(self._eyes)
            if not found and not await self._people.to_correct():
                return
            if await twice_in_the_books(self._eyes):
                return
            stands = {what: len(items) for what, items in found.items() if not what.startswith("records not relayed")}
            if stands != last:
                last, changed = stands, monotonic()
            await asyncio.sleep(1.0)
