"""One entry: as it stands, with its history and its tries, and held while a person decides about it."""

from datetime import datetime
from typing import Any

from hub.domain.entry import PLATFORM_PATIENCE, Attempt, Entry, EntryLife, Moment
from qontable.database import Connection as Db


async def find_life(db: Db, firm_id: str, file_id: str, entry_id: str) -> EntryLife | None:
    """One entry with its history and its tries, latest first."""
    row = await _find(db, firm_id, file_id, entry_id)
    if row is None:
        return None
    history = await db.fetch(
        """
        select version, revision, status, said, changed_at from entry_history
        where firm_id = $1 and file_id = $2 and entry_id = $3 order by version desc
        """,
        firm_id,
        file_id,
        entry_id,
    )
    attempts = await db.fetch(
        """
        select * from entry_attempt where firm_id = $1 and file_id = $2 and entry_id = $3
        order by started_at desc, attempt desc
        """,
        firm_id,
        file_id,
        entry_id,
    )
    return EntryLife(
        entry=Entry.model_validate(row),
        summary=row["summary"],
        history=[Moment.model_validate(dict(moment)) for moment in history],
        attempts=[Attempt.model_validate(dict(attempt)) for attempt in attempts],
    )


async def find_entry(db: Db, firm_id: str, file_id: str, entry_id: str) -> Entry | None:
    """One entry."""
    row = await _find(db, firm_id, file_id, entry_id)
    return Entry.model_validate(row) if row else None


async def find_attempt(
    db: Db, firm_id: str, file_id: str, entry_id: str, *, delivery_id: str, attempt: int, operation: str
) -> Attempt | None:
    """One try of one delivery of an entry."""
    row = await db.fetchrow(
        """
        select * from entry_attempt
        where firm_id = $1 and file_id = $2 and entry_id = $3 and delivery_id = $4 and attempt = $5 and operation = $6
        """,
        firm_id,
        file_id,
        entry_id,
        delivery_id,
        attempt,
        operation,
    )
    return Attempt.model_validate(dict(row)) if row else None


async def lock_entry(db: Db, firm_id: str, file_id: str, entry_id: str) -> Entry | None:
    """One entry, held until the transaction ends, so that two people do not correct it at once."""
    await db.execute(
        "select from entry where firm_id = $1 and file_id = $2 and entry_id = $3 for update", firm_id, file_id, entry_id
    )
    return await find_entry(db, firm_id, file_id, entry_id)


async def note_correction(
    db: Db, firm_id: str, file_id: str, entry_id: str, *, revision: int, user_id: str, at: datetime
) -> None:
    """Remember that this revision was corrected here; the platform's next revision is on its way."""
    await db.execute(
        """
        update entry set corrected_revision = $4, corrected_by = $5, corrected_at = $6
        where firm_id = $1 and file_id = $2 and entry_id = $3
        """,
        firm_id,
        file_id,
        entry_id,
        revision,
        user_id,
        at,
    )


async def note_verifications(
    db: Db, firm_id: str, file_id: str, *, cause: str, after: str, limit: int, user_id: str, at: datetime
) -> dict[str, int]:
    """Remember of the entries that came back for one cause that their next revision is asked for, but of those that
    wait for it already. Entry → its revision, the first `limit` with an id beyond `after`, in the order of ids.

    In that order, too, their rows are held: see `keep_statuses`.
    """
    rows = await db.fetch(
        """
        with held as (
            select entry_id from entry
            where firm_id = $1 and file_id = $2 and status = 'to_verify' and cause = $3
                and entry_id collate "C" > $4
                and (corrected_revision = revision and corrected_at > $6::timestamptz - $7::interval) is not true
            order by entry_id collate "C" limit $5 for update
        ), noted as (
            update entry set corrected_revision = revision, corrected_at = $6, corrected_by = $8
            from held where firm_id = $1 and file_id = $2 and entry.entry_id = held.entry_id
            returning entry.entry_id, revision
        )
        select entry_id, revision from noted order by entry_id collate "C"
        """,
        firm_id,
        file_id,
        cause,
        after,
        limit,
        at,
        PLATFORM_PATIENCE,
        user_id,
    )
    return {row["entry_id"]: row["revision"] for row in rows}


async def _find(db: Db, firm_id: str, file_id: str, entry_id: str) -> dict[str, Any] | None:
    row = await db.fetchrow(
        """
        select *, entry_date as date from entry
        where firm_id = $1 and file_id = $2 and entry_id = $3
        """,
        firm_id,
        file_id,
        entry_id,
    )
    return dict(row) if row else None
