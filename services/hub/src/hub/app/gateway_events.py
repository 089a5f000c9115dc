"""What the gateways say of connectors and connections."""

from collections.abc import Sequence

from hub.adapters import checks, connections, connectors, software_files
from hub.adapters.audit import note
from hub.adapters.changes import announce
from hub.adapters.signals import signal
from qontable.bus import Received
from qontable.events.connector import (
    ConnectionChecked,
    ConnectionHealthChanged,
    ConnectionResealed,
    ConnectorAnnounced,
)
from qontable.unit import Unit

GATEWAYS = "gateways"


async def connector_announced(unit: Unit, records: Sequence[Received[ConnectorAnnounced]]) -> None:
    """Software becomes available, or its data sheet is a newer one."""
    await connectors.keep_connectors(unit.connection, [record.event for record in records])


async def connection_checked(unit: Unit, records: Sequence[Received[ConnectionChecked]]) -> None:
    """Checks are answered. What credentials already in place list holds at once; the rest waits for a person."""
    known = await checks.known_checks(unit.connection, [record.event.check_id for record in records])
    answers = []
    for record in records:
        if record.event.check_id in known:
            answers.append(record.event)
        else:
            unit.set_aside(record.refused("unknown_check", "no such check was asked for here"))
    if not answers:
        return
    await checks.keep_answers(unit.connection, answers)
    answered = [event.check_id for event in answers]
    listed = await checks.listed_connections(unit.connection, answered)
    for check_id in {connection_id: check_id for check_id, connection_id in listed.items()}.values():
        await software_files.replace_software_files(unit.connection, check_id)
    await signal(unit.connection, answered)
    await announce(unit.connection, [(event.firm_id, f"connection:{event.connection_id}") for event in answers])


async def connection_health_changed(unit: Unit, records: Sequence[Received[ConnectionHealthChanged]]) -> None:
    """How connections fare."""
    known = await connections.known_connections(unit.connection, [record.event.connection_id for record in records])
    said = []
    for record in records:
        if record.event.connection_id in known:
            said.append(record.event)
        else:
            unit.set_aside(record.refused("unknown_connection", "there is no such connection here"))
    if said:
        await connections.keep_health(unit.connection, said)
        await announce(unit.connection, [(event.firm_id, f"connection:{event.connection_id}") for event in said])


async def connection_resealed(unit: Unit, records: Sequence[Received[ConnectionResealed]]) -> None:
    """Credentials come back sealed under a newer key; the new state goes to whoever holds the old one."""
    for state in await connections.reseal(unit.connection, [record.event for record in records]):
        unit.publish(state)
        details = {"version": state.version, "key_id": state.sealed.key_id}
        action = "connection.credentials_resealed"
        await note(unit.connection, state.firm_id, GATEWAYS, action, {state.connection_id: details})
