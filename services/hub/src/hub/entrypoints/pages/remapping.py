"""A file that is mapped already: tied elsewhere or to nothing, with what that means in figures."""

from fastapi import APIRouter
from fastapi.responses import Response

from hub.adapters import entry_counts
from hub.app import files, mapping
from hub.app.hub import Hub
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.mapping import OF_ROWS, choices_of, chosen_id, labels_of
from hub.entrypoints.pages.rendering import Page, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor, Visitor
from hub.entrypoints.pages.wizard import read_with_software
from qontable.events.base import Id

router = APIRouter()


@router.get("/files/{file_id}/mapping")
async def show_remapping(page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id) -> Response:
    """What the file is tied to, and what would become of its entries."""
    return await _page(page, visitor, hub, file_id)


@router.post("/files/{file_id}/mapping")
async def keep_remapping(page: ThePage, visitor: TheVisitor, hub: TheHub, file_id: Id, form: Posted) -> Response:
    """Tie it elsewhere, or to nothing."""
    typed = str(form.get("software_file", "")).strip()
    disconnects = form.get("do") == "disconnect"
    try:
        connection_id = await _tied_to(hub, visitor, file_id)
    except Refused as refused:
        if refused.code == "file_not_mapped" and disconnects:
            return go(f"/files/{file_id}", "remapped")
        raise
    labels = labels_of(await choices_of(hub, visitor, connection_id))
    try:
        async with hub.act(visitor.caller) as action:
            if disconnects:
                await mapping.unmap_file(action, file_id)
            else:
                await mapping.map_file(
                    action,
                    file_id,
                    connection_id=connection_id,
                    software_file_id=chosen_id(typed, labels),
                    siren_mismatch_confirmed=form.get("confirmed") == "yes",
                )
    except Refused as refused:
        if refused.code not in OF_ROWS:
            raise
        return await _page(page, visitor, hub, file_id, typed=typed, refused=refused)
    return go(f"/connections/{connection_id}", "remapped")


async def _tied_to(hub: Hub, visitor: Visitor, file_id: str) -> str:
    async with hub.look(visitor.caller.firm_id) as db:
        file = await files.read(db, visitor.caller.firm_id, file_id)
    if file.connection_id is None:
        raise Refused("file_not_mapped", file_id=file_id)
    return file.connection_id


async def _page(
    page: Page, visitor: Visitor, hub: Hub, file_id: str, typed: str = "", refused: Refused | None = None
) -> Response:
    firm_id = visitor.caller.firm_id
    connection_id = await _tied_to(hub, visitor, file_id)
    async with hub.look(firm_id) as db:
        file = await files.read(db, firm_id, file_id)
        connection, software = await read_with_software(db, firm_id, connection_id)
        consequence = await entry_counts.count_on_the_way(db, firm_id, file_id=file_id)
    choices = await choices_of(hub, visitor, connection_id)
    labels = labels_of(choices)
    problem = refused.problem(page.words.language) if refused else None
    return page.show(
        "remapping.html",
        status=problem.status if problem else 200,
        file=file,
        connection=connection,
        software=software,
        consequence=consequence,
        choices=[labels[item.software_file_id] for item in choices if item.tied_to is None],
        lists=software.sheet.lists_software_files,
        typed=typed,
        problem=problem,
        asks_confirmation=refused is not None and refused.code == "siren_mismatch",
    )
