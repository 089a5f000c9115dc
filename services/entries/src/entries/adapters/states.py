"""Reference data as pre-flight reads it: of a chart that may be large, only what the entries at hand could touch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from qontable.database import Connection
from qontable.preflight import KnownYear, ReferenceState


async def fetch_states(
    connection: Connection,
    file_ids: Sequence[str],
    numbers: Sequence[tuple[str, str]],
    prefixes: Sequence[tuple[str, str]],
) -> dict[str, ReferenceState]:
    """What is known of files: of their accounts only these (file, number), and those that start with (file, prefix)."""
    ledgers = await _fetch_ledgers(connection, numbers, prefixes)
    journals = await connection.fetch(
        "select file_id, code, closed from reference_journals where file_id = any($1)", file_ids
    )
    years = await connection.fetch(
        "select file_id, start_date, end_date, closed from reference_years where file_id = any($1)", file_ids
    )
    fresh = await connection.fetch(
        "select file_id, refreshed_at from reference_files where file_id = any($1)", file_ids
    )
    refreshed: Mapping[str, Any] = {row["file_id"]: row["refreshed_at"] for row in fresh}
    return {
        file_id: ReferenceState(
            accounts=ledgers.get((file_id, "accounts"), {}),
            subsidiaries=ledgers.get((file_id, "subsidiaries"), {}),
            journals={row["code"]: row["closed"] for row in journals if row["file_id"] == file_id},
            fiscal_years=tuple(
                KnownYear(row["start_date"], row["end_date"], row["closed"])
                for row in years
                if row["file_id"] == file_id
            ),
            refreshed_at={kind: datetime.fromisoformat(text) for kind, text in refreshed.get(file_id, {}).items()},
        )
        for file_id in file_ids
    }


async def _fetch_ledgers(
    connection: Connection, numbers: Sequence[tuple[str, str]], prefixes: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, bool]]:
    rows = await connection.fetch(
        """
        select file_id, kind, number, closed from reference_accounts
        join unnest($1::text[], $2::text[]) as named (file_id, number) using (file_id, number)
        """,
        [file_id for file_id, _ in numbers],
        [number for _, number in numbers],
    )
    if prefixes:
        rows += await connection.fetch(
            """
            select file_id, kind, number, closed from reference_accounts
            join unnest($1::text[], $2::text[]) as shared (file_id, prefix) using (file_id)
            where starts_with(number, prefix)
            """,
            [file_id for file_id, _ in prefixes],
            [prefix for _, prefix in prefixes],
        )
    ledgers: dict[tuple[str, str], dict[str, bool]] = {}
    for row in rows:
        ledgers.setdefault((row["file_id"], row["kind"]), {})[row["number"]] = row["closed"]
    return ledgers
