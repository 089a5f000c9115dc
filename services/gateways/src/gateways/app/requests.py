"""Requests that become errands of a lane."""

from collections.abc import Iterable, Sequence
from typing import Any

from gateways.adapters import deliveries, jobs
from gateways.adapters.jobs import Job, JobKind
from gateways.adapters.lanes import Touched, touch
from gateways.app.attaching import lacks_documents
from gateways.domain.delivery import Delivery
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
    """Documents to send after their entry. Asked for twice in one state of the delivery, they are sent once.

    Lanes are touched before deliveries are locked, in which order those lock them who write answers.
    """
    asked = {record.event.delivery_id: record for record in records}
    rows = await deliveries.by_ids(unit.connection, asked)
    known = {name: row for name, row in rows.items() if row.firm_id == asked[name].event.firm_id}
    for name in asked.keys() - known.keys():
        unit.set_aside(asked[name].refused("unknown_delivery", "the gateways know no such delivery of this firm"))
    await _touch(unit, known.values())
    rows = await deliveries.lock(unit.connection, known)
    await jobs.insert(
        unit.connection, [_resending(asked[name], row) for name, row in rows.items() if lacks_documents(row)]
    )


def _resending(record: Received[DocumentResendRequested], row: Delivery) -> Job:
    body, key = record.record.value.decode(), f"{row.delivery_id}/{row.version}"
    return Job("document", key, row.firm_id, row.connection_id, row.connector, body, record.traceparent)


def _job(kind: JobKind, record: Received[Any], job_id: str) -> Job:
    event: Request = record.event
    body: str = record.record.value.decode()
    return Job(kind, job_id, event.firm_id, event.connection_id, event.connector, body, record.traceparent)


async def _take(unit: Unit, new: Sequence[Job]) -> None:
    await jobs.insert(unit.connection, new)
    await _touch(unit, new)


async def _touch(unit: Unit, work: Iterable[Job | Delivery]) -> None:
    present = now()
    await touch(unit.connection, [Touched(item.connection_id, item.firm_id, item.connector, present) for item in work])
