"""Connecting an accounting software: credentials are tried live before they replace any others."""

from uuid import uuid4

from hub.adapters import checks, connections, software_files
from hub.app.connections import hold, measure_options, read, read_connector, say
from hub.app.hub import Action, Hub
from hub.domain.connection import Check, ChosenOptions, Connection
from hub.domain.credentials import read_credentials
from hub.domain.firm import Caller
from hub.domain.problem import Refused
from qontable.clock import now
from qontable.database import Connection as Db
from qontable.events.hub import ConnectionCheckRequested, ConnectionOptions, Throttle


async def create(
    action: Action,
    *,
    connector: str,
    name: str | None,
    fields: dict[str, str],
    options: ChosenOptions,
    throttle: Throttle | None,
    connection_id: str | None = None,
) -> tuple[Connection, Check]:
    """A connection whose first credentials are being tried. Nobody hears of it before they are confirmed.

    Whoever may ask twice for the same one chooses its id.
    Raises `Refused`: connector_unknown, credentials_invalid, frequency_unsupported, weekly_accounts_unsupported; and
    `UniqueViolationError` when the id is taken.
    """
    software, _ = await read_connector(action.db, connector)
    measure_options(software.sheet, options)
    connection = Connection(
        connection_id=connection_id or f"con_{uuid4().hex}",
        connector=connector,
        name=name or software.sheet.name,
        state="to_confirm",
        version=0,
        options=ConnectionOptions(**options.model_dump()),
        throttle=throttle,
        health=None,
        created_at=now(),
    )
    await connections.insert_connection(action.db, connection, firm_id=action.firm_id, created_by=action.caller.user_id)
    await action.note("connection.created", connection.connection_id, connector=connector)
    return connection, await _try(action, connection, fields)


async def replace_credentials(action: Action, connection_id: str, fields: dict[str, str]) -> Check:
    """Try other credentials; those in place stay until the trial is accepted and confirmed.

    Raises `Refused`: connection_unknown, credentials_invalid.
    """
    return await _try(action, await read(action.db, action.firm_id, connection_id), fields)


async def check_again(action: Action, connection_id: str, software_file_id: str | None) -> Check:
    """Try the credentials in place: list software files again, or test one file's prerequisites.

    Raises `Refused`: connection_unknown, connection_not_confirmed.
    """
    connection = await read(action.db, action.firm_id, connection_id)
    state = await connections.read_state(action.db, connection_id)
    if state is None:
        raise Refused("connection_not_confirmed", connection_id=connection_id)
    request = ConnectionCheckRequested(
        check_id=f"chk_{uuid4().hex}",
        firm_id=action.firm_id,
        connection_id=connection_id,
        connector=connection.connector,
        sealed=state.sealed,
        throttle=connection.throttle,
        parameters=connection.options.parameters,
        software_file_id=software_file_id,
    )
    await checks.insert_check(action.db, request, purpose="listing", requested_by=action.caller.user_id)
    action.say(request)
    await action.note("connection.checked", connection_id, check_id=request.check_id)
    return await read_check(action.db, action.firm_id, connection_id, request.check_id)


async def confirm(action: Action, connection_id: str, check_id: str) -> Connection:
    """Put accepted credentials in place. Confirming twice is confirming.

    Raises `Refused`: connection_unknown, check_unknown, nothing_to_confirm, check_pending, check_not_accepted,
    check_outdated.
    """
    await hold(action, connection_id)
    check = await read_check(action.db, action.firm_id, connection_id, check_id)
    if check.confirmed_at is not None:
        return await read(action.db, action.firm_id, connection_id)
    if check.purpose != "credentials":
        raise Refused("nothing_to_confirm", check_id=check_id)
    if check.status == "pending":
        raise Refused("check_pending", check_id=check_id)
    if check.status != "accepted":
        raise Refused("check_not_accepted", status=check.status)
    tried = await checks.read_credentials(action.db, check_id)
    if tried is None:
        raise Refused("check_outdated", check_id=check_id)
    await connections.set_credentials(action.db, connection_id, *tried)
    await checks.mark_confirmed(action.db, check)
    await software_files.replace_software_files(action.db, check_id)
    await action.note("connection.credentials_confirmed", connection_id, check_id=check_id)
    return await say(action, connection_id)


async def read_check(db: Db, firm_id: str, connection_id: str, check_id: str) -> Check:
    """One check of one connection. Raises `Refused` check_unknown."""
    check = await checks.find_check(db, firm_id, connection_id, check_id)
    if check is None:
        raise Refused("check_unknown", check_id=check_id)
    return check


async def wait_for_check(hub: Hub, caller: Caller, connection_id: str, check_id: str, seconds: float) -> Check:
    """The check as soon as it has an answer, or as it is when the time is over. Raises `Refused` check_unknown."""

    async def look() -> Check:
        async with hub.look(caller.firm_id) as db:
            return await read_check(db, caller.firm_id, connection_id, check_id)

    return await hub.signals.until(check_id, look, lambda check: check.status != "pending", seconds=seconds)


async def _try(action: Action, connection: Connection, fields: dict[str, str]) -> Check:
    software, key = await read_connector(action.db, connection.connector)
    typed = read_credentials(software.sheet.wizard, fields)
    request = ConnectionCheckRequested(
        check_id=f"chk_{uuid4().hex}",
        firm_id=action.firm_id,
        connection_id=connection.connection_id,
        connector=connection.connector,
        sealed=key.seal(typed.secrets, firm_id=action.firm_id, connection_id=connection.connection_id),
        throttle=connection.throttle,
        parameters=typed.parameters,
    )
    await checks.insert_check(action.db, request, purpose="credentials", requested_by=action.caller.user_id)
    action.say(request)
    await action.note("connection.credentials_tried", connection.connection_id, check_id=request.check_id)
    return await read_check(action.db, action.firm_id, connection.connection_id, request.check_id)
