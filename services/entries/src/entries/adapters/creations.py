"""Whose missing accounts a person let be created."""

from collections.abc import Mapping
from datetime import datetime

from entries.domain.facts import EntryKey, columns
from qontable.database import Connection
from qontable.events.hub import EntryCreationAllowed


async def allow_creations(
    connection: Connection, allowed: Mapping[EntryKey, EntryCreationAllowed], now: datetime
) -> set[EntryKey]:
    """Keep which revisions' missing accounts may be created and look at those entries again; those that exist."""
    keys = sorted(allowed)
    rows = await connection.fetch(
        """
        with allowed as (
            select file_id, entry_id, named.revision from entries
            join unnest($1::text[], $2::text[], $3::integer[]) as named (file_id, entry_id, revision)
                using (file_id, entry_id)
            order by file_id, entry_id for update of entries
        )
        update entries set check_due = $4,
            creation_allowed_revision = greatest(entries.creation_allowed_revision, allowed.revision)
        from allowed
        where entries.file_id = allowed.file_id and entries.entry_id = allowed.entry_id
        returning entries.file_id, entries.entry_id
        """,
        *columns(keys),
        [allowed[key].revision for key in keys],
        now,
    )
    return {(row["file_id"], row["entry_id"]) for row in rows}
