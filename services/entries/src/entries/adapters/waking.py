"""Who is looked at again when something that entries may wait for has come."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from entries.domain.facts import EntryKey, columns
from entries.domain.verdict import NEVER
from qontable.database import Connection


async def wake_files(connection: Connection, file_ids: Iterable[str], reasons: Sequence[str], now: datetime) -> None:
    """Look again at entries of these files that wait for one of `reasons`.

    The file's lock keeps evaluation out meanwhile: it sees the new facts, or its entries are woken here.
    """
    files = sorted(set(file_ids))
    await connection.execute("select from files where file_id = any($1) order by file_id for update", files)
    await connection.execute(
        """
        with woken as (
            select file_id, entry_id from entries
            where file_id = any($1) and check_due > $3 and visible -> 'waiting_for' ?| $2
            order by file_id, entry_id for update
        )
        update entries set check_due = $3 from woken
        where entries.file_id = woken.file_id and entries.entry_id = woken.entry_id
        """,
        files,
        reasons,
        now,
    )


async def wake_ahead(connection: Connection, horizon: datetime, now: datetime) -> int:
    """Look again at entries that nobody would look at before `horizon` but should; how many were woken."""
    rows = await connection.fetch(
        """
        with ahead as (
            select file_id, entry_id from entries where check_due > $1 and check_due < $3
            order by file_id, entry_id for update skip locked
        )
        update entries set check_due = $2 from ahead
        where entries.file_id = ahead.file_id and entries.entry_id = ahead.entry_id
        returning entries.file_id
        """,
        horizon,
        now,
        NEVER,
    )
    return len(rows)


async def wake_entries(connection: Connection, keys: Iterable[EntryKey], now: datetime) -> None:
    """Look again at these entries, whatever they are."""
    await connection.execute(
        """
        with woken as (
            select file_id, entry_id from entries
            join unnest($1::text[], $2::text[]) as named (file_id, entry_id) using (file_id, entry_id)
            order by file_id, entry_id for update of entries
        )
        update entries set check_due = $3 from woken
        where entries.file_id = woken.file_id and entries.entry_id = woken.entry_id
        """,
        *columns(sorted(set(keys))),
        now,
    )
