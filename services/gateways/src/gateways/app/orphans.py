"""Attempts that an earlier owner of the lane left without an answer become deliveries in doubt (DESIGN 5)."""

import random
from dataclasses import replace

from gateways.adapters import attempts, deliveries, lanes
from gateways.adapters.attempts import Answered, Orphan
from gateways.app.tenure import Tenure
from gateways.app.tries import attempted
from gateways.domain.delivery import Delivery
from gateways.domain.life import Moment, orphaned
from gateways.domain.words import words

_CHANCE = random.SystemRandom()


async def adopt_orphans(tenure: Tenure) -> int:
    """Turn them into look-ups, in one transaction; how many there were. Raises `LeaseLost`."""
    async with tenure.parts.units.unit() as unit:
        _, now = await lanes.hold(unit.connection, tenure.lease)
        orphans = {item.delivery_id: item for item in await attempts.lock_orphans(unit.connection, tenure.lease)}
        if not orphans:
            return 0
        at = Moment(now, tenure.rules, tenure.parts.plan, _CHANCE.random())
        rows = await deliveries.lock(unit.connection, orphans)
        doubtful = [_doubtful(row, orphans[row.delivery_id], at) for row in rows.values() if row.state == "sending"]
        written = await deliveries.write(unit.connection, doubtful)
        answers = [_answer(orphans[row.delivery_id], at) for row in written]
        await attempts.write(unit.connection, tenure.lease, answers)
        for row, answer in zip(written, answers, strict=True):
            unit.publish(row.event(), traceparent=row.traceparent)
            unit.publish(attempted(row, answer), traceparent=row.traceparent)
    return len(written)


def _doubtful(row: Delivery, orphan: Orphan, at: Moment) -> Delivery:
    owned = replace(row, orphan_slot=orphan.slot, orphan_run=orphan.run, changed_at=at.now)
    return orphaned(owned, orphan.deadline, at)


def _answer(orphan: Orphan, at: Moment) -> Answered:
    return Answered(
        delivery_id=orphan.delivery_id,
        number=orphan.number,
        operation="send",
        started_at=orphan.started_at,
        deadline=orphan.deadline,
        finished_at=at.now,
        outcome="orphaned",
        message=words("orphaned"),
    )
