"""How files are tied to their software: integrations, connections, connectors; whom a change wakes or recalls."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from entries.adapters.deliveries import request_untied
from entries.adapters.integrations import (
    files_of_connections,
    files_of_connectors,
    save_connections,
    save_connectors,
    save_health,
    save_integrations,
)
from entries.adapters.waking import wake_files
from entries.app.dispatch import publish_recalls
from qontable.bus import Received
from qontable.clock import now
from qontable.events.connector import ConnectionHealthChanged, ConnectorAnnounced
from qontable.events.hub import ConnectionChanged, FileIntegrationChanged
from qontable.unit import Unit

SETTINGS = (
    "mapping",
    "activation",
    "connection",
    "connector",
    "send_from",
    "reference_data",
    "missing_document",
    "duplicate_answer",
    "creation_answer",
    "synchronize",
    "evening",
)
"""What a change of integration, connection or connector may end the wait for."""


class Integrations:
    """Handles what the Hub says of ties, and what connectors say of themselves. What is said again wakes nobody."""

    def __init__(self, woken: Callable[[], None]) -> None:
        self._woken = woken

    async def integration_changed(self, unit: Unit, received: Sequence[Received[FileIntegrationChanged]]) -> None:
        """Files are tied otherwise: what waited is looked at again, what is under way to the old place is recalled."""
        newest = {item.event.file_id: item for item in sorted(received, key=lambda item: item.event.version)}
        said_at = {file_id: _said_at(item) for file_id, item in newest.items()}
        await self._changed(
            unit, await save_integrations(unit.connection, [item.event for item in newest.values()], said_at)
        )

    async def connection_changed(self, unit: Unit, received: Sequence[Received[ConnectionChanged]]) -> None:
        """Connections changed, for every file that is tied through them."""
        newest = {item.event.connection_id: item for item in sorted(received, key=lambda item: item.event.version)}
        said_at = {connection_id: _said_at(item) for connection_id, item in newest.items()}
        changed = await save_connections(unit.connection, [item.event for item in newest.values()], said_at)
        await self._changed(unit, await files_of_connections(unit.connection, changed))

    async def health_changed(self, unit: Unit, received: Sequence[Received[ConnectionHealthChanged]]) -> None:
        """Connections fare otherwise: refreshes that entries asked for may be answered now, or not for a while."""
        newest = {
            item.event.connection_id: item.event for item in sorted(received, key=lambda item: item.event.version)
        }
        await save_health(unit.connection, list(newest.values()))
        files = await files_of_connections(unit.connection, list(newest))
        await wake_files(unit.connection, files, ("reference_refresh",), now())
        unit.after_commit(self._woken)

    async def connector_announced(self, unit: Unit, received: Sequence[Received[ConnectorAnnounced]]) -> None:
        """Connectors and their data sheets are known from now on."""
        newest = {item.event.connector: item.event for item in sorted(received, key=lambda item: item.event.version)}
        changed = await save_connectors(unit.connection, list(newest.values()))
        await self._changed(unit, await files_of_connectors(unit.connection, changed))

    async def _changed(self, unit: Unit, file_ids: Iterable[str]) -> None:
        files, moment = sorted(set(file_ids)), now()
        await wake_files(unit.connection, files, SETTINGS, moment)
        publish_recalls(unit, await request_untied(unit.connection, files, moment), moment)
        unit.after_commit(self._woken)


def _said_at(item: Received[FileIntegrationChanged] | Received[ConnectionChanged]) -> datetime:
    """When it was said; a clock that is ahead said it now."""
    return min(item.envelope.time, now())
