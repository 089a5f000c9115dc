"""Credentials are tried: a wizard's, with the list of files behind them, and those of a connection that changed."""

from dataclasses import replace
from typing import Literal

from gateways.adapters import jobs, lanes
from gateways.adapters.jobs import Job
from gateways.app.guarding import answered
from gateways.app.tenure import Tenure
from gateways.domain.health import sign_of
from gateways.domain.outcome import CouldNotAsk, CredentialsAccepted, CredentialsRefused
from gateways.domain.port import Session
from gateways.domain.words import words
from qontable.clock import now
from qontable.events.connector import ConnectionChecked, Prerequisite
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import ConnectionCheckRequested, SoftwareFile
from qontable.vault import BoxRefused

Verdict = Literal["accepted", "refused", "unreachable"]


async def check(tenure: Tenure, job: Job) -> None:
    """Try the credentials of a wizard and answer at once, whatever comes: a person waits."""
    request = ConnectionCheckRequested.model_validate_json(job.request)
    answer = await _answer(tenure, request)
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        if await jobs.finish(unit.connection, job, answer.outcome, answer.message):
            unit.publish(answer, traceparent=job.traceparent)


async def probe(tenure: Tenure, job: Job) -> None:
    """Try a connection's own credentials after the hub changed it, to say how it fares before an entry needs it."""
    session = tenure.session(tenure.turnstile.turns(), tenure.rules.attempt, None)
    started_at = tenure.clock.now()
    may = tenure.connection is not None and tenure.connection.enabled and tenure.credentials is not None
    outcome = await answered("check", tenure.connector.check_credentials(session)) if may else None
    async with tenure.parts.units.unit() as unit:
        await lanes.hold(unit.connection, tenure.lease)
        await jobs.finish(unit.connection, job, outcome.name if outcome else "not_tried")
        if outcome and (sign := sign_of(outcome)):
            await tenure.ledger.note(unit, sign, started_at)


async def _answer(tenure: Tenure, request: ConnectionCheckRequested) -> ConnectionChecked:
    try:
        credentials = tenure.parts.ring.open(
            request.sealed, firm_id=request.firm_id, connection_id=request.connection_id
        )
    except BoxRefused:
        return _checked(request, "refused", words("credentials_unreadable"))
    session = tenure.session(tenure.turnstile.turns(), tenure.rules.attempt, None, credentials, request.parameters)
    match await answered("check", tenure.connector.check_credentials(session)):
        case CredentialsRefused(message=message):
            return _checked(request, "refused", message)
        case CouldNotAsk() as failure:
            return _not_answered(request, failure)
        case CredentialsAccepted():
            return await _look_around(tenure, session, request)


async def _look_around(tenure: Tenure, session: Session, request: ConnectionCheckRequested) -> ConnectionChecked:
    """The files that the credentials open, and the prerequisites of the one that was named."""
    files = await answered("list", tenure.connector.list_software_files(session))
    if isinstance(files, CouldNotAsk):
        return _not_answered(request, files)
    prerequisites: tuple[Prerequisite, ...] | CouldNotAsk = ()
    if request.software_file_id:
        books = tenure.shelf.books(request.software_file_id)
        within = replace(session, software_file_id=request.software_file_id, books=books)
        prerequisites = await answered("prerequisites", tenure.connector.check_prerequisites(within))
    if isinstance(prerequisites, CouldNotAsk):
        return _not_answered(request, prerequisites)
    return _checked(request, "accepted", None, files, prerequisites)


def _not_answered(request: ConnectionCheckRequested, failure: CouldNotAsk) -> ConnectionChecked:
    verdict: Verdict = "refused" if failure.cause in ("credentials", "refused") else "unreachable"
    return _checked(request, verdict, failure.message)


def _checked(
    request: ConnectionCheckRequested,
    outcome: Verdict,
    message: SoftwareMessage | None,
    files: tuple[SoftwareFile, ...] = (),
    prerequisites: tuple[Prerequisite, ...] = (),
) -> ConnectionChecked:
    return ConnectionChecked(
        check_id=request.check_id,
        firm_id=request.firm_id,
        connection_id=request.connection_id,
        connector=request.connector,
        outcome=outcome,
        message=message,
        software_files=files,
        prerequisites=prerequisites,
        checked_at=now(),
    )
