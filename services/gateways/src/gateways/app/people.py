"""What people decide about deliveries: take it back, or say what became of one that only they can tell."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from gateways.adapters import connections, deliveries, jobs, recalls, restorations
from gateways.adapters.lanes import Touched, standing_still, touch
from gateways.app.connecting import probe_of
from gateways.domain.delivery import CLOSED, Delivery, State
from gateways.domain.life import recalled, resolved, resumed
from gateways.domain.words import words
from qontable.bus import Received
from qontable.clock import now
from qontable.events.delivery import EntryDeliveryChanged, EntryRecallRequested
from qontable.events.hub import DeliveriesResumeRequested, DeliveryResolutionRequested, Resolution
from qontable.unit import Unit

UNTAKEN: dict[Resolution, tuple[State, str]] = {
    "in_books": ("confirmed", "found_by_person"),
    "not_in_books": ("recalled", "never_taken"),
    "drop": ("recalled", "dropped_by_person"),
}
"""How a person's answer ends a delivery whose order no gateway took."""


async def take_recalls(
    connectors: Collection[str], unit: Unit, records: Sequence[Received[EntryRecallRequested]]
) -> None:
    """Take back what was not sent. A recall that overtakes its dispatch is remembered: when that arrives, if it ever
    does, it is recalled already.

    The answer is `recalled`; `too_late`, which is no state of the delivery, whose own goes on under higher versions;
    or the state in which it ended before. Deliveries of other connectors are not ours to answer for. One that a
    restored database has forgotten may be in the books: it is answered when its dispatch comes again.
    """
    requested = {record.event.delivery_id: record for record in records}
    await recalls.hold_orders(unit.connection)
    await recalls.remember(unit.connection, {name: record.event.requested_at for name, record in requested.items()})
    rows = await deliveries.lock(unit.connection, requested)
    after = {name: recalled(row) for name, row in rows.items()}
    changed = [replace(row, changed_at=now()) for name, row in after.items() if row != rows[name]]
    after |= {row.delivery_id: row for row in await deliveries.write(unit.connection, changed)}
    for name, row in after.items():
        late = row.state not in CLOSED
        unit.publish(row.event("too_late" if late else None), traceparent=requested[name].traceparent)
    restoration = await restorations.latest(unit.connection)
    for name in requested.keys() - after.keys():
        forgotten = restoration is not None and restoration.forgot(requested[name].event.requested_at)
        if requested[name].event.connector in connectors and not forgotten:
            _close_untaken(unit, requested[name], "recalled", "recalled")


async def take_resolutions(unit: Unit, records: Sequence[Received[DeliveryResolutionRequested]]) -> None:
    """Apply a person's answers; a delivery that is not theirs to decide is told as it is.

    One whose order was never taken is closed by any answer, and remembered as recalled, should the order still come.
    """
    answers = {record.event.delivery_id: record for record in records}
    await recalls.hold_orders(unit.connection)
    known = await deliveries.by_ids(unit.connection, answers)
    untaken = [answers[name] for name in answers.keys() - known.keys()]
    await recalls.remember(unit.connection, {item.event.delivery_id: item.event.requested_at for item in untaken})
    for item in untaken:
        _close_untaken(unit, item, *UNTAKEN[item.event.answer])
    await touch(unit.connection, [_touched(row) for row in known.values() if row.state not in CLOSED])
    rows = await deliveries.lock(unit.connection, known)
    still = await standing_still(unit.connection, {row.connection_id for row in rows.values()})
    present = now()
    after = {
        name: resolved(row, answers[name].event.answer, present, stands_still=row.connection_id in still)
        for name, row in rows.items()
    }
    changed = [replace(row, changed_at=present) for name, row in after.items() if row != rows[name]]
    after |= {row.delivery_id: row for row in await deliveries.write(unit.connection, changed)}
    for name, row in after.items():
        unit.publish(row.event(), traceparent=answers[name].traceparent)


def _close_untaken(
    unit: Unit, wish: Received[EntryRecallRequested] | Received[DeliveryResolutionRequested], state: State, why: str
) -> None:
    """Say how a delivery ended whose order was never taken. It cannot leave any more: its recall is remembered."""
    event = wish.event
    ended = EntryDeliveryChanged(
        delivery_id=event.delivery_id,
        firm_id=event.firm_id,
        file_id=event.file_id,
        entry_id=event.entry_id,
        version=1,
        state=state,
        message=words(why),
        changed_at=now(),
    )
    unit.publish(ended, traceparent=wish.traceparent)


async def take_resumptions(unit: Unit, records: Sequence[Received[DeliveriesResumeRequested]]) -> None:
    """Let everything parked on these connections go on, in one transaction: so it leaves in sequence, too.

    The credentials are tried at once. If the software answers, its lane need not wait for the end of a pause.
    """
    asked = {record.event.connection_id: record for record in records}
    known = await connections.by_ids(unit.connection, asked)
    known = {name: item for name, item in known.items() if item.firm_id == asked[name].event.firm_id}
    for name in asked.keys() - known.keys():
        unit.set_aside(asked[name].refused("unknown_connection", "the gateways know no such connection of this firm"))
    present = now()
    await jobs.insert(unit.connection, [probe_of(item, present.isoformat()) for item in known.values()])
    lanes = [Touched(item.connection_id, item.firm_id, item.connector, present) for item in known.values()]
    await touch(unit.connection, lanes)
    ids = await deliveries.parked_on(unit.connection, {lane.connection_id: lane.firm_id for lane in lanes})
    rows = await deliveries.lock(unit.connection, ids)
    after = [replace(resumed(row, present), changed_at=present) for row in rows.values() if row.state == "parked"]
    for row in await deliveries.write(unit.connection, after):
        unit.publish(row.event(), traceparent=asked[row.connection_id].traceparent)


def _touched(row: Delivery) -> Touched:
    return Touched(row.connection_id, row.firm_id, row.connector, now())
