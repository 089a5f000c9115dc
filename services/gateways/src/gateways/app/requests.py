"""Requests that become errands of a lane."""

from collections.abc import Sequence
from typing import Any

from gateways.adapters import jobs
from gateways.adapters.jobs import Job, JobKind
from gateways.adapters.lanes import Touched, touch
from qontable.bus import Received
from qontable.clock import now
from qontable.events.hub import ConnectionCheckRequested
from qontable.events.reference import AccountsCreationRequested, AccountsRefreshRequested
from qontable.unit import Unit

Request = ConnectionCheckRequested | AccountsRefreshRequested | AccountsCreationRequested


async def take_checks(unit: Unit, records: Sequence[Received[ConnectionCheckRequested]]) -> None:
    """Credentials to try."""
    await _take(unit, [(_job("check", record, record.event.check_id)) for record in records])


async def take_refreshes(unit: Unit, records: Sequence[Received[AccountsRefreshRequested]]) -> None:
    """Reference data to fetch."""
    await _take(unit, [(_job("refresh", record, record.event.refresh_id)) for record in records])


async def take_creations(unit: Unit, records: Sequence[Received[AccountsCreationRequested]]) -> None:
    """Accounts to create; the event's identity is the job's."""
    await _take(unit, [(_job("creation", record, record.envelope.event_id)) for record in records])


def _job(kind: JobKind, record: Received[Any], job_id: str) -> Job:
    event: Request = record.event
    body: str = record.record.value.decode()
    return Job(kind, job_id, event.firm_id, event.connection_id, event.connector, body, record.traceparent)


async def _take(unit: Unit, new: Sequence[Job]) -> None:
    await jobs.insert(unit.connection, new)
    present = now()
    await touch(unit.connection, [Touched(job.connection_id, job.firm_id, job.connector, present) for job in new])
