"""The stand-in as an HTTP application: admits a request, lets faults strike, runs the route, answers like the vendor.

What a route wrote is committed before the first byte of the answer is (DESIGN 3: durable before it answers). What a
fault makes of an import is kept with it and comes true when the import runs.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qontable.database import Connection, Database
from qontable.loop import Step
from sandbox.adapters.late_requests import LateRequest
from sandbox.adapters.software_files import file_of
from sandbox.adapters.tokens import Token
from sandbox.app.fault_box import FaultBox
from sandbox.app.strike import Refusals, drawn, shown, worked_off
from sandbox.domain.books import SoftwareFile
from sandbox.domain.faults import Effect, Fault, Occasion, Refused, Reply
from sandbox.domain.untraced import UNTRACED
from sandbox.software.cegid_loop import CONNECTOR
from sandbox.software.cegid_loop.call import Call, FolderIn, Route, Visit, answer, refused
from sandbox.software.cegid_loop.errors import ImportRefused, StatusRefused
from sandbox.software.cegid_loop.fetching import Fetcher
from sandbox.software.cegid_loop.gate import admit, api_key, check_route, named_folder
from sandbox.software.cegid_loop.hub import hub_application
from sandbox.software.cegid_loop.importing import Importer
from sandbox.software.cegid_loop.limits import Limits, throttled
from sandbox.software.cegid_loop.routes import BY_NAME, ROUTES

API = "/loop-api-publiques"


@dataclass(frozen=True, slots=True)
class Software:
    """The stand-in's parts: its books, the faults ordered at present, what each key has used."""

    database: Database
    faults: FaultBox
    limits: Limits = field(default_factory=Limits)

    def application(self) -> FastAPI:
        """Everything below the vendor's host, and Loop Hub."""
        app = FastAPI(title="Cegid Loop, stand-in", docs_url=None, redoc_url=None, openapi_url=None, telemetry=UNTRACED)
        app.mount("/hub", hub_application(self.database))
        for route in ROUTES:
            app.add_api_route(f"{API}{route.path}", self._endpoint(route), methods=[route.method])
        app.add_exception_handler(HTTPException, _unknown_route)
        app.add_exception_handler(Exception, _internal_error)
        return app

    def steps(self) -> dict[str, Step]:
        """What goes on without being asked: imports run, documents are fetched."""
        return {"imports": Importer(self.database).step, "documents": Fetcher(self.database).step}

    async def catch_up(self) -> None:
        """Imports are as far as they should be, also after the software was down."""
        await Importer(self.database).catch_up()

    async def work_off(self, connection: Connection, late: LateRequest) -> None:
        """Do in the caller's transaction what a request asked for earlier. Raises `Refused`."""
        folder = await file_of(connection, late.software_file_id)
        await BY_NAME[late.route].handler(Call(connection, Visit(late.query, late.body, None, folder)))

    def _endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await self._serve(route, request)
            except (ImportRefused, StatusRefused) as error:
                return refused(error)

        return endpoint

    async def _serve(self, route: Route, request: Request) -> Response:
        """Admit, count, draw a fault, run. One strikes also where the folder is not there: before that is said."""
        query, body = _parameters(request), await request.body()
        async with self.database.pool.acquire() as connection:
            key = await admit(connection, request)
            self.limits.count(key)
            check_route(key, route)
            folder = await _folder_or_refusal(connection, key, route, query, body)
        with self.limits.under_way(key):
            if isinstance(folder, Refused):
                fault = drawn(self.faults, Occasion(CONNECTOR, route.name, api_key(request)))
                return await shown(fault, lambda: _refuse(folder), answer, REFUSALS)
            fault = drawn(self.faults, Occasion(CONNECTOR, route.name, api_key(request), folder.id))
            visit = Visit(query, body, key, folder)
            return await shown(fault, lambda: self._run(route, visit, fault), answer, REFUSALS)

    async def _run(self, route: Route, visit: Visit, fault: Fault) -> Any:
        """What the route answers, after its transaction has ended as the fault demands."""
        late = LateRequest(CONNECTOR, route.name, visit.folder.id, visit.query, visit.body)

        async def work(connection: Connection) -> Any:
            return await route.handler(Call(connection, visit, fault))

        return await worked_off(self.database, _for_the_call(route, fault), late, work)


async def _folder_or_refusal(
    connection: Connection, key: Token, route: Route, query: Mapping[str, str], body: bytes
) -> SoftwareFile | Refused:
    try:
        return await named_folder(connection, key, route, query, body)
    except (ImportRefused, StatusRefused) as refusal:
        return refusal


async def _refuse(refusal: Refused) -> None:
    raise refusal


def _for_the_call(route: Route, fault: Fault) -> Fault:
    """The fault as far as it concerns the call: an import is registered at once even where it is to be undone."""
    if route.folder_in is FolderIn.BODY and fault.effect is Effect.UNDONE:
        return replace(fault, effect=Effect.DONE)
    return fault


def _parameters(request: Request) -> dict[str, str]:
    """Parameters of the query. Raises `StatusRefused` for a NUL, which no column could hold."""
    found = dict(request.query_params)
    if any("\0" in value for value in found.values()):
        raise StatusRefused("bad_query", "caractère nul dans l'adresse")
    return found


REFUSALS: Refusals = {
    Reply.SERVER_ERROR: lambda _fault: StatusRefused("internal"),
    Reply.MAINTENANCE: lambda _fault: StatusRefused("maintenance"),
    Reply.THROTTLED: lambda fault: throttled(fault.seconds),
    Reply.DOCUMENT_REFUSED: lambda _fault: ImportRefused("malformed", "fichier"),
}
"""No call of this software brings a document: the last one is a refusal of the address."""


async def _unknown_route(_request: Request, _error: Exception) -> Response:
    return refused(StatusRefused("unknown_route"))


async def _internal_error(_request: Request, _error: Exception) -> Response:
    return refused(StatusRefused("internal"))
