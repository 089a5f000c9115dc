"""The evening run: once per file and Paris date, entries validated before the cut-off may leave (DESIGN 6).

A file's evening begins with its row and counts from then on, also for entries that arrive later. The run wakes what
waits for it, a portion a turn, and evaluation dispatches; so a run that was broken off goes on with the rows that are
open, and several processes share one. An evening that was missed is made up when a process runs again, the latest only:
its cut-off covers the earlier ones.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from entries.adapters.schedules import end_schedules, open_schedules, take_open, void_ahead, wake_ready
from entries.adapters.waking import wake_ahead
from qontable import metrics
from qontable.clock import now
from qontable.evening import EveningHour
from qontable.unit import Units

FILES = 50
ENTRIES = 10_000
CLOCKS_DIFFER = timedelta(hours=1)
"""How far the clocks of processes may lie apart. A row that is further ahead was opened by one that is wrong."""

log = structlog.get_logger()


class EveningRun:
    """One turn opens what is due and wakes one portion; `woken` is called when entries are to be looked at.

    `recheck` is the longest time after which a waiting entry is looked at again by itself.
    """

    def __init__(self, units: Units, hour: EveningHour, recheck: timedelta, woken: Callable[[], None]) -> None:
        self._units = units
        self._hour = hour
        self._recheck = recheck
        self._woken = woken

    async def step(self) -> bool:
        """Whether there may be more to wake."""
        moment = now()
        await self._set_right(moment)
        await self._open(moment)
        return await self._wake(moment)

    async def _set_right(self, moment: datetime) -> None:
        """What a wrong clock dated ahead counts for nothing, and keeps no entry from being looked at."""
        horizon = moment + CLOCKS_DIFFER
        async with self._units.unit() as unit:
            voided = await void_ahead(unit.connection, horizon, moment)
            entries = await wake_ahead(unit.connection, horizon + self._recheck, moment)
            unit.after_commit(self._woken if entries else lambda: None)
        if voided or entries:
            metrics.EVENINGS.labels("void").inc(len(voided))
            days = sorted({schedule.day.isoformat() for schedule in voided})
            log.error("dates ahead set right, a clock was wrong", evenings=len(voided), days=days, entries=entries)

    async def _open(self, moment: datetime) -> None:
        evening = self._hour.latest(moment)
        async with self._units.unit() as unit:
            opened = await open_schedules(unit.connection, evening, moment)
        if opened:
            metrics.EVENINGS.labels("open").inc(len(opened))
            late = (moment - evening.cut_off).total_seconds()
            log.info("evening begins", day=evening.day.isoformat(), files=len(opened), seconds_late=round(late))

    async def _wake(self, moment: datetime) -> bool:
        async with self._units.unit() as unit:
            taken = await take_open(unit.connection, FILES)
            if not taken:
                return False
            woken = await wake_ready(unit.connection, taken, ENTRIES)
            if woken < ENTRIES:
                await end_schedules(unit.connection, taken, moment)
            unit.after_commit(self._woken)
        if woken < ENTRIES:
            metrics.EVENINGS.labels("done").inc(len(taken))
        return True
