"""The tables of pulse and restorations, and the mark in object storage that no restored backup takes back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import orjson

from gateways.domain.restoration import LEAP, NoticedBy, Restoration
from qontable.database import Connection
from qontable.storage import DocumentMissing, Storage

MARK = "gateways/pulse.json"
LATELY = timedelta(minutes=15)
"""Longer than anything said takes to be heard."""


async def beat(connection: Connection) -> int:
    """One more beat; its number."""
    return int(await connection.fetchval("update pulse set beat = beat + 1 returning beat"))


async def mark(storage: Storage, number: int) -> None:
    """Write down outside the database how far it has come. Raises `StorageFailed`."""
    await storage.put(MARK, orjson.dumps({"beat": number}))


async def marked(storage: Storage) -> int:
    """How far the database had come when it was last written down; 0 if it never was. Raises `StorageFailed`."""
    try:
        return int(orjson.loads(await storage.get(MARK))["beat"])
    except DocumentMissing:
        return 0


async def lock_pulse(connection: Connection) -> int:
    """The number of the last beat, held until the transaction ends: one process at a time judges it."""
    return int(await connection.fetchval("select beat from pulse for update"))


async def advance(connection: Connection, number: int) -> None:
    """Go on from this beat."""
    await connection.execute("update pulse set beat = $1", number)


async def latest(connection: Connection) -> Restoration | None:
    """The last restoration, if there ever was one."""
    row = await connection.fetchrow(
        "select number, restored_at, settled_at, doubt_seconds from restorations order by number desc limit 1"
    )
    return Restoration(**row) if row else None


async def record(connection: Connection, noticed_by: NoticedBy, doubts: Mapping[str, timedelta]) -> Restoration:
    """Note a restoration: what left before it by a connector must have settled once its doubt is over."""
    row = await connection.fetchrow(
        """
        insert into restorations (noticed_by, restored_at, settled_at, doubt_seconds)
        values ($1, clock_timestamp(), clock_timestamp() + $2::interval, $3)
        returning number, restored_at, settled_at, doubt_seconds
        """,
        noticed_by,
        max(doubts.values()),
        {connector: doubt.total_seconds() for connector, doubt in doubts.items()},
    )
    assert row
    return Restoration(**row)


async def leap(connection: Connection) -> Sequence[str]:
    """Lift what was given out and may have been forgotten; end every lease. The ids of deliveries that are open.

    Takes its locks in the order of everybody else, lanes first.
    """
    await connection.execute(
        """
        with locked as (select connection_id from lanes order by connection_id for no key update)
        update lanes set lease_token = lease_token + $1, lease_until = null, health_version = health_version + $1,
            due_at = least(due_at, clock_timestamp())
        from locked where lanes.connection_id = locked.connection_id
        """,
        LEAP,
    )
    rows = await connection.fetch(
        """
        with locked as (
            select delivery_id from deliveries
            where state not in ('confirmed', 'rejected', 'recalled') order by delivery_id for update
        )
        update deliveries d set version = version + $1 from locked where d.delivery_id = locked.delivery_id
        returning d.delivery_id
        """,
        LEAP,
    )
    await connection.execute(
        """
        update attempts set outcome = 'orphaned', finished_at = clock_timestamp()
        where outcome is null and delivery_id = any($1)
        """,
        [row["delivery_id"] for row in rows],
    )
    return [row["delivery_id"] for row in rows]


async def ended_lately(connection: Connection) -> list[str]:
    """Deliveries that ended within the last minutes that this database remembers."""
    rows = await connection.fetch(
        """
        select delivery_id from deliveries
        where state in ('confirmed', 'rejected', 'recalled')
            and changed_at > (select max(changed_at) from deliveries) - $1::interval
        """,
        LATELY,
    )
    return [row["delivery_id"] for row in rows]
