"""Refreshing a file's reference data at the press of a button, and waiting for it."""

from collections.abc import Sequence
from uuid import uuid4

from hub.adapters import references
from hub.app.files import hold, read, refuse_closed, tied_connection
from hub.app.hub import Action, Hub
from hub.domain.client_file import Refresh
from hub.domain.firm import Caller
from qontable.clock import now
from qontable.events.reference import AccountsRefreshRequested, ReferenceKind


async def refresh(action: Action, file_id: str, kinds: Sequence[ReferenceKind]) -> Refresh:
    """Ask for the file's reference data; one that is under way stands for this one too.

    Raises `Refused`: file_unknown, file_closed, file_not_mapped, connection_disabled.
    """
    file = await hold(action, file_id)
    refuse_closed(file)
    connection = await tied_connection(action.db, action.firm_id, file)
    assert file.software_file is not None, "a tied file has a software file (table integration)"
    request = AccountsRefreshRequested(
        refresh_id=f"rfr_{uuid4().hex}",
        firm_id=action.firm_id,
        file_id=file_id,
        connection_id=connection.connection_id,
        connector=connection.connector,
        software_file_id=file.software_file.software_file_id,
        kinds=tuple(dict.fromkeys(kinds)),
        reason="button",
        requested_at=now(),
    )
    if await references.keep_request(action.db, request, action.caller.user_id):
        action.say(request)
        await action.note("file.refresh_asked", file_id, refresh_id=request.refresh_id, kinds=list(request.kinds))
    return await references.find_refresh(action.db, action.firm_id, file_id)


async def wait_for_refresh(hub: Hub, caller: Caller, file_id: str, seconds: float) -> Refresh:
    """Where the refresh stands, as soon as it has ended or when the time is over. Raises `Refused` file_unknown."""

    async def look() -> Refresh:
        async with hub.look(caller.firm_id) as db:
            await read(db, caller.firm_id, file_id)
            return await references.find_refresh(db, caller.firm_id, file_id)

    key = refresh_signal(caller.firm_id, file_id)
    return await hub.signals.until(key, look, lambda state: state.state not in {"asked", "retrieved"}, seconds=seconds)


def refresh_signal(firm_id: str, file_id: str) -> str:
    """What is signalled when something was heard of a file's refresh."""
    return f"refresh {firm_id} {file_id}"
