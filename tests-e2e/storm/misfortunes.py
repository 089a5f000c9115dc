"""What goes wrong, when, and to whom: drawn from a seed, one misfortune after another while entries travel."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from random import Random
from time import monotonic

import psutil

from sandbox.adapters.api import ApiRefused, Unreachable
from sandbox.software.registry import rules_of

from .accountants import Accountants, patiently
from .books import sent
from .eyes import Eyes
from .firms import Firm
from .order import StormOrder
from .paper import Paper
from .rig import INFRASTRUCTURE, KAFKA_SESSION_SECONDS, Rig, furnish
from .service import LEASE_SECONDS
from .softwares import faults_of
from .steps import where_entries_are

PAUSE_SECONDS = 3 * max(LEASE_SECONDS, KAFKA_SESSION_SECONDS)
SENT_SECONDS = 0.3
"""What has left a stopped process is in the books by then."""
MOST_TRIES = 40
UNSENT = """
    d.state = 'sending' and exists (
        select from gateways.attempts a
        where a.delivery_id = d.delivery_id and a.outcome is null and a.slot like $1
    )
"""
WRITING = "select export_id from exports.batches where state = 'gathering' and leased_until > now() limit 1"
FULL_SECONDS = 8.0
REVOKED_SECONDS = 6.0
LOCKED_SECONDS = 4.0
LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Log:
    """What went wrong, for the report: lines, how often each part was killed, in which steps entries were then."""

    began: float = field(default_factory=monotonic)
    lines: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)

    def note(self, text: str) -> None:
        """Remember a misfortune."""
        self.lines.append(f"{monotonic() - self.began:6.1f} s  {text}")


@dataclass(frozen=True, slots=True)
class Misfortune:
    """Something that goes wrong; `alone` ones end before the next begins, so that what they lead to is seen."""

    strike: Callable[[], Awaitable[None]]
    alone: bool = False


class Misfortunes:
    """Everything that goes wrong in one storm."""

    def __init__(
        self, rig: Rig, eyes: Eyes, firms: list[Firm], people: Accountants, paper: Paper, chance: Random
    ) -> None:
        self._rig = rig
        self._eyes = eyes
        self._firms = firms
        self._people = people
        self._paper = paper
        self._chance = chance
        self.log = Log()
        self._plan = list(self._draw(rig.order))
        self._struck = 0
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many misfortunes are to come in all."""
        return len(self._plan)

    async def befall(self, done: Callable[[], float], is_over: Callable[[], bool]) -> None:
        """Let them happen while `done` goes from 0 to 1, evenly with some chance, and wait for the end of each.

        Once it `is_over`, no further one begins.
        """
        for number, misfortune in enumerate(self._plan):
            while done() < (number + 0.5) / len(self._plan) and not is_over():
                await asyncio.sleep(LOOK_SECONDS)
            if is_over():
                self._struck = self.count  # nothing is to come any more that publishing had to wait for
                break
            await asyncio.sleep(self._chance.uniform(0, 1.0))
            task = asyncio.create_task(misfortune.strike())
            self._under_way.add(task)
            await asyncio.wait({task}, timeout=None if misfortune.alone else 5.0)
            self._struck = number + 1
        await asyncio.gather(*self._under_way)

    async def keep_pace(self, done: float) -> None:
        """Return once so much has gone wrong that something is still to come for what is done next."""
        while done > (self._struck + 1) / max(self.count, 1):
            await asyncio.sleep(LOOK_SECONDS)

    async def order_faults(self) -> None:
        """Have the software's faults on, and on again after each of its restarts, until cancelled."""
        control = self._firms[0].systems.control
        faults = list(faults_of(self._rig.order.connectors))
        while True:
            with suppress(ApiRefused, Unreachable):
                if len(await control.faults()) < len(faults):
                    await control.end_faults()
                    for number, fault in enumerate(faults):
                        seed = self._chance.randrange(2**31) + number
                        await control.order_fault(**asdict(fault), seed=seed)
            await asyncio.sleep(1.0)

    def _draw(self, order: StormOrder) -> Iterator[Misfortune]:
        """Kills of every part in turn, with the other troubles among them."""
        victims = [*self._rig.services, *INFRASTRUCTURE]
        kills: list[str] = []
        while len(kills) < order.kills:
            self._chance.shuffle(victims)
            kills += victims
        plan = [Misfortune(partial(self._kill, name)) for name in kills[: order.kills]]
        for other in self._others(order):
            plan.insert(self._chance.randrange(len(plan) + 1), other)
        yield from plan

    def _others(self, order: StormOrder) -> Iterator[Misfortune]:
        yield Misfortune(self._lock_journal)
        yield Misfortune(self._revoke)
        if order.kills:
            yield Misfortune(self._kill_writing)
        if "pauses" in order.troubles:
            for name in self._rig.services:
                yield from self._pauses(name)
        if "outages" in order.troubles:
            for name in ("kafka", "postgres", "sandbox"):
                yield Misfortune(partial(self._away, name, order.away_seconds))
            yield from (Misfortune(partial(self._scale, name)) for name in self._rig.services if "-" in name)
            yield from map(Misfortune, (self._fill_disk, self._revoke, self._migrate))

    def _pauses(self, name: str) -> Iterator[Misfortune]:
        """The software is never stopped: what it promises about time holds while it runs."""
        if name.startswith("gateways"):
            yield from [Misfortune(partial(self._pause, name), alone=True)] * 3
        elif name != "sandbox":
            yield from [Misfortune(partial(self._pause, name))] * 2

    async def _kill(self, name: str) -> None:
        """Freeze a part, see where entries are, kill it. The server cannot be asked while it is frozen."""
        with self._rig.victim(name) as ours:
            if not ours:
                self.log.note(f"{name} was down already")
                return
            infrastructure = name in INFRASTRUCTURE
            process = await (self._rig.process(name) if infrastructure else self._rig.freeze(name))
            steps = await where_entries_are(self._eyes)
            with suppress(psutil.NoSuchProcess):
                process.kill()
            self.log.steps += steps
            self.log.killed[name] += 1
            told = ", ".join(f"{count} {step}" for step, count in steps.items() if count)
            self.log.note(f"{name} killed; {told or 'nothing under way'}")

    async def _kill_writing(self) -> None:
        """Kill exports while it writes a file: whoever comes when its lease has ended writes it, once."""
        for _ in range(MOST_TRIES):
            await self._paper.ask_copy()
            with self._rig.victim("exports") as ours:
                if ours and (export_id := await self._killed_writing()):
                    self.log.killed["exports"] += 1
                    self.log.note(f"exports killed while it wrote {export_id}")
                    return
        self.log.note("exports never caught while it wrote")

    async def _killed_writing(self) -> str | None:
        """The export that was under way when the process was killed; none if it did not come to that."""
        for _ in range(MOST_TRIES):
            if await self._eyes.value(WRITING):
                process = await self._rig.freeze("exports")
                export_id = await self._eyes.value(WRITING)
                with suppress(psutil.NoSuchProcess):
                    process.kill() if export_id else process.resume()
                return None if export_id is None else str(export_id)
            await asyncio.sleep(0.02)
        return None

    async def _pause(self, name: str) -> None:
        """Stop a process for longer than its leases and sessions last; then it goes on as if nothing had been."""
        with self._rig.victim(name) as ours:
            if not ours:
                return
            process, unsent = await self._freeze_where_it_hurts(name)
            told = f" with {unsent} attempts on record that have not left" if unsent else ""
            self.log.note(f"{name} stopped for {PAUSE_SECONDS:.0f} s{told}")
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(psutil.NoSuchProcess):
                process.resume()

    async def _freeze_where_it_hurts(self, name: str) -> tuple[psutil.Process, int]:
        """Stop a process; a gateway, if it can be had, between an attempt's row and its first byte."""
        for _ in range(MOST_TRIES):
            process = await self._rig.freeze(name)
            await asyncio.sleep(SENT_SECONDS)
            under_way = await sent(self._eyes, UNSENT, f"%:{self._rig.runners[name].part.port}")
            unsent = sum(not item["booked"] for item in under_way)
            if unsent or not name.startswith("gateways"):
                return process, unsent
            with suppress(psutil.NoSuchProcess):
                process.resume()
            await asyncio.sleep(self._chance.uniform(0.02, 0.2))
        return await self._rig.freeze(name), 0

    async def _away(self, name: str, seconds: float) -> None:
        with self._rig.victim(name) as ours:
            if ours:
                self.log.note(f"{name} away for {seconds:.0f} s")
                await self._rig.keep_away(name, seconds)

    async def _scale(self, name: str) -> None:
        """A replica is taken out of service in good order, and comes back."""
        with self._rig.victim(name) as ours:
            if ours:
                self.log.note(f"{name} taken out of service for a while")
                await self._rig.keep_away(name, 10.0, signal.SIGTERM)

    async def _fill_disk(self) -> None:
        if not self._rig.disk.own:
            self.log.note("no full disk: a file system of our own could not be mounted here")
            return
        with self._rig.victim("postgres") as ours:
            if ours:
                self.log.note(f"PostgreSQL's disk full for {FULL_SECONDS:.0f} s")
                await self._rig.disk.fill()
                await asyncio.sleep(FULL_SECONDS)
                self._rig.disk.relieve()

    async def _revoke(self) -> None:
        """A firm revokes its key, gives it back, and types it again."""
        firm = self._chance.choice(self._firms)
        connector = self._chance.choice(firm.connectors)
        control, key = firm.systems.control, firm.systems.firm_key(connector, firm.firm_id)
        self.log.note(f"the key of {firm.firm_id} to {connector} revoked for {REVOKED_SECONDS:.0f} s")
        await patiently(lambda: control.revoke(connector, key, revoked=True))
        await asyncio.sleep(REVOKED_SECONDS)
        await patiently(lambda: control.revoke(connector, key, revoked=False))
        await self._people.renew_key(firm, connector)

    async def _lock_journal(self) -> None:
        lockable = [file for firm in self._firms for file in firm.files if "journal" in rules_of(file.connector).closes]
        if not lockable:
            self.log.note("no journal locked: none can be, in these softwares")
            return
        file = self._chance.choice(lockable)
        control = self._firms[0].systems.control
        self.log.note(f"journal ACH of {file.code} locked for {LOCKED_SECONDS:.0f} s")
        await patiently(lambda: control.lock_journal(file.connector, file.code, "ACH", locked=True))
        await asyncio.sleep(LOCKED_SECONDS)
        await patiently(lambda: control.lock_journal(file.connector, file.code, "ACH", locked=False))

    async def _migrate(self) -> None:
        self.log.note("migrations applied again and killed in the middle, twice")
        with self._rig.victim("postgres") as ours:
            if ours:
                await furnish(self._rig, self._chance, kills=2)
