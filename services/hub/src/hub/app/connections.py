"""A connection that is there: its options, how often the software may be called, whether it is switched on."""

from datetime import datetime

from hub.adapters import connections, connectors, entry_counts
from hub.app.hub import Action
from hub.domain.connection import ChosenOptions, Connection, Connector, Consequence
from hub.domain.problem import Refused
from qontable.clock import now
from qontable.database import Connection as Db
from qontable.events.hub import DeliveriesResumeRequested, Throttle
from qontable.sheet import Sheet
from qontable.vault import SealingKey


async def change_options(action: Action, connection_id: str, options: ChosenOptions) -> Connection:
    """How often entries leave, and whether accounts are synchronized weekly.

    Raises `Refused`: connection_unknown, frequency_unsupported, weekly_accounts_unsupported.
    """
    await hold(action, connection_id)
    connection = await read(action.db, action.firm_id, connection_id)
    software, _ = await read_connector(action.db, connection.connector)
    measure_options(software.sheet, options)
    await connections.set_options(action.db, connection_id, options)
    await action.note("connection.options_changed", connection_id, **options.model_dump())
    return await say(action, connection_id)


async def change_throttle(action: Action, connection_id: str, throttle: Throttle | None) -> Connection:
    """How often the software may be called: what its vendor granted, or again what the data sheet says.

    Raises `Refused` connection_unknown.
    """
    await hold(action, connection_id)
    await connections.set_throttle(action.db, connection_id, throttle)
    await action.note(
        "connection.throttle_changed", connection_id, throttle=throttle.model_dump() if throttle else None
    )
    return await say(action, connection_id)


async def switch(action: Action, connection_id: str, *, enabled: bool) -> tuple[Connection, Consequence]:
    """Enable or disable, and what that means for entries on their way. The mapping is kept.

    Raises `Refused`: connection_unknown, connection_not_confirmed.
    """
    await hold(action, connection_id)
    connection = await read(action.db, action.firm_id, connection_id)
    if connection.state == "to_confirm":
        raise Refused("connection_not_confirmed", connection_id=connection_id)
    consequence = await entry_counts.count_on_the_way(action.db, action.firm_id, connection_id=connection_id)
    if (connection.state == "enabled") == enabled:
        return connection, consequence
    await connections.set_enabled(action.db, connection_id, enabled=enabled)
    await action.note(
        "connection.enabled" if enabled else "connection.disabled", connection_id, **consequence.model_dump()
    )
    return await say(action, connection_id), consequence


async def resume(action: Action, connection_id: str) -> tuple[datetime, Consequence]:
    """Let everything that was parked on this connection go on, once its software answers again: one press for all.

    Returns when it was asked, and what is on its way now. Raises `Refused` connection_unknown.
    """
    await read(action.db, action.firm_id, connection_id)
    consequence = await entry_counts.count_on_the_way(action.db, action.firm_id, connection_id=connection_id)
    asked_at = now()
    action.say(
        DeliveriesResumeRequested(
            firm_id=action.firm_id,
            connection_id=connection_id,
            requested_by=action.caller.user_id,
            requested_at=asked_at,
        )
    )
    await action.note("connection.resumed", connection_id, **consequence.model_dump())
    return asked_at, consequence


async def read(db: Db, firm_id: str, connection_id: str) -> Connection:
    """One connection of the firm. Raises `Refused` connection_unknown."""
    connection = await connections.find_connection(db, firm_id, connection_id)
    if connection is None:
        raise Refused("connection_unknown", connection_id=connection_id)
    return connection


async def hold(action: Action, connection_id: str) -> None:
    """Keep others from changing the connection until the action ends. Raises `Refused` connection_unknown."""
    if not await connections.lock_connection(action.db, action.firm_id, connection_id):
        raise Refused("connection_unknown", connection_id=connection_id)


async def say(action: Action, connection_id: str) -> Connection:
    """Publish the new state, if anybody is to hear of the connection yet."""
    state = await connections.read_state(action.db, connection_id)
    if state is not None:
        action.say(state)
    return await read(action.db, action.firm_id, connection_id)


async def read_connector(db: Db, connector: str) -> tuple[Connector, SealingKey]:
    """A software's data sheet and sealing key. Raises `Refused` connector_unknown."""
    found = await connectors.find_connector(db, connector)
    if found is None:
        raise Refused("connector_unknown", connector=connector)
    return found


def measure_options(sheet: Sheet, options: ChosenOptions) -> None:
    """Raises `Refused` for what the software does not allow: frequency_unsupported, weekly_accounts_unsupported."""
    if options.frequency not in sheet.frequencies:
        raise Refused(
            "frequency_unsupported",
            software=sheet.name,
            frequency=options.frequency,
            frequencies=", ".join(sheet.frequencies),
        )
    if options.synchronize_accounts and not sheet.weekly_accounts:
        raise Refused("weekly_accounts_unsupported", software=sheet.name)
