"""Dispatched entries become deliveries; each is answered with the delivery's state, so that nothing is in limbo.

The same delivery issued again is answered with its present state. An entry that another delivery has brought into the
books, or still may, is never sent: the new delivery is refused at once, and both are told (DESIGN 5).
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import ValidationError

from gateways.adapters import deliveries, recalls, restorations
from gateways.adapters.lanes import Touched, touch
from gateways.domain.delivery import Delivery
from gateways.domain.restoration import Restoration, doubted, may_have_been_sent
from gateways.domain.words import words
from qontable.bus import Received
from qontable.clock import now
from qontable.entry import EntryRef
from qontable.events.base import Id, Part
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched
from qontable.set_aside import SetAsideRecord
from qontable.unit import Unit

Record = Received[EntryDispatched]


class _NamedEntry(Part):
    entry_id: Id


class _Named(Part):
    """What a dispatch that cannot be taken still says of itself."""

    delivery_id: Id
    firm_id: Id
    file_id: Id
    entry: _NamedEntry


async def tell_aside(unit: Unit, records: Sequence[SetAsideRecord]) -> None:
    """Entries hears of dispatches that were set aside."""
    for record in records:
        if told := _told_of(record):
            unit.publish(told, traceparent=record.traceparent)


def _told_of(record: SetAsideRecord) -> EntryDeliveryChanged | None:
    """What entries hears of a dispatch that was set aside; nothing where not even its names can be read.

    It is told before every word on a delivery that was taken: setting an order aside that repeats one changes nothing.
    """
    try:
        named = _Named.model_validate_json(record.body or b"")
    except ValidationError:
        return None
    return EntryDeliveryChanged(
        delivery_id=named.delivery_id,
        firm_id=named.firm_id,
        file_id=named.file_id,
        entry_id=named.entry.entry_id,
        version=0,
        state="parked",
        message=words("set_aside"),
        changed_at=now(),
    )


async def take_dispatched(unit: Unit, records: Sequence[Record]) -> None:
    """Store what is new and acknowledge everything."""
    issued = {record.event.delivery_id: record for record in records}
    known = await deliveries.by_ids(unit.connection, issued)
    fresh = [record for delivery_id, record in issued.items() if delivery_id not in known]
    if fresh:
        await recalls.share_orders(unit.connection)
        known |= await _store(unit, fresh)
    for delivery_id, record in issued.items():
        unit.publish(known[delivery_id].event(), traceparent=record.traceparent)


async def _store(unit: Unit, records: Sequence[Record]) -> dict[str, Delivery]:
    standing = await deliveries.standing(unit.connection, {_ref(record.event) for record in records})
    recalled = await recalls.recalled_among(unit.connection, [record.event.delivery_id for record in records])
    restoration = await restorations.latest(unit.connection)
    new: list[Delivery] = []
    for record in records:
        delivery = _new(record)
        if restoration:
            delivery = _after(restoration, delivery, record.event)
        if earlier := standing.get(_ref(record.event)):
            delivery = _refused(delivery, earlier)
            unit.publish(earlier.event(), traceparent=earlier.traceparent)
        elif delivery.delivery_id in recalled and delivery.in_doubt:  # before a restoration it may have left
            standing[_ref(record.event)] = delivery = replace(delivery, recall_requested=True)
        elif delivery.delivery_id in recalled:
            delivery = replace(delivery, state="recalled", message=words("recalled"), due_at=None)
        else:
            standing[_ref(record.event)] = delivery
        new.append(delivery)
    await deliveries.insert(unit.connection, new, [record.record.value.decode() for record in records])
    await touch(unit.connection, [_touched(delivery) for delivery in new if delivery.due_at])
    return {delivery.delivery_id: delivery for delivery in new}


def _new(record: Record) -> Delivery:
    event, present = record.event, now()
    return Delivery(
        delivery_id=event.delivery_id,
        firm_id=event.firm_id,
        file_id=event.file_id,
        entry_id=event.entry.entry_id,
        revision=event.entry.revision,
        connector=event.connector,
        connection_id=event.connection_id,
        software_file=event.software_file,
        sequence=event.sequence,
        state="queued",
        version=1,
        queued_at=present,
        changed_at=present,
        due_at=present,
        traceparent=record.traceparent,
    )


def _after(restoration: Restoration, delivery: Delivery, event: EntryDispatched) -> Delivery:
    """The delivery as it begins in a database that was restored: what may have left before is asked about first."""
    anew = replace(delivery, version=restoration.first_version())
    if may_have_been_sent(restoration, event.validated_at, delivery.revision, delivery.queued_at):
        return doubted(anew, restoration, delivery.queued_at)
    return anew


def _refused(delivery: Delivery, earlier: Delivery) -> Delivery:
    category = "already_delivered" if earlier.state == "confirmed" else "delivery_open"
    return replace(delivery, state="rejected", message=words(category), due_at=None)


def _touched(delivery: Delivery) -> Touched:
    return Touched(delivery.connection_id, delivery.firm_id, delivery.connector, delivery.queued_at)


def _ref(event: EntryDispatched) -> EntryRef:
    return EntryRef(event.firm_id, event.file_id, event.entry.entry_id)
