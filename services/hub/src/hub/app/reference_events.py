"""What becomes of refreshes: retrieved, failed, applied."""

from collections.abc import Sequence

from hub.adapters import references
from hub.adapters.changes import announce
from hub.adapters.signals import signal
from hub.app.reference_rows import apply_versions
from hub.app.refreshing import refresh_signal
from hub.domain.reference import gather
from qontable.bus import Received
from qontable.events.reference import AccountsFetched, AccountsRefreshed
from qontable.unit import Unit


async def accounts_fetched(unit: Unit, records: Sequence[Received[AccountsFetched]]) -> None:
    """Retrievals end. The parts in between are for `reference_data`."""
    ends = [record.event for record in records if record.event.closing or record.event.failure]
    if ends:
        await references.keep_ends(unit.connection, ends)
        await signal(unit.connection, [refresh_signal(event.firm_id, event.file_id) for event in ends])
        await announce(unit.connection, [(event.firm_id, f"file:{event.file_id}") for event in ends])


async def accounts_refreshed(unit: Unit, records: Sequence[Received[AccountsRefreshed]]) -> None:
    """Versions of reference data are applied."""
    events = [record.event for record in records]
    await apply_versions(unit, events)
    applied = gather(events)
    await references.keep_versions(unit.connection, applied)
    await signal(unit.connection, [refresh_signal(item.firm_id, item.file_id) for item in applied])
    await announce(unit.connection, [(item.firm_id, f"file:{item.file_id}") for item in applied])
