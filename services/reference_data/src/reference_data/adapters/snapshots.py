"""Snapshots on their way, and the one that holds: parts, comparison, current rows, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from qontable.database import Connection
from qontable.events.reference import AccountsFetched, ReferenceKind, ReferenceRows
from reference_data.domain.snapshot import LEDGER_KINDS, Item


@dataclass(frozen=True, slots=True)
class Change:
    """One row that another version says differently."""

    change: str
    kind: str
    body: dict[str, Any]


async def save_parts(connection: Connection, fetched: Sequence[AccountsFetched]) -> None:
    """Keep numbered parts until their closing record comes."""
    await connection.executemany(
        "insert into part (fetch_id, part, rows) values ($1, $2, $3) on conflict do nothing",
        [(item.fetch_id, item.part, _rows(item)) for item in fetched],
    )


def _rows(fetched: AccountsFetched) -> dict[str, Any]:
    return fetched.rows.model_dump(mode="json", exclude_none=True) if fetched.rows else {}


async def save_closings(connection: Connection, fetched: Sequence[AccountsFetched]) -> None:
    """Keep closing records: parts may still be on their way."""
    await connection.executemany(
        "insert into fetched (fetch_id, refresh_id, event) values ($1, $2, $3) on conflict do nothing",
        [(item.fetch_id, item.refresh_id, item.model_dump(mode="json")) for item in fetched],
    )


async def complete_fetches(connection: Connection, fetch_ids: Sequence[str]) -> list[AccountsFetched]:
    """The closing records among these fetches whose parts have all arrived, in order of arrival."""
    rows = await connection.fetch(
        """
        select event from fetched where fetch_id = any($1)
          and (select count(*) from part where part.fetch_id = fetched.fetch_id) >= (event->'closing'->>'parts')::int
        order by arrived_at, fetch_id
        """,
        list(fetch_ids),
    )
    return [AccountsFetched.model_validate(row["event"]) for row in rows]


async def read_parts(connection: Connection, fetch_id: str) -> list[ReferenceRows]:
    """All parts of a fetch, in order."""
    rows = await connection.fetch("select rows from part where fetch_id = $1 order by part", fetch_id)
    return [ReferenceRows.model_validate(row["rows"]) for row in rows]


async def forget_fetch(connection: Connection, fetch_id: str) -> None:
    """Drop what was kept of a fetch."""
    await connection.execute("delete from part where fetch_id = $1", fetch_id)
    await connection.execute("delete from fetched where fetch_id = $1", fetch_id)


async def forget_left_fetches(connection: Connection, days: int) -> None:
    """Drop parts of fetches that never became whole; what waits for a person waits as long as it takes."""
    for table in ("part", "fetched"):
        await connection.execute(
            f"""
            delete from {table} where arrived_at < now() - make_interval(days => $1) and fetch_id not in (
                select fetch_id from refresh where state = 'waits_for_person' and fetch_id is not null)
            """,  # noqa: S608
            days,
        )


async def newer_kinds(
    connection: Connection, file_id: str, kinds: Sequence[ReferenceKind], started_at: datetime
) -> list[ReferenceKind]:
    """Those of these kinds of which no fetch that began at or after `started_at` was applied yet."""
    rows = await connection.fetch(
        "select kind from freshness where file_id = $1 and fetch_started_at >= $2", file_id, started_at
    )
    applied = {row["kind"] for row in rows}
    return [kind for kind in kinds if kind not in applied]


async def stage(connection: Connection, items: Sequence[Item]) -> None:
    """Copy a snapshot beside the current rows, for this transaction.

    The key is for the planner: a plan that was made for small files and kept must not compare each row with each.
    """
    await connection.execute(
        """
        create temporary table if not exists incoming (
            kind text, code text, body text, hash bytea, primary key (kind, code)
        ) on commit delete rows
        """
    )
    await connection.execute("truncate incoming")
    await connection.copy_records_to_table(
        "incoming",
        records=[(item.kind, item.code, orjson.dumps(item.body).decode(), item.hash) for item in items],
        columns=["kind", "code", "body", "hash"],
    )
    await connection.execute("analyze incoming")


async def count_lost_accounts(connection: Connection, file_id: str, kinds: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By ledger, how many accounts the file has, and how many of them the staged snapshot lacks."""
    rows = await connection.fetch(
        """
        select kind, count(*) as before, count(*) filter (where incoming.code is null) as lost
        from item left join incoming using (kind, code)
        where file_id = $1 and kind = any($2) group by kind order by kind
        """,
        file_id,
        [kind for kind in kinds if kind in LEDGER_KINDS],
    )
    return {row["kind"]: (row["before"], row["lost"]) for row in rows}


async def apply_staged(connection: Connection, file_id: str, kinds: Sequence[str], version: int) -> list[Change]:
    """Make the staged snapshot the current one for these kinds; what changed. Rows that are equal are not written."""
    written = await connection.fetch(
        """
        insert into item (file_id, kind, code, body, hash, version)
        select $1, kind, code, body::jsonb, hash, $2 from incoming
        where not exists (select from item where item.file_id = $1 and item.kind = incoming.kind
                          and item.code = incoming.code and item.hash = incoming.hash)
        on conflict (file_id, kind, code) do update set
            body = excluded.body, hash = excluded.hash, version = excluded.version
        returning case when xmax = 0 then 'created' else 'changed' end as change, kind, code, body
        """,
        file_id,
        version,
    )
    removed = await connection.fetch(
        """
        delete from item where file_id = $1 and kind = any($2)
          and not exists (select from incoming where incoming.kind = item.kind and incoming.code = item.code)
        returning 'removed' as change, kind, code, body
        """,
        file_id,
        list(kinds),
    )
    changes = sorted([*written, *removed], key=lambda row: (row["kind"], row["code"]))
    await connection.execute(
        """
        insert into change (file_id, version, kind, code, change, body)
        select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::jsonb[])
        """,
        file_id,
        version,
        *([row[column] for row in changes] for column in ("kind", "code", "change", "body")),
    )
    return [Change(row["change"], row["kind"], row["body"]) for row in changes]


async def read_current(connection: Connection, file_id: str) -> list[Change]:
    """Every current row of a file, as if it were created now."""
    rows = await connection.fetch("select kind, body from item where file_id = $1 order by kind, code", file_id)
    return [Change("created", row["kind"], row["body"]) for row in rows]


async def note_applied(
    connection: Connection, fetched: AccountsFetched, kinds: Sequence[ReferenceKind], version: int
) -> None:
    """The file is at `version`, of this software file, these kinds as fresh as the fetch's beginning."""
    if fetched.closing is None:
        raise ValueError("only a closed fetch can be applied")
    await connection.execute(
        """
        update file set version = $2, snapshot_connection_id = $3, snapshot_software_file_id = $4 where file_id = $1
        """,
        fetched.file_id,
        version,
        fetched.connection_id,
        fetched.software_file_id,
    )
    await connection.executemany(
        """
        insert into freshness (file_id, kind, fetch_started_at, refreshed_at) values ($1, $2, $3, now())
        on conflict (file_id, kind) do update set
            fetch_started_at = excluded.fetch_started_at, refreshed_at = excluded.refreshed_at
        """,
        [(fetched.file_id, kind, fetched.closing.started_at) for kind in kinds],
    )


async def forget_rows(connection: Connection, file_id: str) -> None:
    """Drop the current rows: they belong to a software file that the client file is not tied to any more."""
    await connection.execute("delete from item where file_id = $1", file_id)
    await connection.execute("delete from freshness where file_id = $1", file_id)


async def read_freshness(connection: Connection, file_id: str) -> dict[ReferenceKind, datetime]:
    """For each kind of a file that was ever fetched, when the fetch that was applied last had begun."""
    rows = await connection.fetch("select kind, fetch_started_at from freshness where file_id = $1", file_id)
    return {row["kind"]: row["fetch_started_at"] for row in rows}
