"""A person's word on snapshots that lose more accounts than a machine should decide on."""

from qontable.unit import Unit
from reference_data.adapters.refreshes import waiting_fetch
from reference_data.adapters.snapshots import complete_fetches
from reference_data.app.fetched import settle


class NothingWaits(LookupError):
    """No snapshot of this refresh waits for a person."""


async def accept(unit: Unit, refresh_id: str) -> None:
    """Apply the snapshot of a refresh that waits, whatever it loses. Raises `NothingWaits`."""
    fetch_id = await waiting_fetch(unit.connection, refresh_id)
    closings = await complete_fetches(unit.connection, [fetch_id]) if fetch_id else []
    if not closings:
        raise NothingWaits(f"no snapshot of refresh {refresh_id} waits for a person")
    await settle(unit, closings[0], accepted=True)
