"""Evenings of files as rows: opened once per file and Paris date, worked off in portions, voided after a wrong clock.

Locks: rows of `schedules` come first, then those of `files`, then `entries` by key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from qontable.database import Connection
from qontable.evening import Evening


@dataclass(frozen=True, slots=True)
class Schedule:
    """A file's evening that is not over."""

    file_id: str
    day: date
    cut_off: datetime


async def void_ahead(connection: Connection, horizon: datetime, now: datetime) -> list[Schedule]:
    """Void evenings whose cut-off lies beyond `horizon`; those that were voided."""
    rows = await connection.fetch(
        """
        with ahead as (
            select file_id, day from schedules where cut_off > $1 and state <> 'void' for update skip locked
        )
        update schedules set state = 'void', ended_at = $2 from ahead
        where schedules.file_id = ahead.file_id and schedules.day = ahead.day
        returning schedules.file_id, schedules.day, cut_off
        """,
        horizon,
        now,
    )
    return [Schedule(**row) for row in rows]


async def open_schedules(connection: Connection, evening: Evening, now: datetime) -> list[str]:
    """Open this evening for every file that was there for it and has not had it; the files.

    Of earlier evenings that are still open it takes over what is left.
    """
    rows = await connection.fetch(
        """
        insert into schedules (file_id, day, cut_off, opened_at)
        select i.file_id, $1, $2, $3
        from integrations i join connections c using (connection_id) join files f using (file_id)
        where c.daily_since < $2 and i.active_since < $2 and f.closed_at is null and not exists (
            select from schedules s where s.file_id = i.file_id and s.day = $1 and s.state <> 'void'
        )
        order by i.file_id
        on conflict (file_id, day) do update set
            cut_off = excluded.cut_off, state = 'open', opened_at = excluded.opened_at, ended_at = null, woken = 0
            where schedules.state = 'void'
        returning file_id
        """,
        evening.day,
        evening.cut_off,
        now,
    )
    opened = [row["file_id"] for row in rows]
    if opened:
        await connection.execute(
            """
            update schedules set state = 'overtaken', ended_at = $3
            where file_id = any($1) and state = 'open' and cut_off < $2
            """,
            opened,
            evening.cut_off,
            now,
        )
    return opened


async def take_open(connection: Connection, limit: int) -> list[Schedule]:
    """Some evenings that are not over, locked; other processes take others."""
    rows = await connection.fetch(
        """
        select file_id, day, cut_off from schedules where state = 'open'
        order by file_id limit $1 for update skip locked
        """,
        limit,
    )
    return [Schedule(**row) for row in rows]


async def wake_ready(connection: Connection, schedules: Sequence[Schedule], limit: int) -> int:
    """Look again at entries that wait for these evenings and were validated before them; how many were woken.

    They are due since the cut-off, whatever the clock of whoever wakes them: so none is woken twice, and a file's
    entries come up in the order in which they arrived, from one portion to the next. The lock on files keeps evaluation
    out meanwhile: it sees that the evening has come, or its entries are woken here.
    """
    files = [schedule.file_id for schedule in schedules]
    await connection.execute("select from files where file_id = any($1) order by file_id for update", files)
    woken = await connection.fetch(
        """
        with ready as (
            select e.file_id, e.entry_id, evening.cut_off
            from unnest($1::text[], $2::timestamptz[]) as evening (file_id, cut_off)
            join entries e using (file_id) join revisions r using (file_id, entry_id, revision)
            where e.check_due > evening.cut_off and e.visible -> 'waiting_for' ? 'evening'
                and r.validated_at < evening.cut_off
            order by e.arrived limit $3
        ), locked as (
            select file_id, entry_id, cut_off from entries join ready using (file_id, entry_id)
            order by file_id, entry_id for update of entries
        ), woken as (
            update entries set check_due = locked.cut_off from locked
            where entries.file_id = locked.file_id and entries.entry_id = locked.entry_id
            returning entries.file_id
        )
        select file_id, count(*) as entries from woken group by file_id
        """,
        files,
        [schedule.cut_off for schedule in schedules],
        limit,
    )
    await _count_woken(connection, schedules, {row["file_id"]: row["entries"] for row in woken})
    return sum(row["entries"] for row in woken)


async def _count_woken(connection: Connection, schedules: Sequence[Schedule], woken: dict[str, int]) -> None:
    await connection.execute(
        """
        update schedules set woken = woken + more.entries
        from unnest($1::text[], $2::date[], $3::integer[]) as more (file_id, day, entries)
        where schedules.file_id = more.file_id and schedules.day = more.day and more.entries > 0
        """,
        [schedule.file_id for schedule in schedules],
        [schedule.day for schedule in schedules],
        [woken.get(schedule.file_id, 0) for schedule in schedules],
    )


async def end_schedules(connection: Connection, schedules: Sequence[Schedule], now: datetime) -> None:
    """Nothing waits for these evenings any more."""
    await connection.execute(
        """
        update schedules set state = 'done', ended_at = $3
        from unnest($1::text[], $2::date[]) as over (file_id, day)
        where schedules.file_id = over.file_id and schedules.day = over.day
        """,
        [schedule.file_id for schedule in schedules],
        [schedule.day for schedule in schedules],
        now,
    )
