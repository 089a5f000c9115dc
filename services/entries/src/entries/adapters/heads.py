"""Heads of entries as intake finds them and leaves them: the newest revision, and up to which one was taken back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entries.domain.ack import ack_code
from entries.domain.facts import EntryKey, columns
from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class Head:
    """The newest revision of an entry, up to which one was taken back, and the newest that could not be read."""

    revision: int
    undone_revision: int
    unread_revision: int = 0

    def awaits(self, revision: int) -> bool:
        """Whether this revision, now that it is read, becomes the newest content."""
        return revision > self.revision or revision == self.revision == self.unread_revision

    def unread_at(self, revision: int) -> "Head":
        """The head after a newer revision came that could not be read."""
        return Head(revision, self.undone_revision, revision)


async def open_entries(connection: Connection, firms: Mapping[EntryKey, str]) -> dict[EntryKey, Head]:
    """The heads of these entries (key → firm), their rows locked; an entry not seen before gets a row and a code.

    Entries that are new together are numbered in the mapping's order, in which they arrived.
    """
    keys = sorted(firms)
    known = {(row["file_id"], row["entry_id"]) for row in await _fetch_keys(connection, keys)}
    if missing := [key for key in firms if key not in known]:
        await _insert_entries(connection, missing, firms)
    rows = await connection.fetch(
        """
        select file_id, entry_id, revision, undone_revision, unread_revision from entries
        join unnest($1::text[], $2::text[]) as named (file_id, entry_id) using (file_id, entry_id)
        order by file_id, entry_id for update of entries
        """,
        *columns(keys),
    )
    return {
        (row["file_id"], row["entry_id"]): Head(row["revision"], row["undone_revision"], row["unread_revision"])
        for row in rows
    }


async def _fetch_keys(connection: Connection, keys: Sequence[EntryKey]) -> list[Any]:
    rows: list[Any] = await connection.fetch(
        """
        select file_id, entry_id from entries
        join unnest($1::text[], $2::text[]) as named (file_id, entry_id) using (file_id, entry_id)
        """,
        *columns(keys),
    )
    return rows


async def _insert_entries(connection: Connection, keys: Sequence[EntryKey], firms: Mapping[EntryKey, str]) -> None:
    """Rows under fresh codes; one that is in an import file, which a restored database had forgotten, says so.

    Whoever opens entries of the same file meanwhile waits at the file's counter; counters are locked by file.
    """
    wanted = dict(sorted(Counter(file_id for file_id, _ in keys).items()))
    issued = await connection.fetch(
        """
        insert into issued_codes (file_id, issued) select * from unnest($1::text[], $2::bigint[])
        on conflict (file_id) do update set issued = issued_codes.issued + excluded.issued
        returning file_id, issued
        """,
        list(wanted),
        list(wanted.values()),
    )
    next_number = {row["file_id"]: row["issued"] - wanted[row["file_id"]] + 1 for row in issued}
    codes = []
    for file_id, _ in keys:
        codes.append(ack_code(next_number[file_id]))
        next_number[file_id] += 1
    await connection.execute(
        """
        insert into entries (file_id, entry_id, firm_id, ack_code, delivery_id, accepted_revision)
        select file_id, entry_id, firm_id, ack_code, before.delivery_id, before.revision
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality
            as new (file_id, entry_id, firm_id, ack_code, place)
        left join exported_before before using (file_id, entry_id) order by place
        on conflict (file_id, entry_id) do nothing
        """,
        *columns(keys),
        [firms[key] for key in keys],
        codes,
    )


async def save_heads(
    connection: Connection,
    heads: Mapping[EntryKey, Head],
    duplicate_keys: Mapping[EntryKey, bytes | None],
    due: datetime,
) -> None:
    """Note new heads, to be looked at from `due` on; the duplicate key changes where a newer content came.

    What a person answered was said of one invoice: under another key the question is open again.
    """
    keys = sorted(heads)
    await connection.execute(
        """
        update entries set revision = head.revision, undone_revision = head.undone_revision,
            unread_revision = head.unread_revision, check_due = $8,
            duplicate_key = case when head.has_content then head.duplicate_key else entries.duplicate_key end,
            duplicate_answer = case when head.has_content and head.duplicate_key is distinct from entries.duplicate_key
                then null else entries.duplicate_answer end
        from unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::boolean[],
            $7::bytea[])
            as head (file_id, entry_id, revision, undone_revision, unread_revision, has_content, duplicate_key)
        where entries.file_id = head.file_id and entries.entry_id = head.entry_id
        """,
        *columns(keys),
        [heads[key].revision for key in keys],
        [heads[key].undone_revision for key in keys],
        [heads[key].unread_revision for key in keys],
        [key in duplicate_keys for key in keys],
        [duplicate_keys.get(key) for key in keys],
        due,
    )
