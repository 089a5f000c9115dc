"""Refreshes of reference data that entries asked for: one question per file and kind stands at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from qontable.database import Connection
from qontable.events.reference import ReferenceKind


async def fetch_asked(connection: Connection, file_ids: Sequence[str]) -> dict[str, dict[ReferenceKind, datetime]]:
    """When each kind was last asked for, by file."""
    rows = await connection.fetch("select file_id, kind, asked_at from refresh_asks where file_id = any($1)", file_ids)
    asked: dict[str, dict[ReferenceKind, datetime]] = {}
    for row in rows:
        asked.setdefault(row["file_id"], {})[row["kind"]] = row["asked_at"]
    return asked


async def save_asked(connection: Connection, asked: Iterable[tuple[str, ReferenceKind]], now: datetime) -> None:
    """Remember questions asked now."""
    pairs = sorted(asked)
    await connection.execute(
        """
        insert into refresh_asks (file_id, kind, asked_at)
        select file_id, kind, $3 from unnest($1::text[], $2::text[]) as asked (file_id, kind)
        on conflict (file_id, kind) do update set asked_at = excluded.asked_at
        """,
        [file_id for file_id, _ in pairs],
        [kind for _, kind in pairs],
        now,
    )
