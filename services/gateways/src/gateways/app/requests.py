"""Requests that become errands of a lane."""

from collections.abc import Sequence
from typing import Any

from gateways.adapters import deliveries, jobs
from gateways.adapters.jobs import Job, JobKind
from gateways.adapters.lanes import Touched, touch
from gateways.app.attaching import lacks_documents
from qontable.bus import Received
from qontable.clock import now
from qontable.events.hub import ConnectionCheckRequested, DocumentResendRequested
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


async def take_resends(unit: Unit, records: Sequence[Received[DocumentResendRequested]]) -> None:
    """Documents to send after their entry. Asked for twice in one state of the delivery, they are sent once."""
    asked = {record.event.delivery_id: record for record in records}
    known = await deliveries.lock(unit.connection, asked)
    new = []
    for name, record in asked.items():
        row = known.get(name)
        if row is None or row.firm_id != record.event.firm_id:
            unit.set_aside(record.refused("unknown_delivery", "the gateways know no such delivery of this firm"))
        elif lacks_documents(row):
            body = record.record.value.decode()
            key = f"{name}/{row.version}"
            new.append(Job("document", key, row.firm_id, row.connection_id, row.connector, body, record.traceparent))
    await _take(unit, new)


def _job(kind: JobKind, record: Received[Any], job_id: str) -> Job:
    event: Request = record.event
    body: str = record.record.value.decode()
    return Job(kind, job_id, event.firm_id, event.connection_id, event.connector, body, record.traceparent)


async def _take(unit: Unit, new: Sequence[Job]) -> None:
    await jobs.insert(unit.connection, new)
    present = now()
    await touch(unit.connection, [Touched(job.connection_id, job.firm_id, job.connector, present) for job in new])
