"""After a backup was restored: which entries are in an import file is read from what exports has said (decision 19)."""

from collections.abc import Sequence

from entries.adapters.deliveries import fetch_known, note_accepted, save_states
from entries.adapters.restored import count_unseen, keep_confirmed, keep_exports, take_up
from entries.adapters.waking import wake_entries
from entries.app.dispatch import publish_recalls
from qontable.clock import now
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportOpened
from qontable.topics import EXPORT
from qontable.unit import Unit, Units


class Restored:
    """Brings back what was forgotten, page by page. No service runs meanwhile; twice is once."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def opened(self, events: Sequence[ExportOpened]) -> None:
        """Exports whose entries were chosen."""
        async with self._units.unit() as unit:
            await keep_exports(unit.connection, list({event.export_id: event for event in events}.values()))

    async def changed(self, events: Sequence[EntryDeliveryChanged]) -> None:
        """States of deliveries in the order in which they were said: those to exports count, gateways are asked."""
        newest = {event.delivery_id: event for event in sorted(events, key=lambda event: event.version)}
        told = [event for event in newest.values() if event.connector == EXPORT and event.state != "too_late"]
        async with self._units.unit() as unit:
            known = await fetch_known(unit.connection, [event.delivery_id for event in told])
            await self._note(unit, [event for event in told if event.delivery_id in known])
            forgotten = [event for event in told if event.delivery_id not in known]
            confirmed = [event for event in forgotten if event.state == "confirmed" and event.revision]
            await keep_confirmed(unit.connection, confirmed)

    async def take_up(self) -> tuple[int, int]:
        """Note what is in a file at the entries; how many are known, and how many have still to come again."""
        moment = now()
        async with self._units.unit() as unit:
            entries, elsewhere = await take_up(unit.connection, moment)
            publish_recalls(unit, elsewhere, moment)
            return entries, await count_unseen(unit.connection)

    @staticmethod
    async def _note(unit: Unit, events: Sequence[EntryDeliveryChanged]) -> None:
        await wake_entries(unit.connection, [(event.file_id, event.entry_id) for event in events], now())
        await save_states(unit.connection, events)
        await note_accepted(unit.connection, [event.delivery_id for event in events])
