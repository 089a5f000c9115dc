"""The run by itself, over tables that a test fills: whatever breaks it off, every file has every evening once."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
import pytest_asyncio

from entries.app import evening
from entries.app.evening import EveningRun
from local_stack.moved_clock import moved_clock
from local_stack.world import World
from qontable.clock import PARIS
from qontable.database import Database
from qontable.evening import EveningHour
from qontable.unit import Units

LONG_AGO = datetime(2020, 1, 1, tzinfo=PARIS)
LONG_AFTER = datetime(2100, 1, 1, tzinfo=PARIS)
CENTURIES = timedelta(days=100_000)
HOUR = EveningHour(time(20))


@dataclass
class Tables:
    """The tables of entries, and runs over them that no service disturbs."""

    database: Database

    def run(self, hour: EveningHour = HOUR, recheck: timedelta = CENTURIES) -> EveningRun:
        """A process's run."""
        return EveningRun(Units(self.database, "entries"), hour, recheck, lambda: None)

    async def files(self, count: int) -> list[str]:
        """Files that have stood ready for ever."""
        names = [f"fil_{uuid.uuid4().hex[:12]}" for _ in range(count)]
        await self.database.pool.execute(
            """
            with named as (select name from unnest($1::text[]) as name),
            known as (insert into files (file_id, firm_id, version) select name, name, 1 from named),
            connected as (
                insert into connections (connection_id, firm_id, connector, version, enabled, frequency, daily_since)
                select name, name, 'myunisoft', 1, true, 'daily', $2 from named
            )
            insert into integrations (file_id, firm_id, version, connection_id, connector, software_file_id, active,
                before_send_from, journal_map, policies, active_since)
            select name, name, 1, name, 'myunisoft', name, true, 'wait', '{}', '{}', $2 from named
            """,
            names,
            LONG_AGO,
        )
        return names

    async def waiting(self, file_id: str, count: int, validated_at: datetime, wait: str = "evening") -> None:
        """Entries of a file that wait, the last by name having arrived first."""
        await self.database.pool.execute(
            """
            with numbered as (select number, 'ent_' || ($2 - number) as entry_id from generate_series(1, $2) as number),
            kept as (
                insert into revisions (file_id, entry_id, revision, content, content_bytes, content_hash, validated_at)
                select $1, entry_id, 1, '{}', 2, '', $3 from numbered
            )
            insert into entries (file_id, entry_id, firm_id, ack_code, revision, visible, check_due)
            select $1, entry_id, $1, entry_id, 1, jsonb_build_object('waiting_for', array[$4::text]), $5
            from numbered order by number
            """,
            file_id,
            count,
            validated_at,
            wait,
            LONG_AFTER,
        )

    async def woken(self, file_id: str) -> list[int]:
        """The entries of a file that were woken, as numbers of arrival in the order in which they come up."""
        rows = await self.database.pool.fetch(
            """
            select arrived - min(arrived) over () as number from entries
            where file_id = $1 and check_due < $2 order by check_due, arrived
            """,
            file_id,
            LONG_AFTER,
        )
        return [row["number"] for row in rows]

    async def evenings(self, file_id: str) -> dict[date, str]:
        """The states of a file's evenings."""
        rows = await self.database.pool.fetch(
            "select day, state from schedules where file_id = $1 order by day", file_id
        )
        return {row["day"]: row["state"] for row in rows}


@pytest_asyncio.fixture
async def tables(world: World) -> AsyncIterator[Tables]:
    """Empty tables."""
    database = await Database.connect(world.database_url("entries"))
    await database.pool.execute("truncate files, connections, integrations, schedules, entries, revisions")
    yield Tables(database)
    await database.close()


async def to_the_end(run: EveningRun) -> None:
    """Turn until there is nothing more."""
    while await run.step():
        pass


@pytest.mark.parametrize("hour", [time(20), time(2, 30), time(0, 15)])
@pytest.mark.parametrize("change", [date(2026, 10, 25), date(2027, 3, 28)])
async def test_every_file_has_every_evening_once_around_a_clock_change(
    tables: Tables, hour: time, change: date
) -> None:
    files = await tables.files(3)
    start = datetime.combine(change - timedelta(days=1), time(0), PARIS).astimezone(UTC)
    with moved_clock(start) as clock:
        for number in range(3 * 48):
            clock.set(start + number * timedelta(minutes=30))
            await to_the_end(tables.run(EveningHour(hour)))
    days = {change + timedelta(days=number) for number in (-1, 0, 1)}
    for file_id in files:
        found = await tables.evenings(file_id)
        assert days <= set(found)
        assert list(found) == [min(found) + timedelta(days=number) for number in range(len(found))]
        assert set(found.values()) == {"done"}
    rows = await tables.database.pool.fetch("select distinct day, cut_off from schedules")
    assert {row["day"]: row["cut_off"] for row in rows} == {day: EveningHour(hour).on(day).cut_off for day in found}


async def test_what_was_validated_before_the_cut_off_is_woken_and_nothing_else(tables: Tables) -> None:
    file_id, other = await tables.files(2)
    cut_off = HOUR.on(date(2026, 7, 1)).cut_off
    second = timedelta(seconds=1)
    await tables.waiting(file_id, 3, cut_off - second)
    await tables.waiting(other, 3, cut_off)
    with moved_clock(cut_off + second):
        await to_the_end(tables.run())
    assert (len(await tables.woken(file_id)), len(await tables.woken(other))) == (3, 0)


async def test_a_run_that_is_broken_off_goes_on_where_it_was(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evening, "FILES", 2)
    monkeypatch.setattr(evening, "ENTRIES", 4)
    files = await tables.files(5)
    day = date(2026, 7, 1)
    for file_id in files:
        await tables.waiting(file_id, 11, HOUR.on(day).cut_off - timedelta(hours=1))
    with moved_clock(HOUR.on(day).cut_off + timedelta(seconds=1)):
        for turns in range(40):
            task = asyncio.create_task(tables.run().step())
            await asyncio.sleep(0.003 * (turns % 7))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await to_the_end(tables.run())
    for file_id in files:
        assert await tables.woken(file_id) == list(range(11))
        assert await tables.evenings(file_id) == {day: "done"}
    woken = await tables.database.pool.fetch("select woken from schedules")
    assert [row["woken"] for row in woken] == [11] * 5


async def test_processes_share_a_run_without_doing_it_twice(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evening, "FILES", 3)
    monkeypatch.setattr(evening, "ENTRIES", 20)
    files = await tables.files(30)
    day = date(2026, 7, 1)
    for file_id in files:
        await tables.waiting(file_id, 10, HOUR.on(day).cut_off - timedelta(hours=1))
    with moved_clock(HOUR.on(day).cut_off + timedelta(seconds=1)):
        await asyncio.gather(*(to_the_end(tables.run()) for _ in range(4)))
        await to_the_end(tables.run())
    for file_id in files:
        assert await tables.evenings(file_id) == {day: "done"}
    woken = await tables.database.pool.fetch("select woken from schedules")
    assert [row["woken"] for row in woken] == [10] * 30


async def test_an_evening_broken_off_before_a_night_without_a_process_is_overtaken_by_the_latest(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evening, "ENTRIES", 2)
    (file_id,) = await tables.files(1)
    first, latest = date(2026, 7, 1), date(2026, 7, 4)
    await tables.waiting(file_id, 5, HOUR.on(first).cut_off - timedelta(hours=1))
    with moved_clock(HOUR.on(first).cut_off + timedelta(seconds=1)) as clock:
        await tables.run().step()
        clock.set(HOUR.on(latest).cut_off + timedelta(hours=13))
        await to_the_end(tables.run())
    assert await tables.evenings(file_id) == {first: "overtaken", latest: "done"}
    assert await tables.woken(file_id) == list(range(5))


async def test_another_hour_gives_no_date_a_second_evening(tables: Tables) -> None:
    (file_id,) = await tables.files(1)
    day = date(2026, 7, 1)
    late = EveningHour(time(22))
    with moved_clock(HOUR.on(day).cut_off) as clock:
        await to_the_end(tables.run())
        clock.set(late.on(day).cut_off + timedelta(minutes=1))
        await to_the_end(tables.run(late))
        assert await tables.evenings(file_id) == {day: "done"}
        clock.set(late.on(day + timedelta(days=1)).cut_off)
        await to_the_end(tables.run(late))
    assert await tables.evenings(file_id) == {day: "done", day + timedelta(days=1): "done"}


async def test_two_clocks_that_differ_by_minutes_void_nothing(tables: Tables) -> None:
    (file_id,) = await tables.files(1)
    day = date(2026, 7, 1)
    with moved_clock(HOUR.on(day).cut_off) as clock:
        await to_the_end(tables.run())
        clock.set(HOUR.on(day).cut_off - timedelta(minutes=10))
        await to_the_end(tables.run())
    assert (await tables.evenings(file_id))[day] == "done"


async def test_a_wrong_clock_s_evenings_are_voided_said_and_had_again_on_their_day(
    tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    (file_id,) = await tables.files(1)
    today, ahead = date(2026, 7, 1), date(2031, 7, 1)
    with moved_clock(HOUR.on(ahead).cut_off) as clock:
        await to_the_end(tables.run())
        clock.set(HOUR.on(today).cut_off)
        await to_the_end(tables.run())
        assert await tables.evenings(file_id) == {today: "done", ahead: "void"}
        clock.set(HOUR.on(ahead).cut_off + timedelta(seconds=1))
        await to_the_end(tables.run())
    assert await tables.evenings(file_id) == {today: "done", ahead: "done"}
    assert "a clock was wrong" in capsys.readouterr().out


async def test_an_entry_that_a_wrong_clock_put_off_for_years_is_looked_at_again(tables: Tables) -> None:
    (file_id,) = await tables.files(1)
    await tables.waiting(file_id, 1, LONG_AGO, "documents")
    with moved_clock(LONG_AFTER - timedelta(hours=1, minutes=30)) as clock:
        await tables.run(recheck=timedelta(hours=1)).step()
        assert await tables.woken(file_id) == []
        clock.set(datetime(2026, 7, 1, tzinfo=PARIS))
        await tables.run(recheck=timedelta(hours=1)).step()
    assert await tables.woken(file_id) == [0]
