"""The firm's client files: what each needs, and Synchronize for several at once."""

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hub.adapters import connections as connection_rows
from hub.adapters import entry_counts
from hub.adapters import files as file_rows
from hub.app import entries
from hub.domain.client_file import SENDING, FileState
from hub.domain.cursor import read_cursor
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.sending import shown
from hub.entrypoints.api.values import Cursor
from hub.entrypoints.pages.progress import read_progress
from hub.entrypoints.pages.rendering import ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.states import CONNECTION_TONES, FILE_TONES, connection_state

router = APIRouter()
ROWS = 50


@router.get("/files")
async def list_files(
    page: ThePage,
    visitor: TheVisitor,
    hub: TheHub,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    cursor: Cursor = None,
    asked: Annotated[str | None, Query(max_length=10)] = None,
    of: Annotated[str, Query(max_length=20_000)] = "",
) -> Response:
    """Client files by name, with what is to verify, ready and synchronized."""
    firm_id = visitor.caller.firm_id
    wanted = cast(FileState, state) if state in get_args(FileState) else None
    after = read_cursor(cursor, lambda key: (key[0], key[1])) if cursor else None
    async with hub.look(firm_id) as db:
        found, following = await file_rows.list_files(
            db, firm_id, text=q or None, state=wanted, connection_id=None, after=after, limit=ROWS
        )
        counts = await entry_counts.count_by_file(db, firm_id, [file.file_id for file in found])
        made = await connection_rows.list_connections(db, firm_id)
        progress = await read_progress(db, firm_id, [file_id for file_id in of.split(",") if file_id], asked)
        by_state = await file_rows.count_files(db, firm_id)
    totals: dict[str, int] = {}
    for states in by_state.values():
        for name, number in states.items():
            totals[name] = totals.get(name, 0) + number
    return page.show(
        "files.html",
        files=[shown(hub, file) for file in found],
        counts=counts,
        sendable=[file.file_id for file in found if file.state in SENDING and counts[file.file_id]["ready"]],
        names={connection.connection_id: connection.name for connection in made},
        ailing=[item for item in made if connection_state(item) not in {"connected", "not_heard", "disabled"}],
        connection_state=connection_state,
        connection_tones=CONNECTION_TONES,
        any_connection=bool(made),
        totals=totals,
        tones=FILE_TONES,
        q=q,
        wanted=wanted or "",
        following=following,
        progress=progress,
    )


@router.post("/files/synchronization")
async def synchronize(visitor: TheVisitor, hub: TheHub, form: Posted) -> Response:
    """What is ready in the chosen files leaves now; if one of them cannot, none does."""
    chosen = list(dict.fromkeys(map(str, form.getlist("file"))))
    if not chosen:
        return go("/files", "nothing_chosen")
    async with hub.act(visitor.caller) as action:
        await entries.synchronize(action, chosen)
        leaving = await entry_counts.count_leaving(action.db, action.firm_id, chosen)
    return go("/files", "synchronized", asked=str(leaving), of=",".join(chosen))
