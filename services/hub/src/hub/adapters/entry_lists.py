"""Entries as they are looked for: a page of a file's list, and what its filters offer."""

from collections.abc import Sequence
from datetime import date

from hub.domain.cursor import write_cursor
from hub.domain.entry import Entry, EntryFilter
from qontable.database import Connection as Db
from qontable.events.delivery import EntryStatus


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
