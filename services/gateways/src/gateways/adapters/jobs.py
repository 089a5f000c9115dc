"""The table of jobs: due work of a lane beside deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from qontable.database import Connection
from qontable.events.delivery import SoftwareMessage

JobKind = Literal["check", "probe", "refresh", "creation", "document"]


@dataclass(frozen=True, slots=True)
class Job:
    """One job; `request` is the event's body as it came."""

    kind: JobKind
    job_id: str
    firm_id: str
    connection_id: str
    connector: str
    request: str
    traceparent: str | None = None
    tries: int = 0

    @property
    def key(self) -> str:
        """Names the job among those of its lane."""
        return f"{self.kind}:{self.job_id}"


async def insert(connection: Connection, jobs: Sequence[Job], due_at: datetime | None = None) -> None:
    """Add jobs, due now unless another instant is given; one that is there already stays as it is."""
    await connection.execute(
        """
        insert into jobs (kind, job_id, firm_id, connection_id, connector, request, traceparent, due_at)
        select kind, job_id, firm_id, connection_id, connector, request::json, traceparent, coalesce($8, now())
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
            as new (kind, job_id, firm_id, connection_id, connector, request, traceparent)
        on conflict do nothing
        """,
        [job.kind for job in jobs],
        [job.job_id for job in jobs],
        [job.firm_id for job in jobs],
        [job.connection_id for job in jobs],
        [job.connector for job in jobs],
        [job.request for job in jobs],
        [job.traceparent for job in jobs],
        due_at,
    )


async def pick(connection: Connection, connection_id: str, *, busy: Collection[str], most: int) -> list[Job]:
    """Due jobs of a lane, checks first: a person waits for their answer."""
    rows = await connection.fetch(
        """
        select kind, job_id, firm_id, connection_id, connector, request::text as request, traceparent, tries from jobs
        where connection_id = $1 and done_at is null and due_at <= now() and kind || ':' || job_id <> all($2)
        order by kind = 'check' desc, due_at limit $3
        """,
        connection_id,
        list(busy),
        most,
    )
    return [Job(**row) for row in rows]


async def finish(connection: Connection, job: Job, outcome: str, message: SoftwareMessage | None = None) -> bool:
    """The job is done; true if it was not before. Sealed credentials of a check are not kept beyond it."""
    done = await connection.fetchval(
        """
        update jobs set done_at = now(), tries = tries + 1, outcome = $3, message = $4,
            request = case when kind = 'check' then '{}'::json else request end
        where kind = $1 and job_id = $2 and done_at is null returning true
        """,
        job.kind,
        job.job_id,
        outcome,
        message.model_dump(exclude_none=True) if message else None,
    )
    return bool(done)


async def postpone(connection: Connection, job: Job, pause: timedelta, message: SoftwareMessage | None = None) -> None:
    """Try the job again later."""
    await connection.execute(
        """
        update jobs set due_at = clock_timestamp() + $3::interval, tries = tries + 1, message = $4
        where kind = $1 and job_id = $2 and done_at is null
        """,
        job.kind,
        job.job_id,
        pause,
        message.model_dump(exclude_none=True) if message else None,
    )
