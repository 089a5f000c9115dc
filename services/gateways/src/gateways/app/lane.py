"""One lane while this process owns it: look what is due, start it, wait for something to happen, look again."""

import asyncio
from collections.abc import Coroutine, Sequence
from itertools import groupby, islice
from time import monotonic

import structlog

from gateways.adapters import connections, deliveries, jobs, lanes
from gateways.adapters.lanes import Taken
from gateways.app.asking import ask_about, questions
from gateways.app.errands import run_errand
from gateways.app.orphans import adopt_orphans
from gateways.app.parts import Parts
from gateways.app.sending import send_file
from gateways.app.tenure import Tenure, begin
from gateways.domain.health import Sign
from gateways.domain.lease import LeaseLost
from gateways.domain.words import words
from qontable.database import UNREACHABLE, Connection
from qontable.loop import end
from qontable.telemetry import frames

log = structlog.get_logger()

PER_FILE = 20
AT_ONCE = 60
JOBS_AT_ONCE = 4
LINGER_SECONDS = 2.0
SHORTEST_SECONDS = 0.02
LOOK_EVERY_SECONDS = 1.0
RENEWAL_PAUSE_SECONDS = 1.0
DUE_AGE_SECONDS = 10.0


class Lane:
    """Works one lane until nothing is due for a while, the lease is lost, or it is told to leave."""

    def __init__(self, parts: Parts, taken: Taken) -> None:
        self.began = monotonic()
        self._parts = parts
        self._taken = taken
        self._lease = taken.lease
        self._leaving = False
        self._wake = asyncio.Event()
        self._renewal: asyncio.Task[None] | None = None
        self._files: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, asyncio.Task[None]] = {}
        self._jobs: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There may be new work."""
        self._wake.set()

    def leave(self) -> None:
        """Begin nothing new; end when what is under way has ended."""
        self._leaving = True
        self._wake.set()

    async def run(self) -> None:
        """Work the lane and give it back. Never raises: what it did not finish is the next owner's."""
        try:
            await self._work()
        except LeaseLost:
            log.warning("lane lost to another owner", connection_id=self._lease.connection_id)
        except UNREACHABLE as error:
            log.warning("lane left", connection_id=self._lease.connection_id, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one lane's trouble is no other lane's
            log.error(
                "lane failed", connection_id=self._lease.connection_id, error=type(error).__name__, at=frames(error)
            )

    async def _work(self) -> None:
        tenure = await begin(self._parts, self._taken)
        try:
            await adopt_orphans(tenure)
            self._renewal = self._task(self._renew(tenure))
            await self._serve(tenure)
        except asyncio.CancelledError:
            await self._give_back(tenure)
            raise
        finally:
            await self._stop_tasks()
        await self._give_back(tenure)

    async def _give_back(self, tenure: Tenure) -> None:
        """After a failure the lease is kept instead: until it ends, the lane rests."""
        await self._stop_tasks()
        await tenure.safe.settle()
        async with self._parts.units.database.transaction() as connection:
            await lanes.give_back(connection, self._lease, tenure.turnstile.requests_made())

    async def _serve(self, tenure: Tenure) -> None:
        while True:
            self._wake.clear()
            self._reap()
            tenure.leaving = tenure.leaving or self._leaving
            if not tenure.leaving:
                await self._look(tenure)
            if self._files or self._asked or self._jobs:
                await self._woken(LOOK_EVERY_SECONDS)
            elif tenure.leaving or not await self._stay(tenure):
                return

    async def _stay(self, tenure: Tenure) -> bool:
        """Wait for work that is about to be due, or for news; false when it is not worth waiting for."""
        async with self._parts.units.database.pool.acquire() as connection:
            due_at = await lanes.next_due(connection, self._lease)
        pause = (due_at - tenure.clock.now()).total_seconds() if due_at else LINGER_SECONDS
        if pause < LINGER_SECONDS:
            await self._woken(max(pause, SHORTEST_SECONDS))
            return True
        return await self._woken(LINGER_SECONDS)

    async def _look(self, tenure: Tenure) -> None:
        """Start what is due and has room."""
        lane = self._lease.connection_id
        async with self._parts.units.database.pool.acquire() as connection:
            known = await connections.by_id(connection, lane)
            if known != tenure.connection:
                tenure.leaving = True  # what the hub changed holds for everything begun from now on
                return
            room = JOBS_AT_ONCE - len(self._jobs)
            for job in await jobs.pick(connection, lane, busy=self._jobs, most=room):
                self._start(self._jobs, [job.key], run_errand(tenure, job))
            if tenure.may_begin():
                await self._look_for_deliveries(tenure, connection)
        if known and tenure.credentials is None:
            await self._halt_unreadable(tenure)

    async def _look_for_deliveries(self, tenure: Tenure, connection: Connection) -> None:
        """Questions first, they are few; then files side by side, each with its next entries in sequence."""
        lane = self._lease.connection_id
        room = tenure.width() - len(self._files) - len(set(self._asked.values()))
        if room <= 0:
            return
        most = room if tenure.rules.entries_per_call == 1 else AT_ONCE
        asked = await deliveries.pick_asked(connection, lane, busy=self._asked, most=most)
        for works in islice(questions(asked), room):
            self._start(self._asked, [work.delivery.delivery_id for work in works], ask_about(tenure, works))
            room -= 1
        if room <= 0:
            return
        per_file = 1 if tenure.ledger.health.failures else PER_FILE
        works = await deliveries.pick_queued(
            connection, lane, busy=self._files, files=room, per_file=per_file, most=AT_ONCE
        )
        for file_id, entries in groupby(works, key=lambda work: work.delivery.file_id):
            self._start(self._files, [file_id], send_file(tenure, list(entries)))

    async def _halt_unreadable(self, tenure: Tenure) -> None:
        known = tenure.connection
        if known and tenure.ledger.health.halted_version != known.version:
            async with self._parts.units.unit() as unit:
                sign = Sign("credentials", words("credentials_unreadable"))
                await tenure.ledger.note(unit, sign, tenure.clock.now())

    async def _renew(self, tenure: Tenure) -> None:
        """Renew the lease at a third of its length, or sooner: the renewal also says how old the due work is.

        A database that does not answer is asked again: as long as nobody else has taken the lane it is still ours, and
        nothing is begun beyond the lease meanwhile.
        """
        pause = usual = min(self._lease.length.total_seconds() / 3, DUE_AGE_SECONDS)
        while True:
            await asyncio.sleep(pause)
            try:
                async with self._parts.units.database.transaction() as connection:
                    await lanes.renew(connection, self._lease, tenure.turnstile.requests_made())
                pause = usual
            except UNREACHABLE:
                pause = RENEWAL_PAUSE_SECONDS

    async def _woken(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _start(
        self, under_way: dict[str, asyncio.Task[None]], keys: Sequence[str], work: Coroutine[None, None, None]
    ) -> None:
        """Work under way for each of these keys."""
        under_way |= dict.fromkeys(keys, self._task(work))

    def _task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._wake.set())
        return task

    def _reap(self) -> None:
        """Forget what has ended; raise what ended badly, the loss of the lease first."""
        if self._renewal and self._renewal.done():
            self._renewal.result()
        for under_way in (self._files, self._asked, self._jobs):
            for key in [key for key, task in under_way.items() if task.done()]:
                under_way.pop(key).result()

    async def _stop_tasks(self) -> None:
        tasks = [*self._files.values(), *self._asked.values(), *self._jobs.values()]
        if self._renewal:
            tasks.append(self._renewal)
        await end(tasks)
