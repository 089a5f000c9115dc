"""Entries as they are looked for: lists, counts, one entry's life, and what is on its way."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, get_args

from hub.domain.connection import Consequence
from hub.domain.cursor import write_cursor
from hub.domain.entry import (
    UNDECIDED,
    Attempt,
    CauseCount,
    Entry,
    EntryCounts,
    EntryFilter,
    EntryLife,
    Moment,
    WaitCount,
)
from qontable.database import Connection as Db
from qontable.events.delivery import EntryStatus

MOST_CAUSES = 50
STATUSES: tuple[EntryStatus, ...] = get_args(EntryStatus)


async def list_entries(
    db: Db,
    firm_id: str,
    file_id: str,
    wanted: EntryFilter,
    *,
    after: tuple[date, str] | None,
    limit: int,
    statuses: Sequence[EntryStatus] | None = None,
) -> tuple[list[Entry], str | None]:
    """A page of a file's entries, latest first, and the next cursor. Those without a readable date come first.

    `statuses` are those of a tab, beside what is `wanted`.
    """
    sort_date, entry_id = after or (None, None)
    rows = await db.fetch(
        """
        with found as (
            select entry_id, sort_date from entry
            where firm_id = $1 and file_id = $2
                and ($3::text is null or status = $3)
                and ($4::text is null or delivery_state = $4)
                and ($5::text is null or waiting_for ? $5)
                and ($6::text is null or journal = $6)
                and ($7::text is null or kind = $7)
                and ($8::date is null or sort_date >= $8 and sort_date < date '9999-12-31')
                and ($9::date is null or sort_date <= $9 and sort_date < date '9999-12-31')
                and ($10::numeric is null or amount >= $10)
                and ($11::numeric is null or amount <= $11)
                and ($12::text is null or cause = $12)
                and ($13::text is null or strpos(sought, lower($13)) > 0)
                and ($14::date is null or (sort_date, entry_id) < ($14, $15))
                and ($17::text[] is null or status = any($17))
                and ($18::text is null or (entry_id, revision) in (
                    select entry_id, revision from entry_account
                    where firm_id = $1 and file_id = $2
                        and account >= $18 collate "C" and account < $18 || chr(1114111) collate "C"))
                and ($19::text is null or strpos(split_part(sought, e'\\x1f', 1), lower($19)) > 0)
                and ($20::text is null or strpos(split_part(sought, e'\\x1f', 2), lower($20)) > 0)
                and ($21::text is null or documents = $21)
                and ($22::boolean is null or open_difference = $22)
                and ($23::text is null or detail = $23)
            order by sort_date desc, entry_id desc limit $16
        )
        select entry.*, entry_date as date from found
        join entry on firm_id = $1 and file_id = $2 and entry.entry_id = found.entry_id
        order by found.sort_date desc, found.entry_id desc
        """,
        firm_id,
        file_id,
        wanted.status,
        wanted.delivery_state,
        wanted.waiting_for,
        wanted.journal,
        wanted.kind,
        wanted.date_from,
        wanted.date_to,
        wanted.amount_from,
        wanted.amount_to,
        wanted.cause,
        wanted.q,
        sort_date,
        entry_id,
        limit + 1,
        list(statuses) if statuses else None,
        wanted.account,
        wanted.third_party,
        wanted.invoice_number,
        wanted.documents,
        wanted.open_difference,
        wanted.detail,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_cursor(last["sort_date"].isoformat(), last["entry_id"]) if last else None
    return [Entry.model_validate(dict(row)) for row in rows[:limit]], following


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


async def count_open_causes(db: Db, firm_id: str, file_id: str) -> list[CauseCount]:
    """What entries to verify came back for, without those whose next revision is asked for already."""
    rows = await db.fetch(
        """
        select cause, count(*) as entries from entry
        where firm_id = $1 and file_id = $2 and status = 'to_verify' and cause is not null
            and corrected_revision is distinct from revision
        group by cause order by count(*) desc, cause limit $3
        """,
        firm_id,
        file_id,
        MOST_CAUSES,
    )
    return [CauseCount(**row) for row in rows]


async def find_samples(db: Db, firm_id: str, file_id: str, causes: Sequence[str]) -> dict[str, Entry]:
    """Cause → one of the entries to verify that came back for it, which has the words."""
    rows = await db.fetch(
        """
        select sample.* from unnest($3::text[]) as wanted (name)
        cross join lateral (
            select *, entry_date as date from entry
            where firm_id = $1 and file_id = $2 and status = 'to_verify' and cause = wanted.name limit 1
        ) as sample
        """,
        firm_id,
        file_id,
        list(causes),
    )
    return {row["cause"]: Entry.model_validate(dict(row)) for row in rows}


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


async def list_journals(db: Db, firm_id: str, file_id: str) -> list[str]:
    """The journals that a file's entries name."""
    rows = await db.fetch(
        """
        select distinct journal from entry_tally
        where firm_id = $1 and file_id = $2 and journal is not null and entries > 0 order by journal
        """,
        firm_id,
        file_id,
    )
    return [row["journal"] for row in rows]


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
