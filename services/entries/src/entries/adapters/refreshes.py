"""Refreshes of reference data that entries asked for: one question per file and kind stands at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from entries.domain.facts import Asked
from qontable.database import Connection
from qontable.events.reference import ReferenceKind


async def fetch_asked(connection: Connection, file_ids: Sequence[str]) -> dict[str, dict[ReferenceKind, Asked]]:
    """When each kind was last asked for, and how often in vain before, by file."""
    rows = await connection.fetch(
        "select file_id, kind, asked_at, in_vain from refresh_asks where file_id = any($1)", file_ids
    )
    asked: dict[str, dict[ReferenceKind, Asked]] = {}
    for row in rows:
        asked.setdefault(row["file_id"], {})[row["kind"]] = Asked(row["asked_at"], row["in_vain"])
    return asked


async def save_asked(connection: Connection, asked: Iterable[tuple[str, ReferenceKind]], now: datetime) -> None:
    """Remember questions asked now, and whether the one before was in vain."""
    pairs = sorted(asked)
    await connection.execute(
        """
        insert into refresh_asks (file_id, kind, asked_at)
        select file_id, kind, $3 from unnest($1::text[], $2::text[]) as asked (file_id, kind)
        on conflict (file_id, kind) do update set asked_at = excluded.asked_at, in_vain = case
            when exists (
                select from reference_files f where f.file_id = refresh_asks.file_id
                    and (f.refreshed_at ->> refresh_asks.kind)::timestamptz >= refresh_asks.asked_at
            ) then 0 else refresh_asks.in_vain + 1 end
        """,
        [file_id for file_id, _ in pairs],
        [kind for _, kind in pairs],
        now,
    )
