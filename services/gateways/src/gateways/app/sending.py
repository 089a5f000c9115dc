"""Entries of one file leave in the order of their sequence, each try on record before its first byte (DESIGN 5).

That is the order of those that are due: one in doubt, paused after a failure or parked is overtaken by the next ones.
"""

import asyncio
from collections.abc import Iterator, Sequence
from time import monotonic

import structlog

from gateways.adapters.attempts import Opened
from gateways.adapters.deliveries import Work
from gateways.app.linking import Leaving, linked
from gateways.app.parcels import ParcelRefused, parcel_of
from gateways.app.tenure import Tenure
from gateways.app.tracing import try_span
from gateways.app.tries import Tried
from gateways.app.turnstile import Turns
from gateways.domain import life
from gateways.domain.delivery import Delivery
from gateways.domain.judgement import DOCUMENT_UNAVAILABLE
from gateways.domain.life import Moment
from gateways.domain.outcome import Exchange, NotSent, Rejected, SendOutcome, Unknown
from gateways.domain.port import Parcel, Session
from gateways.domain.words import words
from qontable.database import UNREACHABLE
from qontable.telemetry import frames, traceparent_of

log = structlog.get_logger()


async def send_file(tenure: Tenure, works: Sequence[Work]) -> None:
    """Send these entries of one file, as many per call as the software takes, until something forbids to begin."""
    for portion in portions(works, tenure.rules.entries_per_call):
        async with tenure.turnstile.reserve() as turns:
            if not tenure.may_begin():
                return
            await _send(tenure, turns, portion)


def portions(works: Sequence[Work], most: int) -> Iterator[list[Work]]:
    """Runs of entries for one software file, in order: at most `most`, and no more than any of them may leave with."""
    portion: list[Work] = []
    limit = most
    for work in works:
        own = min(work.delivery.batch or most, most)
        full = len(portion) >= min(limit, own)
        if portion and (full or work.delivery.software_file != portion[0].delivery.software_file):
            yield portion
            portion, limit = [], most
        portion.append(work)
        limit = min(limit, own)
    if portion:
        yield portion


async def _send(tenure: Tenure, turns: Turns, works: Sequence[Work]) -> None:
    session = tenure.session(turns, tenure.rules.attempt, works[0].delivery.software_file)
    turns.deadline = session.deadline  # a write: its first byte leaves only if all of it lies inside the lease
    opened = {
        item.delivery_id: item for item in await tenure.ledger.open([work.delivery.delivery_id for work in works])
    }
    parcels: list[Leaving] = []
    for work in works:
        attempt = opened.get(work.delivery.delivery_id)
        if attempt is None:
            continue  # recalled meanwhile
        try:
            parcels.append((work.delivery, attempt, parcel_of(tenure, work)))
        except ParcelRefused as error:
            refusal = Rejected(exchange=Exchange(), message=words(error.category))
            await tenure.ledger.settle(_tried(work.delivery, attempt, refusal))
    if parcels:
        await _hand_to_connector(tenure, session, await _with_links(tenure, parcels))


async def _with_links(tenure: Tenure, parcels: Sequence[Leaving]) -> Sequence[Leaving]:
    """The parcels with links, where the software wants them; none of them while none can be opened."""
    try:
        return await linked(tenure, parcels)
    except UNREACHABLE:
        unsent = NotSent(exchange=Exchange(), message=DOCUMENT_UNAVAILABLE)
        tries = [_tried(delivery, attempt, unsent) for delivery, attempt, _ in parcels]
        await asyncio.gather(*(tenure.ledger.settle(tried) for tried in tries))
        return ()


async def _hand_to_connector(tenure: Tenure, session: Session, parcels: Sequence[Leaving]) -> None:
    if not parcels:
        return
    started = monotonic()
    first = all(attempt.number == 1 for _, attempt, _ in parcels)
    with try_span("send", [delivery for delivery, _, _ in parcels], first=first) as current:
        outcomes = await _call(tenure, session, [parcel for _, _, parcel in parcels])
        current.set_attribute("qontable.outcomes", [outcome.name for outcome in outcomes])
        traceparent = traceparent_of(current)
    seconds = monotonic() - started
    await asyncio.gather(
        *(
            tenure.ledger.settle(_tried(delivery, attempt, outcome).told(seconds, traceparent))
            for (delivery, attempt, _), outcome in zip(parcels, outcomes, strict=True)
        )
    )


async def _call(tenure: Tenure, session: Session, parcels: Sequence[Parcel]) -> Sequence[SendOutcome]:
    """The connector's outcomes; one that fails or miscounts leaves every entry in doubt."""
    try:
        outcomes = await tenure.connector.send(session, parcels)
    except Exception as error:  # noqa: BLE001 - whatever it is, the entries may have left
        log.error("connector failed", operation="send", error=type(error).__name__, at=frames(error))
        outcomes = ()
    if len(outcomes) != len(parcels):
        return [Unknown(exchange=Exchange(), message=words("connector_fault"))] * len(parcels)
    return outcomes


def _tried(delivery: Delivery, attempt: Opened, outcome: SendOutcome) -> Tried:
    def step(row: Delivery, at: Moment) -> Delivery:
        return life.sent(row, outcome, attempt.deadline, at)

    return Tried(delivery, "send", outcome, step, attempt.started_at, opened=attempt)
