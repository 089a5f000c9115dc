"""Documents that a booked entry lacks are given to the software after it, where somebody asked for that."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from gateways.adapters import deliveries, jobs, lanes
from gateways.adapters.deliveries import Work
from gateways.adapters.jobs import Job
from gateways.app.guarding import answered
from gateways.app.parcels import ParcelRefused, parcel_of
from gateways.app.patience import until_written
from gateways.app.tenure import Tenure
from gateways.domain.delivery import Delivery
from gateways.domain.health import Sign
from gateways.domain.outcome import CouldNotAsk, Exchange
from gateways.domain.port import TakesLateDocuments
from gateways.domain.words import words
from qontable.clock import now
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import DocumentResendRequested
from qontable.unit import Unit


def lacks_documents(delivery: Delivery) -> bool:
    """Whether its entry is in the books without its documents."""
    return delivery.state == "confirmed" and delivery.document_state == "missing"


async def attach_documents(tenure: Tenure, job: Job) -> CouldNotAsk | None:
    """Give the software the documents of a booked entry; why that could not be, should it be.

    An entry that lacks none any more is left alone.
    """
    async with tenure.parts.units.unit() as unit:
        work = await deliveries.work_of(unit.connection, _delivery_id(job))
    if work is None or not lacks_documents(work.delivery):
        async with tenure.parts.units.unit() as unit:
            await lanes.hold(unit.connection, tenure.lease)
            await jobs.finish(unit.connection, job, "nothing")
        return None
    started_at = tenure.clock.now()
    failure = await _attach(tenure, work)
    if failure is not None:
        return failure
    await until_written(partial(_settle, tenure, job, started_at), "answers")
    return None


async def say_not_attached(unit: Unit, job: Job, message: SoftwareMessage) -> None:
    """The documents are still missing, and why."""
    await _change(unit, job, message=message)


async def _settle(tenure: Tenure, job: Job, started_at: datetime) -> None:
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        await jobs.finish(unit.connection, job, "sent")
        await _change(unit, job, document_state="sent", message=None)
        await tenure.ledger.note(unit, Sign("answered"), started_at)


async def _attach(tenure: Tenure, work: Work) -> CouldNotAsk | None:
    connector, entry_id = tenure.connector, work.delivery.software_entry_id
    if not isinstance(connector, TakesLateDocuments) or entry_id is None:
        return _refused("document_not_taken_later")
    try:
        parcel = parcel_of(tenure, work)
    except ParcelRefused as error:
        return _refused(error.category)
    session = tenure.session(tenure.turnstile.turns(), 2 * tenure.rules.attempt, work.delivery.software_file)
    return await answered("attach", connector.attach(session, parcel, entry_id))


async def _change(unit: Unit, job: Job, **news: Any) -> None:
    rows = await deliveries.lock(unit.connection, [_delivery_id(job)])
    changed = [replace(row, changed_at=now(), **news) for row in rows.values() if lacks_documents(row)]
    for row in await deliveries.write(unit.connection, changed):
        unit.publish(row.event(), traceparent=job.traceparent)


def _refused(category: str) -> CouldNotAsk:
    return CouldNotAsk(exchange=Exchange(), message=words(category), cause="refused")


def _delivery_id(job: Job) -> str:
    return DocumentResendRequested.model_validate_json(job.request).delivery_id
