"""Reference data row by row: applied version by version, listed page by page."""

from collections.abc import Sequence
from datetime import date, datetime

from hub.adapters.batch import columns
from hub.domain.cursor import write_cursor
from hub.domain.reference_row import HeldReference, KindRow, PastRefresh, ReferenceRow, count_changes
from qontable.database import Connection as Db
from qontable.events.reference import REFERENCE_KINDS, AccountsRefreshed, ReferenceKind
from qontable.preflight import KnownYear, ReferenceState
from qontable.versions import Held, HeldVersion

MOST_REFRESHES = 50
"""How many past refreshes of a file are shown."""


async def lock_held(db: Db, firm_id: str, file_id: str) -> Held | None:
    """What is held of a file, its row locked."""
    row = await db.fetchrow(
        """
        select connection_id, software_file_id, version, full_asked_at from reference_held
        where firm_id = $1 and file_id = $2 for update
        """,
        firm_id,
        file_id,
    )
    if row is None:
        return None
    at = HeldVersion(row["connection_id"], row["software_file_id"], row["version"])
    return Held(at, row["full_asked_at"])


async def keep_held(db: Db, event: AccountsRefreshed) -> None:
    """The file is held at the event's version; rows are counted once here, so that no page has to."""
    await db.execute(
        """
        insert into reference_held (firm_id, file_id, connection_id, software_file_id, version, counts, fetched_at)
        select $1, $2, $3, $4, $5, coalesce(jsonb_object_agg(kind, rows) filter (where kind is not null), '{}'), $6
        from (
            select kind, count(*) as rows from reference_row where firm_id = $1 and file_id = $2 group by kind
        ) as counted
        on conflict (firm_id, file_id) do update set
            connection_id = excluded.connection_id, software_file_id = excluded.software_file_id,
            version = excluded.version, counts = excluded.counts, full_asked_at = null,
            fetched_at = case when reference_held.software_file_id = excluded.software_file_id
                then reference_held.fetched_at || excluded.fetched_at else excluded.fetched_at end
        """,
        event.firm_id,
        event.file_id,
        event.connection_id,
        event.software_file_id,
        event.version,
        dict.fromkeys(event.kinds, event.refreshed_at.isoformat()),
    )


async def note_full_asked(db: Db, event: AccountsRefreshed, at: datetime) -> None:
    """Remember that the file's full state was asked for."""
    await db.execute(
        """
        insert into reference_held (firm_id, file_id, connection_id, software_file_id, version, full_asked_at)
        values ($1, $2, $3, $4, 0, $5)
        on conflict (firm_id, file_id) do update set full_asked_at = excluded.full_asked_at
        """,
        event.firm_id,
        event.file_id,
        event.connection_id,
        event.software_file_id,
        at,
    )


async def collect_part(db: Db, event: AccountsRefreshed) -> list[AccountsRefreshed]:
    """Keep a part; all parts in order once the last one is there, nothing before."""
    key = event.firm_id, event.file_id, event.version, event.full
    await db.execute(
        """
        insert into reference_part (firm_id, file_id, version, full_state, part, event) values ($1, $2, $3, $4, $5, $6)
        on conflict (firm_id, file_id, version, full_state, part) do update set event = excluded.event
        """,
        *key,
        event.part,
        event.model_dump(mode="json"),
    )
    rows = await db.fetch(
        """
        select event from reference_part
        where firm_id = $1 and file_id = $2 and version = $3 and full_state = $4
            and (select count(*) from reference_part
                where firm_id = $1 and file_id = $2 and version = $3 and full_state = $4) >= $5
        order by part
        """,
        *key,
        event.parts,
    )
    if rows:
        await db.execute(
            "delete from reference_part where firm_id = $1 and file_id = $2 and version <= $3",
            event.firm_id,
            event.file_id,
            event.version,
        )
    return [AccountsRefreshed.model_validate(row["event"]) for row in rows]


async def clear_rows(db: Db, firm_id: str, file_id: str) -> None:
    """Forget every row of a file."""
    await db.execute("delete from reference_row where firm_id = $1 and file_id = $2", firm_id, file_id)


async def save_rows(db: Db, firm_id: str, file_id: str, rows: Sequence[KindRow]) -> None:
    """Insert or replace rows of a file."""
    if not rows:
        return
    await db.execute(
        """
        insert into reference_row (firm_id, file_id, kind, code, label, closed, details)
        select distinct on (kind, code) $1, $2, kind, code, label, closed, details
        from unnest($3::text[], $4::text[], $5::text[], $6::boolean[], $7::jsonb[])
            as said (kind, code, label, closed, details)
        on conflict (firm_id, file_id, kind, code) do update set
            label = excluded.label, closed = excluded.closed, details = excluded.details
        """,
        firm_id,
        file_id,
        *columns(rows),
    )


async def remove_rows(db: Db, firm_id: str, file_id: str, rows: Sequence[KindRow]) -> None:
    """Forget rows that are not in the software any more."""
    await db.execute(
        """
        delete from reference_row using unnest($3::text[], $4::text[]) as gone (kind, code)
        where firm_id = $1 and file_id = $2 and reference_row.kind = gone.kind and reference_row.code = gone.code
        """,
        firm_id,
        file_id,
        [row.kind for row in rows],
        [row.code for row in rows],
    )


async def keep_refresh(db: Db, parts: Sequence[AccountsRefreshed]) -> None:
    """Note a refresh that came through, with what it changed."""
    event = parts[0]
    await db.execute(
        """
        insert into reference_refresh (firm_id, file_id, refreshed_at, version, software_file_id, kinds, changes)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
        """,
        event.firm_id,
        event.file_id,
        event.refreshed_at,
        event.version,
        event.software_file_id,
        list(event.kinds),
        count_changes(parts),
    )


async def find_held(db: Db, firm_id: str, file_id: str, software_file_id: str) -> HeldReference | None:
    """What is held of a file, if it is that of the software file it is tied to."""
    row = await db.fetchrow(
        """
        select version, counts, fetched_at from reference_held
        where firm_id = $1 and file_id = $2 and software_file_id = $3 and version > 0
        """,
        firm_id,
        file_id,
        software_file_id,
    )
    return HeldReference.model_validate(dict(row)) if row else None


async def fetch_state(
    db: Db, firm_id: str, file_id: str, software_file_id: str, numbers: Sequence[str], starts: Sequence[str]
) -> ReferenceState | None:
    """What pre-flight reads of a file: of its accounts only these numbers, and those that begin with one of `starts`.

    Nothing where nothing of that software file is held.
    """
    held = await find_held(db, firm_id, file_id, software_file_id)
    if held is None:
        return None
    rows = await db.fetch(
        """
        select kind, code, closed, details from reference_row
        where firm_id = $1 and file_id = $2 and (kind in ('journals', 'fiscal_years') or code = any($3)
            or exists (select from unnest($4::text[]) as beginning where starts_with(code, beginning)))
        """,
        firm_id,
        file_id,
        numbers,
        starts,
    )
    closed: dict[str, dict[str, bool]] = {kind: {} for kind in REFERENCE_KINDS}
    for row in rows:
        closed[row["kind"]][row["code"]] = row["closed"]
    years = [row for row in rows if row["kind"] == "fiscal_years"]
    return ReferenceState(
        accounts=closed["accounts"],
        subsidiaries=closed["subsidiaries"],
        journals=closed["journals"],
        fiscal_years=tuple(
            KnownYear(date.fromisoformat(row["code"]), date.fromisoformat(row["details"]["end"]), row["closed"])
            for row in years
        ),
        refreshed_at=held.fetched_at,
    )


async def list_rows(
    db: Db, firm_id: str, file_id: str, kind: ReferenceKind, *, text: str | None, after: str | None, limit: int
) -> tuple[list[ReferenceRow], str | None]:
    """A page of one kind's rows by code, and the next cursor."""
    rows = await db.fetch(
        """
        with found as (
            select code from reference_row
            where firm_id = $1 and file_id = $2 and kind = $3 and ($4::text is null or code > $4)
                and ($5::text is null or strpos(sought, lower($5)) > 0)
            order by code limit $6
        )
        select code, label, closed, details from found
        join reference_row using (code)
        where firm_id = $1 and file_id = $2 and kind = $3
        order by code
        """,
        firm_id,
        file_id,
        kind,
        after,
        text,
        limit + 1,
    )
    following = write_cursor(rows[limit - 1]["code"]) if len(rows) > limit else None
    return [ReferenceRow.model_validate(dict(row)) for row in rows[:limit]], following


async def list_refreshes(db: Db, firm_id: str, file_id: str, software_file_id: str) -> list[PastRefresh]:
    """The latest refreshes of the software file that came through, latest first."""
    rows = await db.fetch(
        """
        select refreshed_at, version, kinds, changes from reference_refresh
        where firm_id = $1 and file_id = $2 and software_file_id = $3
        order by refreshed_at desc, version desc limit $4
        """,
        firm_id,
        file_id,
        software_file_id,
        MOST_REFRESHES,
    )
    return [PastRefresh.model_validate(dict(row)) for row in rows]
