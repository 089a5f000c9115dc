"""How many entries there are of what: figures of tabs, causes, waits, and what is on its way, from the tally."""

from typing import get_args

from hub.domain.connection import Consequence
from hub.domain.entry import UNDECIDED, CauseCount, EntryCounts, WaitCount
from qontable.database import Connection as Db
from qontable.events.delivery import EntryStatus

MOST_CAUSES = 50
STATUSES: tuple[EntryStatus, ...] = get_args(EntryStatus)


async def count_entries(db: Db, firm_id: str, file_id: str) -> EntryCounts:
    """Figures of the file's tabs, what the entries to verify came back for and what the ready ones wait for."""
    statuses = await db.fetch(
        """
        select status, sum(entries)::bigint as entries from entry_tally
        where firm_id = $1 and file_id = $2 group by status
        """,
        firm_id,
        file_id,
    )
    causes = await db.fetch(
        """
        select cause, sum(entries)::bigint as entries from entry_tally
        where firm_id = $1 and file_id = $2 and status = 'to_verify' and cause is not null
        group by cause having sum(entries) > 0 order by sum(entries) desc, cause limit $3
        """,
        firm_id,
        file_id,
        MOST_CAUSES,
    )
    waits = await db.fetch(
        """
        select reason as waiting_for, sum(entries)::bigint as entries
        from entry_tally, jsonb_array_elements_text(waiting_for) as reason
        where firm_id = $1 and file_id = $2 and status = 'ready'
        group by reason having sum(entries) > 0 order by sum(entries) desc, reason
        """,
        firm_id,
        file_id,
    )
    tabs: dict[EntryStatus, int] = dict.fromkeys(STATUSES, 0)
    return EntryCounts(
        tabs=tabs | {row["status"]: row["entries"] for row in statuses},
        causes=[CauseCount(**row) for row in causes],
        waits=[WaitCount(**row) for row in waits],
    )


async def count_leaving(db: Db, firm_id: str, file_ids: list[str]) -> int:
    """How many entries of these files leave at the next Synchronize, or are on their way: those that wait for no other
    thing.
    """
    count: int = await db.fetchval(
        """
        select coalesce(sum(entries), 0)::bigint from entry_tally
        where firm_id = $1 and file_id = any($2::text[])
            and (status = 'sending' or status = 'ready' and waiting_for <@ '["synchronize", "evening"]')
        """,
        firm_id,
        file_ids,
    )
    return count


async def count_by_file(db: Db, firm_id: str, file_ids: list[str]) -> dict[str, dict[EntryStatus, int]]:
    """File → status → number of its entries."""
    rows = await db.fetch(
        """
        select file_id, status, sum(entries)::bigint as entries from entry_tally
        where firm_id = $1 and file_id = any($2::text[]) group by file_id, status
        """,
        firm_id,
        file_ids,
    )
    counts: dict[str, dict[EntryStatus, int]] = {file_id: dict.fromkeys(STATUSES, 0) for file_id in file_ids}
    for row in rows:
        counts[row["file_id"]][row["status"]] = row["entries"]
    return counts


async def count_ready(db: Db, firm_id: str, file_ids: list[str]) -> dict[str, int]:
    """How many entries of each file are ready to sync."""
    rows = await db.fetch(
        """
        select file_id, sum(entries)::bigint as entries from entry_tally
        where firm_id = $1 and file_id = any($2::text[]) and status = 'ready' group by file_id
        """,
        firm_id,
        file_ids,
    )
    return dict.fromkeys(file_ids, 0) | {row["file_id"]: row["entries"] for row in rows}


async def count_waiting_by_year(db: Db, firm_id: str, file_ids: list[str]) -> dict[int | None, int]:
    """Calendar year of the entry's date → entries of these files that are ready; None for those without a date."""
    rows = await db.fetch(
        """
        select year, sum(entries)::bigint as entries from entry_tally
        where firm_id = $1 and file_id = any($2::text[]) and status = 'ready'
        group by year having sum(entries) > 0 order by year
        """,
        firm_id,
        file_ids,
    )
    return {row["year"]: row["entries"] for row in rows}


async def count_on_the_way(
    db: Db, firm_id: str, *, file_id: str | None = None, connection_id: str | None = None
) -> Consequence:
    """Entries of a file, or of all files of a connection, that are waiting or on their way."""
    rows = await db.fetch(
        """
        select coalesce(sum(entries) filter (where status = 'ready'), 0)::bigint as waiting,
            coalesce(sum(entries) filter (where status = 'sending'), 0)::bigint as under_way,
            coalesce(sum(entries) filter (where delivery_state in ('unknown', 'missing')), 0)::bigint as unknown,
            coalesce(sum(entries) filter (where delivery_state = 'parked'), 0)::bigint as parked
        from entry_tally join integration using (firm_id, file_id)
        where firm_id = $1 and ($2::text is null or file_id = $2) and ($3::text is null or connection_id = $3)
            and (status in ('ready', 'sending') or delivery_state = any($4::text[]))
        """,
        firm_id,
        file_id,
        connection_id,
        list(UNDECIDED),
    )
    return Consequence(**rows[0])
