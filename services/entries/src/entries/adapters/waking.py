"""Who is looked at again when something that entries may wait for has come."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from entries.domain.facts import EntryFacts, EntryKey, columns
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


async def wake_duplicates(connection: Connection, keys: Iterable[tuple[str, bytes]], now: datetime) -> None:
    """Look again at waiting entries of a file that share a duplicate key with one that was withdrawn."""
    pairs = sorted(set(keys))
    await connection.execute(
        """
        update entries set check_due = $3 from unnest($1::text[], $2::bytea[]) as gone (file_id, duplicate_key)
        where entries.file_id = gone.file_id and entries.duplicate_key = gone.duplicate_key and check_due > $3
        """,
        [file_id for file_id, _ in pairs],
        [key for _, key in pairs],
        now,
    )


async def fetch_duplicates(connection: Connection, facts: Sequence[EntryFacts]) -> set[EntryKey]:
    """Those of these entries that look like one of their file that came before them and was not withdrawn."""
    keyed = [entry for entry in facts if entry.duplicate_key is not None]
    rows = await connection.fetch(
        """
        select named.file_id, named.entry_id
        from unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) as named (file_id, entry_id, arrived, key)
        where exists (
            select from entries e where e.file_id = named.file_id and e.duplicate_key = named.key
                and e.arrived < named.arrived and e.revision > e.undone_revision
        )
        """,
        *columns([entry.key for entry in keyed]),
        [entry.arrived for entry in keyed],
        [entry.duplicate_key for entry in keyed],
    )
    return {(row["file_id"], row["entry_id"]) for row in rows}
