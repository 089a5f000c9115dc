"""What files are tied to. A file that is tied to another software file is asked for at once."""

from collections.abc import Sequence

from qontable.bus import Received
from qontable.clock import now
from qontable.events.hub import ConnectionChanged, FileIntegrationChanged
from qontable.events.platform import FileClosed
from qontable.events.reference import AccountsRefreshRequested
from qontable.unit import Unit
from reference_data.adapters.connections import save_connections
from reference_data.adapters.files import File, close_files, lock_file, save_integration
from reference_data.adapters.refreshes import end_left, save_asked, under_way
from reference_data.app.asking import ask
from reference_data.domain.week import next_weekly


async def connections_changed(unit: Unit, records: Sequence[Received[ConnectionChanged]]) -> None:
    """Keep what connections say."""
    await save_connections(unit.connection, [record.event for record in records])


async def files_closed(unit: Unit, records: Sequence[Received[FileClosed]]) -> None:
    """Ask nothing any more for files that ended."""
    await close_files(unit.connection, [(record.event.firm_id, record.event.file_id) for record in records])
    for record in records:
        await end_left(unit.connection, record.event.file_id, None, None)


async def integrations_changed(unit: Unit, records: Sequence[Received[FileIntegrationChanged]]) -> None:
    """Tie files; the newest version wins, and a tie to another software file asks for its reference data."""
    newest = {record.event.file_id: record for record in sorted(records, key=lambda record: record.event.version)}
    for _, record in sorted(newest.items()):
        await _tie(unit, record)


async def refreshes_requested(unit: Unit, records: Sequence[Received[AccountsRefreshRequested]]) -> None:
    """Keep refreshes that others asked for, so that each has an end that can be seen."""
    await save_asked(unit.connection, [record.event for record in records])


async def _tie(unit: Unit, record: Received[FileIntegrationChanged]) -> None:
    change, moment = record.event, now()
    before = await lock_file(unit.connection, change.file_id)
    if before and before.firm_id != change.firm_id:
        unit.set_aside(record.refused("foreign_file", "the client file belongs to another firm"))
        return
    if before and before.integration_version >= change.version:
        return
    await save_integration(unit.connection, change, next_weekly(change.file_id, moment))
    file = await lock_file(unit.connection, change.file_id)
    if file:
        await end_left(unit.connection, file.file_id, file.connection_id, file.software_file_id)
    if file and _must_be_asked(file) and not await _asked_already(unit, file, before):
        await ask(unit, file, "mapping", moment)


def _must_be_asked(file: File) -> bool:
    return file.connection_id is not None and file.software_file_id is not None and file.remapped and not file.closed


async def _asked_already(unit: Unit, file: File, before: File | None) -> bool:
    """The same tie said again (a policy changed, say) while its first refresh is on its way."""
    same_tie = before is not None and before.tie == file.tie
    return same_tie and await under_way(unit.connection, file.file_id, file.software_file_id or "")
