"""Snapshots on their way, and the one that holds: parts, comparison, current rows, history."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from qontable.database import Connection
from qontable.events.reference import AccountsFetched, ReferenceKind
from reference_data.domain.snapshot import Change, Difference, Item, Key


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


async def read_parts(connection: Connection, fetch_id: str) -> list[dict[str, Any]]:
    """All parts of a fetch, in order, as the plain values that `save_parts` took from checked ones."""
    rows = await connection.fetch("select rows from part where fetch_id = $1 order by part", fetch_id)
    return [row["rows"] for row in rows]


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


async def read_hashes(connection: Connection, file_id: str, kinds: Sequence[str]) -> dict[Key, bytes]:
    """The current rows of these kinds, as the hash of each."""
    rows = await connection.fetch(
        "select kind, code, hash from item where file_id = $1 and kind = any($2)", file_id, list(kinds)
    )
    return {(row["kind"], row["code"]): row["hash"] for row in rows}


async def apply_difference(connection: Connection, file_id: str, version: int, difference: Difference) -> list[Change]:
    """Make what differs current, note it as `version`, and return it; rows that are equal are not touched."""
    await _write(connection, file_id, version, "created", difference.created, CREATE)
    await _write(connection, file_id, version, "changed", difference.changed, CHANGE)
    changes = [
        *(Change("created", item.key, item.body) for item in difference.created),
        *(Change("changed", item.key, item.body) for item in difference.changed),
        *await _remove(connection, file_id, version, difference.removed),
    ]
    return sorted(changes, key=attrgetter("key"))


CREATE = """
    insert into item (file_id, version, kind, code, body, hash)
    select $1, $2, kind, code, body::jsonb, hash
    from unnest($4::text[], $5::text[], $6::text[], $7::bytea[]) as items (kind, code, body, hash)
    returning kind, code, body
"""
"""Plain: under the file's lock a row that the difference calls new is new, and asking for each again is not free."""
CHANGE = """
    update item set body = items.body::jsonb, hash = items.hash, version = $2
    from unnest($4::text[], $5::text[], $6::text[], $7::bytea[]) as items (kind, code, body, hash)
    where item.file_id = $1 and item.kind = items.kind and item.code = items.code
    returning item.kind, item.code, item.body
"""


async def _write(
    connection: Connection, file_id: str, version: int, change: str, items: Sequence[Item], statement: str
) -> None:
    await connection.execute(
        f"""
        with written as ({statement})
        insert into change (file_id, version, kind, code, change, body)
        select $1, $2, kind, code, $3, body from written
        """,  # noqa: S608
        file_id,
        version,
        change,
        *_columns(item.key for item in items),
        [item.body for item in items],
        [item.hash for item in items],
    )


async def _remove(connection: Connection, file_id: str, version: int, removed: Sequence[Key]) -> list[Change]:
    rows = await connection.fetch(
        """
        with gone as (
            delete from item using unnest($3::text[], $4::text[]) as removed (kind, code)
            where file_id = $1 and item.kind = removed.kind and item.code = removed.code
            returning item.kind, item.code, body
        )
        insert into change (file_id, version, kind, code, change, body)
        select $1, $2, kind, code, 'removed', body from gone
        returning kind, code, body::text
        """,
        file_id,
        version,
        *_columns(removed),
    )
    return [Change("removed", (row["kind"], row["code"]), row["body"]) for row in rows]


def _columns(keys: Iterable[Key]) -> tuple[list[str], list[str]]:
    pairs = list(keys)
    return [kind for kind, _ in pairs], [code for _, code in pairs]


async def read_current(connection: Connection, file_id: str) -> list[Change]:
    """Every current row of a file, as if it were created now."""
    rows = await connection.fetch(
        "select kind, code, body::text from item where file_id = $1 order by kind, code", file_id
    )
    return [Change("created", (row["kind"], row["code"]), row["body"]) for row in rows]


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
