"""What becomes of entries, as accountants see it."""

from collections.abc import Sequence

from hub.adapters import entries
from hub.adapters.changes import announce
from qontable.bus import Received
from qontable.events.delivery import EntryAttempted, EntryStatusChanged
from qontable.unit import Unit


async def entry_status_changed(unit: Unit, records: Sequence[Received[EntryStatusChanged]]) -> None:
    """Entries move on."""
    events = [record.event for record in records]
    await entries.keep_statuses(unit.connection, events)
    await entries.keep_history(unit.connection, events)
    await announce(unit.connection, [(event.firm_id, f"file:{event.file_id}") for event in events])


async def entry_attempted(unit: Unit, records: Sequence[Received[EntryAttempted]]) -> None:
    """Entries were tried at the software."""
    await entries.keep_attempts(unit.connection, [record.event for record in records])
