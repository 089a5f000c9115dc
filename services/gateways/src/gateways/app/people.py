"""What people decide about deliveries: take it back, or say what became of one that only they can tell."""

from collections.abc import Sequence
from dataclasses import replace

from gateways.adapters import deliveries, recalls
from gateways.adapters.lanes import Touched, touch
from gateways.domain.delivery import CLOSED, Delivery
from gateways.domain.life import recalled, resolved
from qontable.bus import Received
from qontable.clock import now
from qontable.events.delivery import EntryRecallRequested
from qontable.events.hub import DeliveryResolutionRequested
from qontable.unit import Unit


async def take_recalls(unit: Unit, records: Sequence[Received[EntryRecallRequested]]) -> None:
    """Take back what was not sent. A recall that overtakes its dispatch is remembered until that arrives.

    The answer is `recalled`; `too_late`, which is no state of the delivery, whose own goes on under higher versions;
    or the state in which it ended before.
    """
    requested = {record.event.delivery_id: record for record in records}
    await recalls.remember(unit.connection, {name: record.event.requested_at for name, record in requested.items()})
    rows = await deliveries.lock(unit.connection, requested)
    after = {name: recalled(row) for name, row in rows.items()}
    changed = [replace(row, changed_at=now()) for name, row in after.items() if row != rows[name]]
    after |= {row.delivery_id: row for row in await deliveries.write(unit.connection, changed)}
    for name, row in after.items():
        late = row.state not in CLOSED
        unit.publish(row.event("too_late" if late else None), traceparent=requested[name].traceparent)


async def take_resolutions(unit: Unit, records: Sequence[Received[DeliveryResolutionRequested]]) -> None:
    """Apply a person's answers; a delivery that is not theirs to decide is told as it is."""
    answers = {record.event.delivery_id: record for record in records}
    known = await deliveries.by_ids(unit.connection, answers)
    for name in answers.keys() - known.keys():
        unit.set_aside(answers[name].refused("unknown_delivery", "the gateways have no such delivery"))
    await touch(unit.connection, [_touched(row) for row in known.values() if row.state not in CLOSED])
    rows = await deliveries.lock(unit.connection, known)
    present = now()
    after = {name: resolved(row, answers[name].event.answer, present) for name, row in rows.items()}
    changed = [replace(row, changed_at=present) for name, row in after.items() if row != rows[name]]
    after |= {row.delivery_id: row for row in await deliveries.write(unit.connection, changed)}
    for name, row in after.items():
        unit.publish(row.event(), traceparent=answers[name].traceparent)


def _touched(row: Delivery) -> Touched:
    return Touched(row.connection_id, row.firm_id, row.connector, now())
