"""A connection's page: how it fares, its files with their status, and what its menus do."""

from datetime import date
from typing import Annotated, Literal, cast, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hub.adapters import checks, entry_counts, references
from hub.adapters import files as file_rows
from hub.app import activation, connections, credentials, files, refreshing
from hub.domain.client_file import BeforeSendFrom, ClientFile, FileState
from hub.domain.cursor import read_cursor
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.sending import shown
from hub.entrypoints.api.values import Cursor
from hub.entrypoints.pages.guards import administrators_only
from hub.entrypoints.pages.rendering import ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import CONNECTION_TONES, FILE_TONES, connection_state
from hub.entrypoints.pages.wizard import read_with_software, resumed_at
from qontable.clock import PARIS, now
from qontable.events.base import Id
from qontable.events.reference import REFERENCE_KINDS

router = APIRouter()
ROWS = 50
MOST_AT_ONCE = 500
Before = Literal["from", "wait", "books"]
"""What becomes of entries validated before the activation: sent from a date, kept waiting, already in the books."""


@router.get("/connections/{connection_id}")
async def show_connection(
    page: ThePage,
    visitor: TheVisitor,
    hub: TheHub,
    connection_id: Id,
    state: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = None,
    part: Annotated[str, Query(pattern="^(files)?$")] = "",
) -> Response:
    """The status table, under how the connection fares. A wizard that was left goes on from here."""
    firm_id = visitor.caller.firm_id
    wanted = cast(FileState, state) if state in get_args(FileState) else None
    after = read_cursor(cursor, lambda key: (key[0], key[1])) if cursor else None
    async with hub.look(firm_id) as db:
        connection, software = await read_with_software(db, firm_id, connection_id)
        following_step = resumed_at(connection, await checks.latest_trial(db, firm_id, connection_id))
        if following_step:
            return go(following_step)
        found, following = await file_rows.list_files(
            db, firm_id, text=q or None, state=wanted, connection_id=connection_id, after=after, limit=ROWS
        )
        tests = await checks.latest_tests(
            db, firm_id, connection_id, [file.software_file.software_file_id for file in found if file.software_file]
        )
        refreshes = await references.find_refreshes(db, firm_id, [file.file_id for file in found])
        counts = await file_rows.count_files(db, firm_id)
        ready = await entry_counts.count_ready(db, firm_id, [file.file_id for file in found])
    under_way = any(item.state in {"asked", "retrieved"} for item in refreshes.values()) or any(
        test.status == "pending" for test in tests.values()
    )
    return page.show(
        "connection_files.html" if part else "connection.html",
        connection=shown(hub, connection),
        software=software,
        files=[shown(hub, file) for file in found],
        tests=tests,
        refreshes=refreshes,
        ready=ready,
        counts=dict.fromkeys(get_args(FileState), 0) | counts.get(connection_id, {}),
        tied=sum(counts.get(connection_id, {}).values()),
        unmapped=counts.get(None, {}).get("to_map", 0),
        health=connection_state(connection),
        tone=CONNECTION_TONES[connection_state(connection)],
        file_tones=FILE_TONES,
        wanted=wanted or "",
        q=q,
        cursor=cursor,
        following=following,
        under_way=under_way,
    )


@router.get("/connections/{connection_id}/disable")
async def show_disable(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id) -> Response:
    """What disabling means, in figures."""
    administrators_only(visitor)
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        connection, software = await read_with_software(db, firm_id, connection_id)
        consequence = await entry_counts.count_on_the_way(db, firm_id, connection_id=connection_id)
        counts = await file_rows.count_files(db, firm_id)
    return page.show(
        "disable.html",
        connection=connection,
        software=software,
        consequence=consequence,
        files=sum(counts.get(connection_id, {}).values()),
    )


@router.post("/connections/{connection_id}/switch")
async def switch(visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Disable or enable again; the mapping is kept."""
    administrators_only(visitor)
    enabled = form.get("to") == "enabled"
    async with hub.act(visitor.caller) as action:
        await connections.switch(action, connection_id, enabled=enabled)
    return go(f"/connections/{connection_id}", "enabled" if enabled else "disabled")


@router.post("/connections/{connection_id}/list")
async def list_again(visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Ask the software for its files again, or test the prerequisites of one."""
    software_file_id = str(form.get("software_file_id", "")) or None
    async with hub.act(visitor.caller) as action:
        check = await credentials.check_again(action, connection_id, software_file_id)
    return go(f"/connections/{connection_id}/checks/{check.check_id}")


@router.post("/connections/{connection_id}/resumption")
async def resume(visitor: TheVisitor, hub: TheHub, connection_id: Id, _: Posted) -> Response:
    """The software answers again: what was parked goes on."""
    async with hub.act(visitor.caller) as action:
        await connections.resume(action, connection_id)
    return go(f"/connections/{connection_id}", "resumed")


@router.get("/connections/{connection_id}/activation")
async def show_activation(
    page: ThePage,
    visitor: TheVisitor,
    hub: TheHub,
    connection_id: Id,
    file: Annotated[list[Id] | None, Query(max_length=MOST_AT_ONCE)] = None,
) -> Response:
    """What is to happen to entries that were validated before, with their number by year."""
    firm_id = visitor.caller.firm_id
    wanted = list(dict.fromkeys(file or []))
    async with hub.look(firm_id) as db:
        connection, software = await read_with_software(db, firm_id, connection_id)
        chosen = [item for item in await file_rows.find_files(db, firm_id, wanted) if _is_tied(item, connection_id)]
        if len(chosen) != len(wanted):
            raise Refused("file_unknown", file_id=next(iter(set(wanted) - {item.file_id for item in chosen})))
        years = await entry_counts.count_waiting_by_year(db, firm_id, [item.file_id for item in chosen])
    if not chosen:
        return go(f"/connections/{connection_id}", "nothing_chosen")
    today = now().astimezone(PARIS).date()
    return page.show(
        "activation.html",
        connection=connection,
        software=software,
        files=chosen,
        years=years,
        today=today,
        first_day=date(min((year for year in years if year), default=today.year), 1, 1),
    )


@router.post("/connections/{connection_id}/activation")
async def activate(visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Activate the chosen files: all of them, or if one cannot be, none."""
    send_from, before = _chosen_date(str(form.get("before", "")), str(form.get("send_from", "")))
    async with hub.act(visitor.caller) as action:
        await connections.read(action.db, action.firm_id, connection_id)
        for file_id in dict.fromkeys(map(str, form.getlist("file"))):
            if not _is_tied(await files.read(action.db, action.firm_id, file_id), connection_id):
                raise Refused("file_not_mapped", file_id=file_id)
            await activation.activate(action, file_id, send_from=send_from, before_send_from=before)
    return go(f"/connections/{connection_id}", "activated")


@router.post("/files/{file_id}/deactivation")
async def deactivate(visitor: TheVisitor, hub: TheHub, file_id: Id, _: Posted) -> Response:
    """Let nothing of a file leave any more."""
    async with hub.act(visitor.caller) as action:
        file, _consequence = await activation.deactivate(action, file_id)
    return go(f"/connections/{file.connection_id}" if file.connection_id else f"/files/{file_id}", "deactivated")


@router.post("/files/{file_id}/refresh")
async def refresh(visitor: TheVisitor, hub: TheHub, file_id: Id, form: Posted) -> Response:
    """Refresh accounting data; one that is under way stands for this one too."""
    async with hub.act(visitor.caller) as action:
        await refreshing.refresh(action, file_id, REFERENCE_KINDS)
        file = await files.read(action.db, action.firm_id, file_id)
    pages = {"file": f"/files/{file_id}", "reference": f"/files/{file_id}/reference"}
    back = pages.get(str(form.get("from")), f"/connections/{file.connection_id}")
    return go(back, "refresh_asked")


def _is_tied(file: ClientFile, connection_id: str) -> bool:
    return file.connection_id == connection_id


def _chosen_date(before: str, send_from: str) -> tuple[date, BeforeSendFrom]:
    """From when entries leave, and what becomes of earlier ones. Raises `Refused` date_missing."""
    today = now().astimezone(PARIS).date()
    if before not in get_args(Before):
        raise Refused("choice_missing")
    if before == "from":
        try:
            return date.fromisoformat(send_from), "wait"
        except ValueError:
            raise Refused("date_unreadable") from None
    return today, "wait" if before == "wait" else "already_in_books"
