"""Deliveries that the software is asked about: those in doubt, and those it took over to book later (DESIGN 5)."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic

from gateways.adapters.attempts import Operation
from gateways.adapters.deliveries import Work
from gateways.app.guarding import answered
from gateways.app.parcels import ParcelRefused, parcel_of
from gateways.app.tenure import Tenure
from gateways.app.tracing import try_span
from gateways.app.tries import Tried
from gateways.domain import life
from gateways.domain.delivery import Delivery
from gateways.domain.life import Moment
from gateways.domain.outcome import CouldNotAsk, Exchange, FindOutcome, VerifyOutcome
from gateways.domain.port import Session
from gateways.domain.words import words
from qontable.telemetry import traceparent_of


def questions(works: Sequence[Work]) -> Iterator[list[Work]]:
    """What is asked about in one call: deliveries of one job together, since its verdict is asked for once."""
    jobs: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        row = work.delivery
        of_job = row.state == "handed_over" and row.handle is not None
        jobs.setdefault((row.software_file, row.handle or "") if of_job else ("", row.delivery_id), []).append(work)
    yield from jobs.values()


async def ask_about(tenure: Tenure, works: Sequence[Work]) -> None:
    """Ask once about each, one after the other, in turn, and write what follows."""
    async with tenure.turnstile.reserve() as turns:
        if not tenure.may_begin():
            return
        session = tenure.session(turns, tenure.rules.attempt, works[0].delivery.software_file)
        tries = [await _ask(tenure, session, work) for work in works]
    await asyncio.gather(*(tenure.ledger.settle(tried) for tried in tries))


async def _ask(tenure: Tenure, session: Session, work: Work) -> Tried:
    operation: Operation = "find" if work.delivery.state == "unknown" else "verify"
    ask = _find if operation == "find" else _verify
    started, asked_at = monotonic(), tenure.clock.now()
    with try_span(operation, [work.delivery], first=False) as current:
        tried = await ask(tenure, session, work, asked_at)
        current.set_attribute("qontable.outcomes", [tried.outcome.name])
        return tried.told(monotonic() - started, traceparent_of(current))


async def _find(tenure: Tenure, session: Session, work: Work, asked_at: datetime) -> Tried:
    outcome: FindOutcome
    try:
        outcome = await answered("find", tenure.connector.find(session, parcel_of(tenure, work)))
    except ParcelRefused as error:
        outcome = _cannot_ask(error)

    def step(row: Delivery, at: Moment) -> Delivery:
        return life.looked_up(row, outcome, asked_at, at)

    return Tried(work.delivery, "find", outcome, step, asked_at)


async def _verify(tenure: Tenure, session: Session, work: Work, asked_at: datetime) -> Tried:
    outcome: VerifyOutcome
    try:
        question = tenure.connector.verify(session, parcel_of(tenure, work), work.delivery.handle)
        outcome = await answered("verify", question)
    except ParcelRefused as error:
        outcome = _cannot_ask(error)

    def step(row: Delivery, at: Moment) -> Delivery:
        return life.verified(row, outcome, at)

    return Tried(work.delivery, "verify", outcome, step, asked_at)


def _cannot_ask(error: ParcelRefused) -> CouldNotAsk:
    return CouldNotAsk(exchange=Exchange(), message=words(error.category), cause="refused")
