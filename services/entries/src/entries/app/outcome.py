"""What gateways say of deliveries: noted at its highest version; what it means for the entry, evaluation decides."""

from collections.abc import Callable, Sequence

from entries.adapters.deliveries import fetch_known, note_accepted, note_too_late, save_states
from entries.adapters.waking import wake_entries
from qontable.bus import Received
from qontable.clock import now
from qontable.events.delivery import EntryDeliveryChanged
from qontable.unit import Unit


class Outcome:
    """Handles `entry.delivery_changed`; `woken` is called when entries are to be looked at."""

    def __init__(self, woken: Callable[[], None]) -> None:
        self._woken = woken

    async def delivery_changed(self, unit: Unit, received: Sequence[Received[EntryDeliveryChanged]]) -> None:
        """Deliveries changed. One that was never dispatched from here is set aside.

        `too_late` answers a recall and is no state: the delivery goes on as it was.
        """
        known = await fetch_known(unit.connection, [item.event.delivery_id for item in received])
        states: dict[str, EntryDeliveryChanged] = {}
        answers: dict[str, EntryDeliveryChanged] = {}
        for item in sorted(received, key=lambda item: item.event.version):
            if item.event.delivery_id not in known:
                unit.set_aside(item.refused("unknown_delivery", "no such delivery was dispatched from here"))
            elif item.event.state == "too_late":
                answers[item.event.delivery_id] = item.event
            else:
                states[item.event.delivery_id] = item.event
        told = (*states.values(), *answers.values())
        await wake_entries(unit.connection, [(event.file_id, event.entry_id) for event in told], now())
        await save_states(unit.connection, list(states.values()))
        await note_too_late(unit.connection, list(answers))
        await note_accepted(unit.connection, list(states))
        unit.after_commit(self._woken)
