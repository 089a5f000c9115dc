"""What exports says: which formats there are, and what came of what was asked for."""

from collections.abc import Sequence

from hub.adapters import exports
from hub.adapters.signals import signal
from hub.app.exports import export_signal
from qontable.bus import Received
from qontable.events.export import ExportCompleted, FormatAnnounced
from qontable.unit import Unit


async def format_announced(unit: Unit, records: Sequence[Received[FormatAnnounced]]) -> None:
    """Import files can be written in these formats."""
    await exports.keep_formats(unit.connection, [record.event for record in records])


async def export_completed(unit: Unit, records: Sequence[Received[ExportCompleted]]) -> None:
    """Exports have ended. One that nobody asked for here is set aside."""
    known = await exports.keep_outcomes(unit.connection, [record.event for record in records])
    for record in records:
        if record.event.export_id not in known:
            unit.set_aside(record.refused("unknown_export", "no such export was asked for here"))
    await signal(unit.connection, [export_signal(record.event.export_id) for record in records])
