"""Software that can be connected, and the firm's connections."""

import datetime

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from hub.adapters import connections as rows
from hub.adapters import connectors
from hub.app import connections, credentials
from hub.domain.connection import Check, ChosenOptions, ChosenThrottle, Connection, Connector, Consequence
from hub.entrypoints.api.access import Administrator, SignedIn, TheHub
from hub.entrypoints.api.refusals import refuses
from hub.entrypoints.api.sending import shown
from hub.entrypoints.api.values import Body, ShortText, Typed, Wait
from qontable.events.base import Id

router = APIRouter(tags=["Connections"])


class Connectors(BaseModel):
    """Every software that can be connected."""

    connectors: list[Connector]


class Connections(BaseModel):
    """The firm's connections."""

    connections: list[Connection]


class Fields(Body):
    """Values of the data sheet's wizard fields, by name."""

    fields: dict[ShortText, Typed] = Field(max_length=50)


class NewConnection(Fields):
    """The wizard's first screen. Without a `throttle` the data sheet's holds."""

    connector: Id
    name: ShortText | None = None
    options: ChosenOptions
    throttle: ChosenThrottle | None = None


class StartedConnection(BaseModel):
    """A connection that waits for its credentials to be confirmed, and their check."""

    connection: Connection
    check: Check


class NewCheck(Body):
    """What to check with the credentials in place: one file's prerequisites, or the list of software files."""

    software_file_id: Id | None = None


class AskedResumption(BaseModel):
    """What was parked goes on; `consequence` counts what was on its way when it was asked."""

    requested_at: datetime.datetime
    consequence: Consequence


class Switched(BaseModel):
    """The connection, and what the change means for entries on their way."""

    connection: Connection
    consequence: Consequence


@router.get("/connectors", responses=refuses())
async def list_connectors(caller: SignedIn, hub: TheHub) -> Connectors:
    """Every software that can be connected, with its data sheet: wizard, limits, rules, and how well each is known."""
    async with hub.look(caller.firm_id) as db:
        return Connectors(connectors=await connectors.list_connectors(db))


@router.get("/connectors/{connector}", responses=refuses("connector_unknown"))
async def read_connector(caller: SignedIn, hub: TheHub, connector: Id) -> Connector:
    """One software and its data sheet."""
    async with hub.look(caller.firm_id) as db:
        found, _ = await connections.read_connector(db, connector)
        return found


@router.get("/connections", responses=refuses())
async def list_connections(caller: SignedIn, hub: TheHub) -> Connections:
    """The firm's connections, with their health."""
    async with hub.look(caller.firm_id) as db:
        found = await rows.list_connections(db, caller.firm_id)
    return Connections(connections=[shown(hub, connection) for connection in found])


@router.post(
    "/connections",
    status_code=status.HTTP_201_CREATED,
    responses=refuses(
        "administrators_only",
        "connector_unknown",
        "credentials_invalid",
        "frequency_unsupported",
        "weekly_accounts_unsupported",
    ),
)
async def create_connection(caller: Administrator, hub: TheHub, body: NewConnection) -> StartedConnection:
    """Begin a connection. Its credentials are tried live: wait for the check, then confirm it."""
    async with hub.act(caller) as action:
        connection, check = await credentials.create(
            action,
            connector=body.connector,
            name=body.name,
            fields=body.fields,
            options=body.options,
            throttle=body.throttle.throttle() if body.throttle else None,
        )
    return StartedConnection(connection=shown(hub, connection), check=check)


@router.get("/connections/{connection_id}", responses=refuses("connection_unknown"))
async def read_connection(caller: SignedIn, hub: TheHub, connection_id: Id) -> Connection:
    """One connection. Its credentials are never shown."""
    async with hub.look(caller.firm_id) as db:
        return shown(hub, await connections.read(db, caller.firm_id, connection_id))


@router.put(
    "/connections/{connection_id}/credentials",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("administrators_only", "connection_unknown", "credentials_invalid"),
)
async def replace_credentials(caller: Administrator, hub: TheHub, connection_id: Id, body: Fields) -> Check:
    """Try other credentials. Those in place stay until the check is accepted and confirmed."""
    async with hub.act(caller) as action:
        return await credentials.replace_credentials(action, connection_id, body.fields)


@router.post(
    "/connections/{connection_id}/checks",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("connection_unknown", "connection_not_confirmed"),
)
async def check_again(caller: SignedIn, hub: TheHub, connection_id: Id, body: NewCheck) -> Check:
    """Try the credentials in place: list software files again, or test the prerequisites of one."""
    async with hub.act(caller) as action:
        return await credentials.check_again(action, connection_id, body.software_file_id)


@router.get("/connections/{connection_id}/checks/{check_id}", responses=refuses("check_unknown"))
async def read_check(caller: SignedIn, hub: TheHub, connection_id: Id, check_id: Id, wait: Wait = 0) -> Check:
    """A check, with what the software answered and the software files that the credentials open."""
    return await credentials.wait_for_check(hub, caller, connection_id, check_id, wait)


@router.post(
    "/connections/{connection_id}/checks/{check_id}/confirmation",
    responses=refuses(
        "administrators_only",
        "connection_unknown",
        "check_unknown",
        "check_pending",
        "check_not_accepted",
        "check_outdated",
        "nothing_to_confirm",
    ),
)
async def confirm_check(caller: Administrator, hub: TheHub, connection_id: Id, check_id: Id) -> Connection:
    """Put accepted credentials in place of the old ones."""
    async with hub.act(caller) as action:
        return shown(hub, await credentials.confirm(action, connection_id, check_id))


@router.put(
    "/connections/{connection_id}/options",
    responses=refuses(
        "administrators_only", "connection_unknown", "frequency_unsupported", "weekly_accounts_unsupported"
    ),
)
async def change_options(caller: Administrator, hub: TheHub, connection_id: Id, body: ChosenOptions) -> Connection:
    """Frequency of sending, and whether accounts are synchronized weekly."""
    async with hub.act(caller) as action:
        return shown(hub, await connections.change_options(action, connection_id, body))


@router.put("/connections/{connection_id}/throttle", responses=refuses("administrators_only", "connection_unknown"))
async def change_throttle(caller: Administrator, hub: TheHub, connection_id: Id, body: ChosenThrottle) -> Connection:
    """How often the software may be called, where its vendor granted other than the data sheet says."""
    async with hub.act(caller) as action:
        return shown(hub, await connections.change_throttle(action, connection_id, body.throttle()))


@router.delete("/connections/{connection_id}/throttle", responses=refuses("administrators_only", "connection_unknown"))
async def reset_throttle(caller: Administrator, hub: TheHub, connection_id: Id) -> Connection:
    """Back to the data sheet's limit."""
    async with hub.act(caller) as action:
        return shown(hub, await connections.change_throttle(action, connection_id, None))


@router.post(
    "/connections/{connection_id}/enable",
    responses=refuses("administrators_only", "connection_unknown", "connection_not_confirmed"),
)
async def enable(caller: Administrator, hub: TheHub, connection_id: Id) -> Switched:
    """Switch a disabled connection on again; the mapping was kept."""
    async with hub.act(caller) as action:
        connection, consequence = await connections.switch(action, connection_id, enabled=True)
    return Switched(connection=shown(hub, connection), consequence=consequence)


@router.post(
    "/connections/{connection_id}/disable",
    responses=refuses("administrators_only", "connection_unknown", "connection_not_confirmed"),
)
async def disable(caller: Administrator, hub: TheHub, connection_id: Id) -> Switched:
    """Let nothing leave any more. Entries waiting stay, those under way are finished."""
    async with hub.act(caller) as action:
        connection, consequence = await connections.switch(action, connection_id, enabled=False)
    return Switched(connection=shown(hub, connection), consequence=consequence)


@router.post(
    "/connections/{connection_id}/resumption",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refuses("connection_unknown"),
)
async def resume(caller: SignedIn, hub: TheHub, connection_id: Id) -> AskedResumption:
    """The software answers again: everything parked on this connection goes on. Nothing leaves twice by it."""
    async with hub.act(caller) as action:
        asked_at, consequence = await connections.resume(action, connection_id)
    return AskedResumption(requested_at=asked_at, consequence=consequence)
