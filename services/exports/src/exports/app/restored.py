"""After a backup was restored: batches that have ended since are brought back, the others end (decision 19)."""

from collections.abc import Iterable, Sequence

from exports.adapters.restored import keep_ended, keep_entries, keep_forgotten
from exports.app.ending import end
from qontable.events.delivery import EntryDispatched
from qontable.events.export import ExportCompleted, ExportOpened
from qontable.unit import Units


class Restored:
    """Brings back what was forgotten. No service runs meanwhile; twice is once."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def ended(self, opened: Iterable[ExportOpened], completed: Iterable[ExportCompleted]) -> tuple[int, int]:
        """Batches that were opened or ended since the backup; how many ended, and how many are taken back now.

        The first word on a batch holds. One that was opened and of whose end nothing was said has no file that anyone
        could have fetched: its entries, whose deliveries are forgotten, are ready again.
        """
        orders = {event.export_id: event for event in opened}
        back = taken_back = 0
        ends: dict[str, ExportCompleted] = {}
        for event in completed:
            ends.setdefault(event.export_id, event)
        for export_id in sorted(ends):
            async with self._units.unit() as unit:
                back += await keep_ended(unit.connection, ends[export_id], orders.get(export_id))
        for export_id in sorted(orders.keys() - ends.keys()):
            async with self._units.unit() as unit:
                if await keep_forgotten(unit.connection, orders[export_id]):
                    await end(unit, export_id, "recalled")
                    taken_back += 1
        return back, taken_back

    async def dispatched(self, orders: Sequence[EntryDispatched]) -> None:
        """Which entries those batches had."""
        async with self._units.unit() as unit:
            await keep_entries(unit.connection, orders)
