"""What the platform says of firms, client files and what entries hold."""

from collections.abc import Sequence

from hub.adapters import contents, files, firms, integrations
from hub.adapters.changes import announce
from hub.app.creating import tie_created
from qontable.bus import Received
from qontable.events.platform import EntryValidated, FileClosed, FileCreated, FirmCreated
from qontable.telemetry import trace_id_of
from qontable.unit import Unit


async def firm_created(unit: Unit, records: Sequence[Received[FirmCreated]]) -> None:
    """Firms become known, each with its first administrator."""
    await firms.keep_firms(unit.connection, [record.event for record in records])


async def file_created(unit: Unit, records: Sequence[Received[FileCreated]]) -> None:
    """Client files become known, or known by another name; those that were wanted here are tied at once."""
    events = [record.event for record in records]
    await files.keep_files(unit.connection, events)
    await tie_created(unit, events)
    await announce(unit.connection, [(event.firm_id, f"file:{event.file_id}") for event in events])


async def file_closed(unit: Unit, records: Sequence[Received[FileClosed]]) -> None:
    """Client files end: nothing leaves for them any more, which the others hear from us too."""
    closed = await files.close_files(unit.connection, [record.event for record in records])
    if closed:
        for state in await integrations.set_inactive(unit.connection, closed):
            unit.publish(state)
        await announce(unit.connection, [(firm_id, f"file:{file_id}") for firm_id, file_id in closed])


async def entry_validated(unit: Unit, records: Sequence[Received[EntryValidated]]) -> None:
    """Revisions are validated: their lines and documents can be shown. What becomes of them `entries` says."""
    said = [(record.event, trace_id_of(record.envelope.traceparent)) for record in records]
    await contents.keep_contents(unit.connection, said)
