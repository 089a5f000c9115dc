"""Entries of a file that look like the same invoice, and what people say of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from entries.domain.facts import EntryFacts, EntryKey, columns
from qontable.database import Connection
from qontable.events.hub import EntryDuplicateAnswered


async def save_answers(
    connection: Connection, answers: Mapping[EntryKey, EntryDuplicateAnswered], now: datetime
) -> set[EntryKey]:
    """Keep what people answered and look at those entries again; the entries that exist."""
    rows = await connection.fetch(
        """
        with answered as (
            select file_id, entry_id, named.answer from entries
            join unnest($1::text[], $2::text[], $3::text[]) as named (file_id, entry_id, answer)
                using (file_id, entry_id)
            order by file_id, entry_id for update of entries
        )
        update entries set duplicate_answer = answered.answer, check_due = $4 from answered
        where entries.file_id = answered.file_id and entries.entry_id = answered.entry_id
        returning entries.file_id, entries.entry_id
        """,
        *columns(sorted(answers)),
        [answers[key].answer for key in sorted(answers)],
        now,
    )
    return {(row["file_id"], row["entry_id"]) for row in rows}


async def wake_duplicates(connection: Connection, keys: Iterable[tuple[str, bytes]], now: datetime) -> None:
    """Look again at waiting entries of a file that share a duplicate key with one that was withdrawn."""
    pairs = sorted(set(keys))
    await connection.execute(
        """
        with woken as (
            select file_id, entry_id from entries
            join unnest($1::text[], $2::bytea[]) as gone (file_id, duplicate_key) using (file_id, duplicate_key)
            where check_due > $3
            order by file_id, entry_id for update of entries
        )
        update entries set check_due = $3 from woken
        where entries.file_id = woken.file_id and entries.entry_id = woken.entry_id
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
