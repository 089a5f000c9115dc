"""The control API put together."""

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from qontable.database import Database
from sandbox.adapters.switches import NotThere
from sandbox.app.fault_box import FaultBox
from sandbox.app.judging import NothingToJudge, judge
from sandbox.domain.untraced import UNTRACED
from sandbox.entrypoints.control import faults as fault_routes
from sandbox.entrypoints.control import files as file_routes
from sandbox.entrypoints.control.parts import Books
from sandbox.software.registry import UnknownSoftware

router = APIRouter()


@router.get("/ledger")
async def ledger(
    books: Books,
    connector: str | None = None,
    software_file: str | None = None,
    whole: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """The verdict on the software file named, on the one published to last, or with `whole` on all of a connector."""
    try:
        return await judge(books, connector=connector, software_file=software_file, whole=whole)
    except NothingToJudge as error:
        raise HTTPException(404, str(error)) from None


def control_application(database: Database, faults: FaultBox) -> FastAPI:
    """The API, to be served below `/control`."""
    app = FastAPI(title="Qontable sandbox: control of the stand-in softwares", telemetry=UNTRACED)
    app.state.database = database
    app.state.faults = faults
    app.include_router(router)
    app.include_router(file_routes.router)
    app.include_router(fault_routes.router)
    app.add_exception_handler(NotThere, _not_there)
    app.add_exception_handler(UnknownSoftware, _not_there)
    return app


async def _not_there(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)
