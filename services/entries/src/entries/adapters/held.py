"""Records that came before their client file, as they came, until the file is known or too much time has passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qontable.database import Connection
from qontable.set_aside import SetAsideRecord

EXPIRED = "held_at < $2 and not exists (select from files where files.file_id = held.file_id)"


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record of one firm and file."""

    firm_id: str
    file_id: str
    record: SetAsideRecord


async def hold(connection: Connection, records: Sequence[HeldRecord], now: datetime) -> None:
    """Keep records until their file is known."""
    await connection.executemany(
        """
        insert into held_records
            (firm_id, file_id, consumer, topic, partition, record_offset, key, headers, body, traceparent, held_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [
            (
                held.firm_id,
                held.file_id,
                held.record.consumer,
                held.record.topic,
                held.record.partition,
                held.record.offset,
                held.record.key,
                held.record.headers,
                held.record.body,
                held.record.traceparent,
                now,
            )
            for held in records
        ],
    )


async def fetch_awaited(connection: Connection, file_ids: Sequence[str]) -> set[str]:
    """Those of these files of which records are held, even if the file has become known meanwhile."""
    rows = await connection.fetch(
        """
        select file_id from unnest($1::text[]) as named (file_id)
        where exists (select from held_records held where held.file_id = named.file_id)
        """,
        file_ids,
    )
    return {row["file_id"] for row in rows}


async def take_placeable(connection: Connection, limit: int) -> list[HeldRecord]:
    """Records whose file has become known, oldest first, taken out."""
    return await _take(connection, "exists (select from files where files.file_id = held.file_id)", limit)


async def take_unknown_firms(connection: Connection, held_before: datetime, limit: int) -> list[HeldRecord]:
    """Records of firms that are still unknown although they have been held since `held_before`, taken out."""
    condition = f"{EXPIRED} and not exists (select from firms where firms.firm_id = held.firm_id)"
    return await _take(connection, condition, limit, held_before)


async def take_unknown_files(connection: Connection, held_before: datetime, limit: int) -> list[HeldRecord]:
    """Records of known firms whose file is still unknown although they have been held so long, taken out."""
    condition = f"{EXPIRED} and exists (select from firms where firms.firm_id = held.firm_id)"
    return await _take(connection, condition, limit, held_before)


async def count_held(connection: Connection) -> dict[str, int]:
    """How many records wait, by what they wait for."""
    rows = await connection.fetch(
        """
        select case when firms.firm_id is null then 'firm' else 'file' end as waits_for, count(*) as records
        from held_records left join firms using (firm_id) group by 1
        """
    )
    return {row["waits_for"]: row["records"] for row in rows}


async def _take(connection: Connection, condition: str, limit: int, *values: Any) -> list[HeldRecord]:
    """Records taken out, oldest first. Whoever takes some meanwhile is waited for: what is held later comes later."""
    rows = await connection.fetch(
        f"""
        with taken as (
            delete from held_records where id in (
                select id from held_records held where {condition} order by id limit $1 for update
            )
            returning *
        )
        select * from taken order by id
        """,  # noqa: S608 - conditions are the three above
        limit,
        *values,
    )
    return [HeldRecord(row["firm_id"], row["file_id"], _record(row)) for row in rows]


def _record(row: Any) -> SetAsideRecord:
    return SetAsideRecord(
        consumer=row["consumer"],
        topic=row["topic"],
        key=row["key"],
        headers=row["headers"],
        body=row["body"],
        reason="held",
        partition=row["partition"],
        offset=row["record_offset"],
        traceparent=row["traceparent"],
    )
