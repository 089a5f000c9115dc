"""Import files: the formats that there are, what was asked for, what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.adapters.batch import columns, latest
from hub.domain.cursor import write_cursor
from hub.domain.export import Export, ExportWish
from qontable.database import Connection as Db
from qontable.events.export import ExportCompleted, ExportRequested, FormatAnnounced

_KEPT_APART = {"export_id", "firm_id", "file_id", "outcome", "completed_at"}


async def keep_formats(db: Db, events: Sequence[FormatAnnounced]) -> None:
    """Keep announcements. One of the same version replaces the earlier one."""
    kept = latest(events, lambda event: event.format, lambda event: event.version)
    await db.execute(
        """
        insert into export_format (format, version, said) select * from unnest($1::text[], $2::bigint[], $3::jsonb[])
        on conflict (format) do update set version = excluded.version, said = excluded.said, announced_at = now()
        where export_format.version <= excluded.version
        """,
        *columns([(event.format, event.version, event.model_dump(mode="json")) for event in kept]),
    )


async def list_formats(db: Db) -> list[FormatAnnounced]:
    """Every format, by title."""
    rows = await db.fetch("select said from export_format order by said ->> 'title', format")
    return [FormatAnnounced.model_validate(row["said"]) for row in rows]


async def keep_request(db: Db, event: ExportRequested, wish: ExportWish) -> bool:
    """Keep a request; false where it was made before."""
    done: str = await db.execute(
        """
        insert into export (firm_id, export_id, file_id, wish, outcome, requested_by, requested_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
        """,
        event.firm_id,
        event.export_id,
        event.file_id,
        wish.model_dump(mode="json", exclude_none=True),
        {"format": event.order.format},
        event.requested_by,
        event.requested_at,
    )
    return done == "INSERT 0 1"


async def has_file(db: Db, firm_id: str, file_id: str) -> bool:
    """Whether the firm's client file is known."""
    query = "select exists (select from client_file where firm_id = $1 and file_id = $2)"
    return bool(await db.fetchval(query, firm_id, file_id))


async def find_export(db: Db, firm_id: str, export_id: str) -> Export | None:
    """One export of the firm."""
    row = await db.fetchrow("select * from export where firm_id = $1 and export_id = $2", firm_id, export_id)
    return _export(row) if row else None


async def list_exports(
    db: Db, firm_id: str, *, file_id: str | None, before: tuple[datetime, str] | None, limit: int
) -> tuple[list[Export], str | None]:
    """A page of the firm's exports, latest first, and the next cursor."""
    at, export_id = before or (None, None)
    rows = await db.fetch(
        """
        select * from export
        where firm_id = $1 and ($2::text is null or file_id = $2)
            and ($3::timestamptz is null or (requested_at, export_id) < ($3, $4))
        order by requested_at desc, export_id desc limit $5
        """,
        firm_id,
        file_id,
        at,
        export_id,
        limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_cursor(last["requested_at"].isoformat(), last["export_id"]) if last else None
    return [_export(row) for row in rows[:limit]], following


async def keep_outcomes(db: Db, events: Sequence[ExportCompleted]) -> set[str]:
    """Note what came of exports, the first word on each; the ids of those that were asked for here."""
    rows = await db.fetch(
        "select export_id from export where (firm_id, export_id) in (select * from unnest($1::text[], $2::text[]))",
        [event.firm_id for event in events],
        [event.export_id for event in events],
    )
    for event in events:
        await db.execute(
            """
            update export set state = $3, outcome = outcome || $4, completed_at = $5
            where firm_id = $1 and export_id = $2 and state = 'requested'
            """,
            event.firm_id,
            event.export_id,
            event.outcome,
            event.model_dump(mode="json", exclude=_KEPT_APART),
            event.completed_at,
        )
    return {row["export_id"] for row in rows}


def _export(row: Any) -> Export:
    names = ("export_id", "file_id", "state", "wish", "requested_by", "requested_at", "completed_at")
    return Export.model_validate({name: row[name] for name in names} | row["outcome"])
