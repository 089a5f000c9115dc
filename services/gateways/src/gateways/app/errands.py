"""A lane's work beside deliveries. Checks bring their own credentials; refreshes and creations need the connection.

An errand that cannot be done is tried a few times and then answered with the reason: whoever asked shows it and may
ask again. One that fails by a fault of ours is tried until the fault is mended, ever more rarely.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from gateways.adapters import jobs, lanes
from gateways.adapters.jobs import Job, JobKind
from gateways.app.attaching import attach_documents, say_not_attached
from gateways.app.checking import check, probe
from gateways.app.creating import create_accounts
from gateways.app.refreshing import refresh, say_failure
from gateways.app.tenure import Tenure
from gateways.domain.health import sign_of
from gateways.domain.lease import LeaseLost
from gateways.domain.outcome import CouldNotAsk
from gateways.domain.words import words
from qontable.database import UNREACHABLE
from qontable.events.delivery import SoftwareMessage
from qontable.telemetry import frames

log = structlog.get_logger()

TRIES = 4
TRIES_FOR_A_CONNECTION = 7
WITH_CONNECTION: dict[JobKind, Callable[[Tenure, Job], Awaitable[CouldNotAsk | None]]] = {
    "refresh": refresh,
    "creation": create_accounts,
    "document": attach_documents,
}
PASSING = ("unreachable", "throttled")


async def run_errand(tenure: Tenure, job: Job) -> None:
    """Do one job; one that fails in no foreseen way is put off, its lane goes on. Raises `LeaseLost`."""
    try:
        await _run(tenure, job)
    except LeaseLost:
        raise
    except UNREACHABLE:
        raise
    except Exception as error:  # noqa: BLE001 - one errand's trouble is not that of the entries beside it
        log.error("errand failed", errand=job.kind, job_id=job.job_id, error=type(error).__name__, at=frames(error))
        await _postpone(tenure, job, tenure.parts.plan.pause(job.tries + 1, None, 0.0))


async def _run(tenure: Tenure, job: Job) -> None:
    match job.kind:
        case "check":
            await check(tenure, job)
        case "probe":
            await probe(tenure, job)
        case "refresh" | "creation" | "document":
            await _with_connection(tenure, job)


async def _with_connection(tenure: Tenure, job: Job) -> None:
    plan = tenure.parts.plan
    if tenure.connection is None and job.tries + 1 < TRIES_FOR_A_CONNECTION:
        return await _postpone(tenure, job, plan.pause(job.tries + 1, None, 0.0))
    if hindrance := _hindrance(tenure, job):
        return await _fail(tenure, job, hindrance)
    paused_until = tenure.ledger.health.paused_until
    if paused_until and (pause := paused_until - tenure.clock.now()) > timedelta() and job.tries + 1 < TRIES:
        return await _postpone(tenure, job, pause)
    started_at = tenure.clock.now()
    failure = await WITH_CONNECTION[job.kind](tenure, job)
    if failure is None:
        return None
    async with tenure.parts.units.unit() as unit:
        if sign := sign_of(failure):
            await tenure.ledger.note(unit, sign, started_at)
    if failure.cause in PASSING and job.tries + 1 < TRIES:
        return await _postpone(tenure, job, plan.pause(job.tries + 1, failure.retry_after, 0.0), failure)
    return await _fail(tenure, job, failure.message)


def _hindrance(tenure: Tenure, job: Job) -> SoftwareMessage | None:
    """What keeps the connection from being used at all."""
    known, health = tenure.connection, tenure.ledger.health
    if known is None:
        return words("connection_unknown")
    if (known.firm_id, known.connector) != (job.firm_id, job.connector):
        return words("foreign_connection")
    if not known.enabled:
        return words("connection_disabled")
    if tenure.credentials is None:
        return words("credentials_unreadable")
    return health.message if health.halted_version == known.version else None


async def _postpone(tenure: Tenure, job: Job, pause: timedelta, failure: CouldNotAsk | None = None) -> None:
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        await jobs.postpone(unit.connection, job, pause, failure.message if failure else None)


async def _fail(tenure: Tenure, job: Job, message: SoftwareMessage) -> None:
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        if not await jobs.finish(unit.connection, job, "failed", message):
            return
        if job.kind == "refresh":
            say_failure(unit, job, message)
        elif job.kind == "document":
            await say_not_attached(unit, job, message)
