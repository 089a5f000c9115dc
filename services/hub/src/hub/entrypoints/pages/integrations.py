"""The Integrations menu: software with its state, and each software's article."""

import hmac
from hashlib import sha256
from secrets import token_hex

from asyncpg import UniqueViolationError
from fastapi import APIRouter
from fastapi.responses import Response

from hub.adapters import connections as connection_rows
from hub.adapters import connectors, exports
from hub.adapters import files as file_rows
from hub.app import connections, credentials
from hub.domain.client_file import SENDING
from hub.domain.connection import ChosenOptions, Connector
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.guards import administrators_only
from hub.entrypoints.pages.rendering import Page, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import CONNECTION_TONES, connection_state
from hub.entrypoints.pages.typed import ask_for_keys, typed_fields
from qontable.bilingual import Bilingual
from qontable.events.base import Id
from qontable.sheet import Sheet

router = APIRouter()


@router.get("/")
async def first_page(_: ThePage) -> Response:
    """What is looked at most."""
    return go("/files")


@router.get("/integrations")
async def list_integrations(page: ThePage, visitor: TheVisitor, hub: TheHub) -> Response:
    """Software with the firm's connections to it."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        known = await connectors.list_connectors(db)
        made = await connection_rows.list_connections(db, firm_id)
        counts = await file_rows.count_files(db, firm_id)
        formats = await exports.list_formats(db)
    of_software = {
        item.connector: [connection for connection in made if connection.connector == item.connector] for item in known
    }
    return page.show(
        "integrations.html",
        connectors=known,
        connections=of_software,
        counts=counts,
        formats=formats,
        active=lambda files: sum(files.get(state, 0) for state in SENDING),
        tones=CONNECTION_TONES,
        state_of=connection_state,
    )


@router.get("/integrations/{connector}")
async def show_software(page: ThePage, visitor: TheVisitor, hub: TheHub, connector: Id) -> Response:
    """What to know before connecting, from the data sheet."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        software, _ = await connections.read_connector(db, connector)
        made = [item for item in await connection_rows.list_connections(db, firm_id) if item.connector == connector]
    return page.show(
        "software.html",
        software=software,
        connections=made,
        errors=explained_errors(software.sheet),
        state_of=connection_state,
        tones=CONNECTION_TONES,
    )


@router.get("/integrations/{connector}/start")
async def show_start(page: ThePage, visitor: TheVisitor, hub: TheHub, connector: Id) -> Response:
    """The wizard's first step: the software's keys and codes."""
    administrators_only(visitor)
    async with hub.look(visitor.caller.firm_id) as db:
        software, _ = await connections.read_connector(db, connector)
    return _keys(page, software, start=token_hex(16))


@router.post("/integrations/{connector}/start")
async def start(page: ThePage, visitor: TheVisitor, hub: TheHub, connector: Id, form: Posted) -> Response:
    """Begin a connection and have its keys tried. One form makes one connection, however often it is sent."""
    administrators_only(visitor)
    caller = visitor.caller
    connection_id = started_connection(caller.firm_id, str(form.get("start", "")))
    async with hub.look(caller.firm_id) as db:
        software, _ = await connections.read_connector(db, connector)
        begun = await connection_rows.find_connection(db, caller.firm_id, connection_id)
    if begun is not None:
        return go(f"/connections/{connection_id}")
    fields = typed_fields(software.sheet, form)
    try:
        async with hub.act(caller) as action:
            _, check = await credentials.create(
                action,
                connector=connector,
                name=None,
                fields=fields,
                options=first_options(software.sheet),
                throttle=None,
                connection_id=connection_id,
            )
    except UniqueViolationError:
        return go(f"/connections/{connection_id}")
    except Refused as refused:
        if refused.code != "credentials_invalid":
            raise
        return _keys(page, software, start=token_hex(16), refused=refused, typed=fields)
    return go(f"/connections/{connection_id}/checks/{check.check_id}")


def started_connection(firm_id: str, start: str) -> str:
    """The connection that a form begins: the same for the same form, and nobody else's."""
    return f"con_{hmac.new(firm_id.encode(), start.encode(), sha256).hexdigest()[:32]}"


def first_options(sheet: Sheet) -> ChosenOptions:
    """What the wizard's second step proposes: the software's first frequency, weekly accounts where it has them."""
    return ChosenOptions(frequency=sheet.frequencies[0], synchronize_accounts=sheet.weekly_accounts)


def explained_errors(sheet: Sheet) -> list[tuple[str, Bilingual]]:
    """The refusals that a person can do something about, each category once, with its remedy."""
    explained: dict[str, Bilingual] = {}
    for rule in sheet.errors:
        if rule.outcome == "rejected" or rule.category in {"credentials_refused", "plugin_off"}:
            explained.setdefault(rule.category, rule.remedy)
    return list(explained.items())


def _keys(
    page: Page,
    software: Connector,
    *,
    start: str,
    refused: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    action = f"/integrations/{software.connector}/start"
    return ask_for_keys(page, software, action=action, typed=typed or {}, start=start, refused=refused)
