"""Loop Hub, where an administrator activates the integrator on a folder; and whatever else a test switches there.

No credentials are asked, as for the sandbox's control API. Times of a folder are its own clock's, which can be moved.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from qontable.database import Connection, Database
from sandbox.adapters.import_requests import ImportState, imports_of
from sandbox.adapters.pulled_documents import documents_of
from sandbox.adapters.software_files import file_by_code
from sandbox.adapters.software_settings import change_settings, move_clock
from sandbox.domain.books import SoftwareFile
from sandbox.domain.untraced import UNTRACED
from sandbox.software.cegid_loop import CONNECTOR
from sandbox.software.cegid_loop.folders import FolderSettings, folder_settings
from sandbox.software.cegid_loop.imports import STATUS

router = APIRouter()
FOLDER = "/folders/{code}"


class ClockOrder(BaseModel):
    """How much further ahead the folder's clock is put."""

    model_config = ConfigDict(extra="forbid")

    ahead_seconds: float = Field(ge=0)


def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


Books = Annotated[Database, Depends(_database)]


@router.get(FOLDER)
async def show(books: Books, code: str) -> dict[str, Any]:
    """A folder's switches, its imports with their reasons, and how far their documents are."""
    async with books.transaction() as connection:
        folder = await _folder(connection, code)
        settings = await folder_settings(connection, folder.id)
        imports = [await _shown(connection, found) for found in await imports_of(connection, folder.id)]
    return {"settings": settings.model_dump(mode="json"), "imports": imports}


@router.patch(FOLDER, status_code=204)
async def switch(books: Books, code: str, changes: FolderSettings) -> None:
    """Switch what is named; the rest stays."""
    async with books.transaction() as connection:
        folder = await _folder(connection, code)
        await change_settings(connection, folder.id, changes.model_dump(mode="json", exclude_unset=True))


@router.post(f"{FOLDER}/clock", status_code=204)
async def move(books: Books, code: str, order: ClockOrder) -> None:
    """Let time pass for one folder: what waits there comes due."""
    async with books.transaction() as connection:
        folder = await _folder(connection, code)
        await move_clock(connection, folder.id, order.ahead_seconds)


def hub_application(database: Database) -> FastAPI:
    """Loop Hub, to be served below `/hub`."""
    app = FastAPI(title="Loop Hub, stand-in", telemetry=UNTRACED)
    app.state.database = database
    app.include_router(router)
    return app


async def _folder(connection: Connection, code: str) -> SoftwareFile:
    found = await file_by_code(connection, CONNECTOR, code)
    if found is None:
        raise HTTPException(404, f"{CONNECTOR} has no folder {code}")
    return found


async def _shown(connection: Connection, found: ImportState) -> dict[str, Any]:
    documents = await documents_of(connection, found.id)
    return {
        "accountingImportRequestId": str(found.id),
        "status": STATUS[found.state],
        "reasons": list(found.reasons),
        "documents": [asdict(document) for document in documents],
    }
