"""The mapping table as a file: out with the suggestions filled in, in as a spreadsheet saved it."""

from collections.abc import Iterator, Mapping, Sequence

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from hub.adapters import files as file_rows
from hub.app import mapping, mapping_table
from hub.domain.client_file import ClientFile
from hub.domain.mapping_table import Column, read_table, write_table
from hub.domain.problem import Refused
from hub.domain.suggestion import Candidate
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.mapping import Place, Typed, best_of, show_table
from hub.entrypoints.pages.rendering import HEADERS, ThePage, go
from hub.entrypoints.pages.session import Posted, TheVisitor
from hub.entrypoints.pages.wizard import read_with_software
from hub.entrypoints.pages.words import LANGUAGES, Words
from qontable.events.base import Id

router = APIRouter()
WORDS: dict[Column, str] = {
    "file": "table.file",
    "name": "table.name",
    "siren": "table.siren",
    "code": "table.code",
    "software_file": "table.software_file",
    "software_name": "table.software_name",
    "certainty": "table.certainty",
    "confirmed": "table.confirmed",
}
HEADINGS = {column: tuple(Words(language).say(key) for language in LANGUAGES) for column, key in WORDS.items()}
"""What each column is called in every language: a table is read in whichever it was written."""


@router.get("/connections/{connection_id}/mapping.csv")
async def download(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id) -> Response:
    """Every client file, with what it is tied to or is likely to be tied to."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        connection, _ = await read_with_software(db, firm_id, connection_id)
        files = await file_rows.list_all(db, firm_id)
        suggested = {
            item.file_id: item.candidates for item in await mapping.suggest_mapping(db, firm_id, connection_id, None)
        }
    headings = {column: page.words.say(key) for column, key in WORDS.items()}
    content = write_table(headings, _rows(files, suggested, connection.connection_id))
    disposition = f'attachment; filename="{page.words.say("table.of")}.csv"'
    return Response(
        content, media_type="text/csv; charset=utf-8", headers=HEADERS | {"Content-Disposition": disposition}
    )


@router.post("/connections/{connection_id}/mapping.csv")
async def upload(page: ThePage, visitor: TheVisitor, hub: TheHub, connection_id: Id, form: Posted) -> Response:
    """Tie what the file names. If one of its lines cannot be followed, nothing is tied, and each such line is shown."""
    sent = form.get("table")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    try:
        lines = read_table(content, HEADINGS)
        async with hub.act(visitor.caller) as action:
            count = await mapping_table.map_lines(action, connection_id, lines)
    except Refused as refused:
        if not refused.code.startswith("table_"):
            raise
        return await show_table(page, visitor, hub, Place(connection_id), Typed(refused=refused))
    return go(f"/connections/{connection_id}", "mapped" if count else "nothing_mapped")


def _rows(
    files: Sequence[ClientFile], suggested: Mapping[str, Sequence[Candidate]], connection_id: str
) -> Iterator[dict[Column, str]]:
    """Files that are tied by another connection are left out: they are changed there."""
    for file in files:
        if file.connection_id not in (None, connection_id):
            continue
        best = best_of(suggested.get(file.file_id, ()))
        there = file.software_file or (best.software_file if best else None)
        yield {
            "file": file.file_id,
            "name": file.name,
            "siren": file.siren or "",
            "code": file.code or "",
            "software_file": there.software_file_id if there else "",
            "software_name": there.name if there else "",
            "certainty": f"{best.score:.0%}" if best and not file.software_file else "",
        }
