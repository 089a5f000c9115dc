"""A client file's reference data: what its software has, how fresh that is, and what refreshes changed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hub.adapters import reference_rows, references
from hub.app import connections, files
from hub.domain.cursor import read_cursor
from hub.domain.reference_row import ReferenceRow
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.values import Cursor
from hub.entrypoints.pages.rendering import ThePage
from hub.entrypoints.pages.session import TheVisitor
from qontable.events.base import Id
from qontable.events.reference import REFERENCE_KINDS, ReferenceKind

router = APIRouter()
ROWS = 100
Tab = Literal["accounts", "subsidiaries", "journals", "fiscal_years", "refreshes"]
KINDS: dict[str, ReferenceKind] = {kind: kind for kind in REFERENCE_KINDS}
Search = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.get("/files/{file_id}/reference")
async def show_reference(
    page: ThePage,
    visitor: TheVisitor,
    hub: TheHub,
    file_id: Id,
    tab: Tab = "accounts",
    q: Search = "",
    cursor: Cursor = None,
) -> Response:
    """One tab: a page of the rows of one kind, or the refreshes. The file must be tied to a software file."""
    firm_id = visitor.caller.firm_id
    after = read_cursor(cursor, lambda key: key[0]) if cursor else None
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, file_id)
        software_file_id = file.software_file.software_file_id if file.software_file else ""
        held = await reference_rows.find_held(db, firm_id, file_id, software_file_id)
        rows: list[ReferenceRow] = []
        following = None
        if held and tab in KINDS:
            rows, following = await reference_rows.list_rows(
                db, firm_id, file_id, KINDS[tab], text=q.strip() or None, after=after, limit=ROWS
            )
        past = await reference_rows.list_refreshes(db, firm_id, file_id, software_file_id) if held else []
        refresh = await references.find_refresh(db, firm_id, file_id)
        connection = await connections.read(db, firm_id, file.connection_id) if file.connection_id else None
    return page.show(
        "reference.html",
        file=file,
        connection=connection,
        held=held,
        refresh=refresh,
        tab=tab,
        kinds=REFERENCE_KINDS,
        rows=rows,
        following=following,
        past=past,
        q=q,
    )
