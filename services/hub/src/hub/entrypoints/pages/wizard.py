"""The wizard behind its first step: the trial of keys, options, mapping. Every step has an address to come back to."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hub.adapters import checks
from hub.app import connections, credentials
from hub.domain.connection import Check, ChosenOptions, Connection, Connector
from hub.domain.problem import Refused
from hub.domain.sending import next_sending
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.guards import administrators_only
from hub.entrypoints.pages.rendering import Page, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import CHECK_TONES
from hub.entrypoints.pages.typed import ask_for_keys, typed_fields
from qontable.clock import now
from qontable.database import Connection as Db
from qontable.events.base import Id

router = APIRouter()
WAIT_SECONDS = 10
PATIENCE_SECONDS = 60
"""After this long without an answer the page says so; the answer is shown whenever it comes."""


async def read_with_software(db: Db, firm_id: str, connection_id: str) -> tuple[Connection, Connector]:
    """A connection and its software. Raises `Refused` connection_unknown."""
    connection = await connections.read(db, firm_id, connection_id)
    software, _ = await connections.read_connector(db, connection.connector)
    return connection, software


@router.get("/connections/{connection_id}/credentials")
async def show_credentials(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id) -> Response:
    """Edit API connection: other keys, tried before they replace those in place."""
    administrators_only(visitor)
    async with hub.look(visitor.caller.firm_id) as db:
        connection, software = await read_with_software(db, visitor.caller.firm_id, connection_id)
    return _keys(page, connection, software)


@router.post("/connections/{connection_id}/credentials")
async def try_credentials(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Have them tried."""
    administrators_only(visitor)
    async with hub.look(visitor.caller.firm_id) as db:
        connection, software = await read_with_software(db, visitor.caller.firm_id, connection_id)
    fields = typed_fields(software.sheet, form)
    try:
        async with hub.act(visitor.caller) as action:
            check = await credentials.replace_credentials(action, connection_id, fields)
    except Refused as refused:
        if refused.code != "credentials_invalid":
            raise
        return _keys(page, connection, software, refused, fields)
    return go(f"/connections/{connection_id}/checks/{check.check_id}")


@router.get("/connections/{connection_id}/checks/{check_id}")
async def show_check(
    page: ThePage,
    visitor: TheVisitor,
    hub: TheHub,
    connection_id: Id,
    check_id: Id,
    part: Annotated[str, Query(pattern="^(result)?$")] = "",
) -> Response:
    """What the software answered. `part` is the piece that takes its own place when the answer is there."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        connection, software = await read_with_software(db, firm_id, connection_id)
        check = await credentials.read_check(db, firm_id, connection_id, check_id)
    if part and check.status == "pending":
        check = await credentials.wait_for_check(hub, visitor.caller, connection_id, check_id, WAIT_SECONDS)
    late = check.status == "pending" and (now() - check.requested_at).total_seconds() > PATIENCE_SECONDS
    return page.show(
        "check_result.html" if part else "check.html",
        connection=connection,
        software=software,
        check=check,
        late=late,
        tone=CHECK_TONES[check.status],
        first=connection.state == "to_confirm",
        labels={item.name: item for item in software.sheet.prerequisites},
    )


@router.post("/connections/{connection_id}/checks/{check_id}/confirmation")
async def confirm_check(visitor: TheVisitor, hub: TheHub, connection_id: Id, check_id: Id, _: Posted) -> Response:
    """Put accepted keys in place of the old ones."""
    administrators_only(visitor)
    async with hub.act(visitor.caller) as action:
        await credentials.confirm(action, connection_id, check_id)
    return go(f"/connections/{connection_id}", "credentials_replaced")


@router.get("/connections/{connection_id}/options")
async def show_options(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id) -> Response:
    """The second step, and later the place where options are changed."""
    administrators_only(visitor)
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        connection, software = await read_with_software(db, firm_id, connection_id)
        trial = await checks.latest_trial(db, firm_id, connection_id)
    if connection.state == "to_confirm" and (trial is None or trial.status != "accepted"):
        return go(f"/connections/{connection_id}")
    return page.show(
        "options.html",
        connection=connection,
        software=software,
        first=connection.state == "to_confirm",
        next_sending=next_sending(hub.evening, now()),
    )


@router.post("/connections/{connection_id}/options")
async def keep_options(visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Keep the options; in the wizard the accepted keys are put in place with them."""
    administrators_only(visitor)
    options = ChosenOptions.model_validate(
        {"frequency": form.get("frequency"), "synchronize_accounts": form.get("synchronize_accounts") == "yes"}
    )
    async with hub.act(visitor.caller) as action:
        connection = await connections.read(action.db, action.firm_id, connection_id)
        await connections.change_options(action, connection_id, options)
        if connection.state == "to_confirm":
            trial = await checks.latest_trial(action.db, action.firm_id, connection_id)
            if trial is None:
                raise Refused("connection_not_confirmed", connection_id=connection_id)
            await credentials.confirm(action, connection_id, trial.check_id)
    if connection.state == "to_confirm":
        return go(f"/connections/{connection_id}/mapping")
    return go(f"/connections/{connection_id}", "options_kept")


def resumed_at(connection: Connection, trial: Check | None) -> str | None:
    """Where the wizard goes on for a connection that was left before its keys were confirmed."""
    if connection.state != "to_confirm":
        return None
    root = f"/connections/{connection.connection_id}"
    if trial is None:
        return f"{root}/credentials"
    return f"{root}/options" if trial.status == "accepted" else f"{root}/checks/{trial.check_id}"


def _keys(
    page: Page,
    connection: Connection,
    software: Connector,
    refused: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    action = f"/connections/{connection.connection_id}/credentials"
    known = typed if typed is not None else connection.options.parameters
    return ask_for_keys(page, software, action=action, typed=known, connection=connection, refused=refused)
