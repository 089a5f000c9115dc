"""The table of lanes: due times, leases with fencing tokens, failures, health (DESIGN 6).

`due_at` is the earliest thing that can be done on a lane. Whoever adds work lowers it under the row's lock; the owner
computes it anew only after taking that lock, so that it never overlooks work that is being added.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from gateways.domain.deadline import Deadline
from gateways.domain.health import LaneHealth
from gateways.domain.lease import Lease, LeaseLost, Owner
from qontable.database import Connection
from qontable.events.delivery import SoftwareMessage

CHANNEL = "lanes"
"""What is notified when a lane has work, with the schema's name behind it."""

STANDS_STILL = """
    not exists (
        select from connections c
        where c.connection_id = lanes.connection_id and c.enabled and c.version is distinct from lanes.halted_version
    )
"""
"""Whether a lane works on no delivery: its connection is off or not known, or its credentials are refused."""

_HEALTH = """
    failures, failing_since, failed_at, paused_until, halted_version, health, health_version, health_since,
    health_message
"""


@dataclass(frozen=True, slots=True)
class Touched:
    """A lane that has work from `due_at` on."""

    connection_id: str
    firm_id: str
    connector: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Resumed:
    """A lane whose halt has ended; `token` is that of the lease which it took from its last owner."""

    connection_id: str
    firm_id: str
    connector: str
    token: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A lane just taken: its lease, and the requests that earlier owners made lately.

    `requests_made` holds pairs of age in seconds and count; nothing when the last owner vanished without a word.
    """

    lease: Lease
    requests_made: list[list[float]] | None


async def touch(connection: Connection, lanes: Iterable[Touched]) -> None:
    """There is work on these lanes; whoever waits for it wakes when the transaction commits."""
    earliest: dict[str, Touched] = {}
    for lane in sorted(lanes, key=lambda lane: (lane.connection_id, lane.due_at)):
        earliest.setdefault(lane.connection_id, lane)
    await connection.execute(
        """
        with touched as (
            insert into lanes (connection_id, firm_id, connector, due_at)
            select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
            on conflict (connection_id) do update set due_at = excluded.due_at
                where lanes.due_at is null or lanes.due_at > excluded.due_at
        )
        select pg_notify($5 || '_' || current_schema(), lane) from unnest($1::text[]) as lane
        """,
        list(earliest),
        [lane.firm_id for lane in earliest.values()],
        [lane.connector for lane in earliest.values()],
        [lane.due_at for lane in earliest.values()],
        CHANNEL,
    )


async def take(connection: Connection, owner: Owner, lengths: Mapping[str, timedelta], most: int) -> list[Taken]:
    """Lease up to `most` lanes with due work, those first that no owner has written to for longest.

    `lengths` are the leases', by connector.
    """
    asked = Deadline.after(0)
    rows = await connection.fetch(
        """
        with due as (
            select connection_id, lease_until is not null as abandoned, requests_made,
                extract(epoch from clock_timestamp() - requests_at)::float8 as requests_age
            from lanes
            where connector = any($1) and due_at <= now() and (lease_until is null or lease_until <= now())
            order by requests_at limit $5
            for update skip locked
        ), kinds as (
            select * from unnest($1::text[], $2::interval[]) as kinds (connector, length)
        )
        update lanes set
            lease_token = lease_token + 1, lease_slot = $3, lease_run = $4,
            lease_until = clock_timestamp() + kinds.length
        from due, kinds
        where lanes.connection_id = due.connection_id and kinds.connector = lanes.connector
        returning lanes.connection_id, lanes.firm_id, lanes.connector, lease_token, kinds.length, due.*
        """,
        list(lengths),
        list(lengths.values()),
        owner.slot,
        owner.run,
        most,
    )
    return [_taken(row, owner, asked) for row in rows]


def _taken(row: asyncpg.Record, owner: Owner, asked: Deadline) -> Taken:
    length: timedelta = row["length"]
    lease = Lease(
        connection_id=row["connection_id"],
        firm_id=row["firm_id"],
        connector=row["connector"],
        token=row["lease_token"],
        owner=owner,
        length=length,
        until=Deadline(asked.at + length.total_seconds()),
    )
    made = [[age + row["requests_age"], count] for age, count in row["requests_made"]]
    return Taken(lease, None if row["abandoned"] else made)


async def any_waits(connection: Connection, connectors: Iterable[str]) -> bool:
    """Whether a lane with due work has no owner."""
    query = """
        select exists (
            select from lanes
            where connector = any($1) and due_at <= now() and (lease_until is null or lease_until <= now())
        )
    """
    return bool(await connection.fetchval(query, list(connectors)))


async def hold(connection: Connection, lease: Lease) -> tuple[LaneHealth, datetime]:
    """Lock the lane's row until the transaction ends: its health, and the present instant. Raises `LeaseLost`."""
    row = await connection.fetchrow(
        f"""
        select clock_timestamp() as now, {_HEALTH} from lanes
        where connection_id = $1 and lease_token = $2 for no key update
        """,  # noqa: S608
        lease.connection_id,
        lease.token,
    )
    if row is None:
        raise LeaseLost(lease.connection_id)
    return _health(row), row["now"]


async def renew(connection: Connection, lease: Lease, requests_made: Sequence[Sequence[float]]) -> None:
    """Extend the lease by its length from now, and say how due the lane is. Raises `LeaseLost`."""
    asked = Deadline.after(0)
    await hold(connection, lease)
    await connection.execute(
        f"""
        update lanes set
            lease_until = clock_timestamp() + $2::interval, requests_made = $3, requests_at = clock_timestamp(),
            due_at = {_DUE}
        where connection_id = $1
        """,  # noqa: S608
        lease.connection_id,
        lease.length,
        requests_made,
    )
    lease.until = Deadline(asked.at + lease.length.total_seconds())


async def give_back(connection: Connection, lease: Lease, requests_made: Sequence[Sequence[float]]) -> None:
    """End the lease; attempts that nobody answers for are the next owner's, at once. Raises `LeaseLost`."""
    await hold(connection, lease)
    await connection.execute(
        "update deliveries set due_at = now() where connection_id = $1 and state = 'sending' and due_at > now()",
        lease.connection_id,
    )
    await connection.execute(
        f"""
        update lanes set lease_until = null, requests_made = $2, requests_at = clock_timestamp(), due_at = {_DUE}
        where connection_id = $1
        """,  # noqa: S608
        lease.connection_id,
        requests_made,
    )


async def next_due(connection: Connection, lease: Lease) -> datetime | None:
    """When there is something to do on a lane that one owns; nothing when there is not."""
    due_at: datetime | None = await connection.fetchval(
        f"select {_DUE} from lanes where connection_id = $1",  # noqa: S608
        lease.connection_id,
    )
    return due_at


_DUE = f"""
    least(
        (select min(jobs.due_at) from jobs where jobs.connection_id = lanes.connection_id and jobs.done_at is null),
        (
            select greatest(min(d.due_at), lanes.paused_until) from deliveries d
            where d.connection_id = lanes.connection_id and d.due_at is not null and not ({STANDS_STILL})
            having min(d.due_at) is not null -- greatest() passes over nulls: a pause alone is nothing to do
        )
    )
"""  # noqa: S608
"""When there is something to do: jobs at any time, deliveries while the connection is on, not halted, not paused."""


async def standing_still(connection: Connection, connection_ids: Collection[str]) -> set[str]:
    """Those of these lanes on which nobody asks the software anything."""
    rows = await connection.fetch(
        f"select connection_id from lanes where connection_id = any($1) and {STANDS_STILL}",  # noqa: S608
        list(connection_ids),
    )
    return {row["connection_id"] for row in rows}


async def write_health(connection: Connection, connection_id: str, health: LaneHealth) -> None:
    """Write how the lane fares; the caller holds its row."""
    await connection.execute(
        """
        update lanes set failures = $2, failing_since = $3, failed_at = $4, paused_until = $5, halted_version = $6,
            health = $7, health_version = $8, health_since = $9, health_message = $10
        where connection_id = $1
        """,
        connection_id,
        health.failures,
        health.failing_since,
        health.failed_at,
        health.paused_until,
        health.halted_version,
        health.health,
        health.version,
        health.since,
        health.message.model_dump(exclude_none=True) if health.message else None,
    )


async def end_unreadable(connection: Connection, key_ids: Sequence[str]) -> list[Resumed]:
    """End the halts of lanes whose credentials could not be opened, now that these keys are held; the lanes.

    Whoever owns such a lane has none of its credentials and loses it; nothing is under way on it.
    """
    rows = await connection.fetch(
        """
        with resumed as (
            update lanes set
                halted_version = null, due_at = clock_timestamp(), lease_token = lease_token + 1, lease_until = null
            from connections
            where connections.connection_id = lanes.connection_id and lanes.halted_version = connections.version
                and lanes.health_message ->> 'category' = 'credentials_unreadable' and connections.key_id = any($1)
            returning lanes.*
        )
        select *, pg_notify($2 || '_' || current_schema(), connection_id) from resumed
        """,
        list(key_ids),
        CHANNEL,
    )
    return [Resumed(row["connection_id"], row["firm_id"], row["connector"], row["lease_token"]) for row in rows]


async def free_leases_of(connection: Connection, owner: Owner) -> None:
    """End the leases of earlier runs of this slot: their lanes have work for whoever comes first.

    A run that has lost its place is dead, or cut off from the database: should it come back, its tokens are old.
    """
    await connection.execute(
        """
        with freed as (
            update lanes set
                lease_token = lease_token + 1, lease_until = least(lease_until, clock_timestamp()),
                due_at = least(due_at, clock_timestamp())
            where lease_slot = $1 and lease_run <> $2 and lease_until is not null
            returning connection_id
        )
        select pg_notify($3 || '_' || current_schema(), connection_id) from freed
        """,
        owner.slot,
        owner.run,
        CHANNEL,
    )


async def oldest_due(connection: Connection, connectors: Sequence[str]) -> dict[str, float]:
    """Age in seconds of the oldest due work of each connector; zero where nothing is due."""
    rows = await connection.fetch(
        """
        select connector, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as age
        from unnest($1::text[]) as wanted (connector) left join lanes using (connector)
        where due_at is null or due_at <= now()
        group by connector
        """,
        list(connectors),
    )
    return dict.fromkeys(connectors, 0.0) | {row["connector"]: row["age"] for row in rows}


def _health(row: asyncpg.Record) -> LaneHealth:
    message = row["health_message"]
    return LaneHealth(
        failures=row["failures"],
        failing_since=row["failing_since"],
        failed_at=row["failed_at"],
        paused_until=row["paused_until"],
        halted_version=row["halted_version"],
        health=row["health"],
        version=row["health_version"],
        since=row["health_since"],
        message=SoftwareMessage.model_validate(message) if message else None,
    )
