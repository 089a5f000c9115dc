"""The weekly refresh of 500 files on a clock that the test moves: once per file and week, whatever comes between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from local_stack.moved_clock import moved_clock
from local_stack.world import World
from qontable.clock import PARIS, now
from qontable.database import Database
from qontable.unit import Units
from reference_data.app import asking
from reference_data.app.asking import Weekly
from reference_data.domain.week import next_weekly

FILES = 500
HOUR = timedelta(hours=1)


class Weeks:
    """Files of one connection that wants its accounts synchronized, and the refreshes asked for."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool
        self.units = Units(database, "reference_data")

    async def start(self) -> None:
        """Tie the files now, each with its time of the week ahead."""
        files = [f"fil_{number}" for number in range(FILES)]
        await self._pool.execute("truncate connection, file, refresh, outbox cascade")
        await self._pool.execute("insert into connection values ('con_1', 'frm_1', 1, true, true)")
        await self._pool.execute(
            """
            insert into file (file_id, firm_id, connection_id, connector, software_file_id, weekly_due_at)
            select file_id, 'frm_1', 'con_1', 'myunisoft', file_id, due
            from unnest($1::text[], $2::timestamptz[]) as file (file_id, due)
            """,
            files,
            [next_weekly(file_id, now()) for file_id in files],
        )

    async def turn(self) -> None:
        """A process does what is due."""
        weekly = Weekly(self.units)
        while await weekly.step():
            pass

    async def asked(self) -> dict[str, list[datetime]]:
        """When each file's refresh was asked for."""
        rows = await self._pool.fetch("select file_id, requested_at from refresh order by requested_at")
        asked: dict[str, list[datetime]] = {}
        for row in rows:
            asked.setdefault(row["file_id"], []).append(row["requested_at"])
        assert await self._pool.fetchval("select count(*) from outbox") == len(rows)
        return asked


@pytest_asyncio.fixture
async def weeks(world: World) -> AsyncIterator[Weeks]:
    database = await Database.connect(world.database_url("reference_data"))
    yield Weeks(database)
    await database.close()


@pytest.mark.parametrize("monday", [datetime(2026, 10, 19, tzinfo=PARIS), datetime(2027, 3, 22, tzinfo=PARIS)])
async def test_every_file_is_refreshed_once_a_week_around_a_clock_change_and_few_at_a_time(
    weeks: Weeks, monday: datetime
) -> None:
    with moved_clock(monday) as clock:
        await weeks.start()
        for turn in range(1, 14 * 12 + 1):
            clock.set(monday + timedelta(hours=2 * turn))  # on the clocks of Paris, which change on the first Sunday
            await weeks.turn()
    asked = await weeks.asked()
    assert {len(times) for times in asked.values()} == {2}
    assert len(asked) == FILES
    for first, second in asked.values():
        assert abs((second.astimezone(PARIS) - first.astimezone(PARIS)) - timedelta(days=7)) <= 3 * HOUR
    at_once = Counter(moment for times in asked.values() for moment in times)
    assert max(at_once.values()) < FILES / 20
    days = Counter(moment.astimezone(PARIS).date() for times in asked.values() for moment in times)
    assert len(days) >= 14
    assert max(days.values()) < FILES / 4


async def test_missed_weeks_are_made_up_once_by_processes_of_which_some_are_broken_off(
    weeks: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "CHUNK", 20)
    start = datetime(2026, 6, 1, tzinfo=PARIS)
    with moved_clock(start) as clock:
        await weeks.start()
        clock.set(start + timedelta(weeks=3, hours=1))
        for turn in range(20):
            broken_off = asyncio.create_task(weeks.turn())
            await asyncio.sleep(0.004 * (turn % 6))
            broken_off.cancel()
            await asyncio.gather(broken_off, return_exceptions=True)
        await asyncio.gather(*(weeks.turn() for _ in range(3)))
        asked = await weeks.asked()
        assert (len(asked), {len(times) for times in asked.values()}) == (FILES, {1})
        clock.set(start + timedelta(weeks=4, hours=1))
        await weeks.turn()
    asked = await weeks.asked()
    assert {len(times) for times in asked.values()} == {2}
