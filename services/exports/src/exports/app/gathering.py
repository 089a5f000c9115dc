"""Batches are gathered, and taken back: whole, whatever is asked back of them (DESIGN 4)."""

from collections.abc import Callable, Collection, Sequence

from exports.adapters import batches
from exports.app.ending import end
from exports.domain.batch import TAKEN_BACK, Batch, BatchEntry
from qontable.bus import Received
from qontable.clock import now
from qontable.events.delivery import EntryDeliveryChanged, EntryDispatched, EntryRecallRequested
from qontable.events.export import ExportOpened
from qontable.topics import EXPORT
from qontable.unit import Unit


class Gathering:
    """Handles what is said to exports; `whole` is called when a batch may be written."""

    def __init__(self, whole: Callable[[], None]) -> None:
        self._whole = whole

    async def opened(self, unit: Unit, received: Sequence[Received[ExportOpened]]) -> None:
        """What is to be written is known from now on."""
        await batches.keep_opened(unit.connection, received)
        unit.after_commit(self._whole)

    async def dispatched(self, unit: Unit, received: Sequence[Received[EntryDispatched]]) -> None:
        """Entries arrive, each acknowledged with its state; one that was recalled takes its batch with it."""
        await batches.hold_recalls(unit.connection)
        known_batches = await batches.lock_batches(unit.connection, [item.event for item in received])
        orders = {item.event.delivery_id: item for item in received if _belongs(unit, item, known_batches)}
        known = await batches.fetch_entries(unit.connection, orders)
        fresh = [item for delivery_id, item in orders.items() if delivery_id not in known]
        await batches.insert_entries(unit.connection, fresh, known_batches)
        recalled = await batches.recalled_among(unit.connection, [item.event.delivery_id for item in fresh])
        taken = await batches.fetch_entries(unit.connection, orders)
        ended = await self._take_back(unit, {taken[delivery_id].export_id for delivery_id in recalled})
        await self._tell(unit, [delivery_id for delivery_id in orders if taken[delivery_id].export_id not in ended])
        unit.after_commit(self._whole)

    async def recalled(self, unit: Unit, received: Sequence[Received[EntryRecallRequested]]) -> None:
        """Deliveries are asked back. One whose batch has ended is told as it is."""
        ours = {item.event.delivery_id: item for item in received if item.event.connector == EXPORT}
        if not ours:
            return
        await batches.hold_recalls(unit.connection)
        requested = {delivery_id: item.event.requested_at for delivery_id, item in ours.items()}
        await batches.remember_recalls(unit.connection, requested)
        known = await batches.fetch_entries(unit.connection, ours)
        ended = await self._take_back(unit, {entry.export_id for entry in known.values()})
        await self._tell(unit, [delivery_id for delivery_id, entry in known.items() if entry.export_id not in ended])
        for delivery_id, item in ours.items():
            if delivery_id not in known:
                unit.publish(_never_taken(item.event), traceparent=item.traceparent)

    async def _take_back(self, unit: Unit, export_ids: Collection[str]) -> set[str]:
        """End those of these batches that have not ended, which tells all of their entries; their ids."""
        known = await batches.fetch_locked(unit.connection, export_ids)
        ended = {export_id for export_id, batch in known.items() if batch.state == "gathering"}
        for export_id in sorted(ended):
            await end(unit, export_id, "recalled")
        return ended

    async def _tell(self, unit: Unit, delivery_ids: Collection[str]) -> None:
        entries = await batches.fetch_entries(unit.connection, delivery_ids)
        known = await batches.fetch_locked(unit.connection, {entry.export_id for entry in entries.values()})
        for entry in entries.values():
            _publish(unit, entry, known[entry.export_id])


def _publish(unit: Unit, entry: BatchEntry, batch: Batch) -> None:
    """Nobody waits to hear of a copy."""
    if not batch.again:
        unit.publish(entry.event(batch, now()), traceparent=entry.traceparent)


def _belongs(unit: Unit, item: Received[EntryDispatched], known: dict[str, Batch]) -> bool:
    """Whether an order names a batch of its own firm and file; set aside where it does not."""
    event = item.event
    batch = known[event.batch.export_id] if event.batch else None
    if batch is None:
        unit.set_aside(item.refused("no_batch", "a dispatch to exports names its batch"))
    elif (batch.firm_id, batch.file_id) != (event.firm_id, event.file_id):
        unit.set_aside(item.refused("foreign_batch", "the batch is another client file's"))
    else:
        return True
    return False


def _never_taken(event: EntryRecallRequested) -> EntryDeliveryChanged:
    """How a delivery ends whose order has not come: should it still, its recall is remembered."""
    return EntryDeliveryChanged(
        delivery_id=event.delivery_id,
        firm_id=event.firm_id,
        file_id=event.file_id,
        entry_id=event.entry_id,
        connector=EXPORT,
        connection_id=EXPORT,
        version=1,
        state="recalled",
        message=TAKEN_BACK,
        changed_at=now(),
    )
