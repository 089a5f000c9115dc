"""The table of attempts: a row before the first byte leaves, its answer when there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gateways.domain.lease import Lease
from qontable.database import Connection
from qontable.events.delivery import SoftwareMessage

Operation = Literal["send", "find", "verify"]


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that is on record: from here on the entry may reach the software."""

    delivery_id: str
    number: int
    started_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What is written of a try, redacted."""

    delivery_id: str
    number: int
    operation: Operation
    started_at: datetime
    deadline: datetime
    finished_at: datetime
    outcome: str
    http_status: int | None = None
    request_id: str | None = None
    request_sha256: str | None = None
    payload_key: str | None = None
    message: SoftwareMessage | None = None


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt without an answer whose owner has lost the lane."""

    delivery_id: str
    number: int
    slot: str
    run: UUID
    started_at: datetime
    deadline: datetime


async def open_sends(
    connection: Connection, lease: Lease, delivery_ids: Sequence[str], length: timedelta
) -> list[Opened]:
    """Take these deliveries from queued to sending and put an attempt on record for each, if the lease still holds.

    Those that are not queued any more, or were recalled, are left out. One statement: committed when this returns.
    """
    rows = await connection.fetch(
        """
        with fence as (
            select 1 from lanes where connection_id = $1 and lease_token = $2 for share
        ), taken as (
            update deliveries d set state = 'sending', version = version + 1, attempts = attempts + 1,
                changed_at = clock_timestamp(), due_at = clock_timestamp() + $6::interval
            where d.delivery_id = any($3) and d.state = 'queued' and exists (select from fence)
                and not exists (select from recalls r where r.delivery_id = d.delivery_id)
            returning d.delivery_id, d.attempts, d.changed_at, d.due_at
        )
        insert into attempts (delivery_id, number, operation, token, slot, run, started_at, deadline)
        select delivery_id, attempts, 'send', $2, $4, $5, changed_at, due_at from taken
        returning delivery_id, number, started_at, deadline
        """,
        lease.connection_id,
        lease.token,
        list(delivery_ids),
        lease.owner.slot,
        lease.owner.run,
        length,
    )
    return [Opened(**row) for row in rows]


async def lock_orphans(connection: Connection, lease: Lease) -> list[Orphan]:
    """Attempts of this lane that no owner will answer for; the caller holds the lane's row."""
    rows = await connection.fetch(
        """
        select a.delivery_id, a.number, a.slot, a.run, a.started_at, least(a.deadline, s.started_at) as deadline
        from deliveries d join attempts a using (delivery_id)
        left join slots s on s.slot = a.slot and s.run <> a.run
        where d.connection_id = $1 and d.state = 'sending' and d.due_at is not null
            and a.outcome is null and a.token < $2
        order by a.delivery_id, a.number
        """,
        lease.connection_id,
        lease.token,
    )
    return [Orphan(**row) for row in rows]


async def write(connection: Connection, lease: Lease, answers: Sequence[Answered]) -> None:
    """Write what came of tries; rows of look-ups are made here, those of sends were made before they left."""
    await connection.execute(
        """
        insert into attempts (
            delivery_id, number, operation, started_at, deadline, finished_at, outcome, http_status, request_id,
            request_sha256, payload_key, message, token, slot, run
        )
        select *, $13::bigint, $14::text, $15::uuid from unnest(
            $1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[],
            $8::int[], $9::text[], $10::text[], $11::text[], $12::jsonb[]
        )
        on conflict (delivery_id, number) do update set
            finished_at = excluded.finished_at, outcome = excluded.outcome, http_status = excluded.http_status,
            request_id = excluded.request_id, request_sha256 = excluded.request_sha256,
            payload_key = excluded.payload_key, message = excluded.message
        """,
        [answer.delivery_id for answer in answers],
        [answer.number for answer in answers],
        [answer.operation for answer in answers],
        [answer.started_at for answer in answers],
        [answer.deadline for answer in answers],
        [answer.finished_at for answer in answers],
        [answer.outcome for answer in answers],
        [answer.http_status for answer in answers],
        [answer.request_id for answer in answers],
        [answer.request_sha256 for answer in answers],
        [answer.payload_key for answer in answers],
        [answer.message.model_dump(exclude_none=True) if answer.message else None for answer in answers],
        lease.token,
        lease.owner.slot,
        lease.owner.run,
    )
