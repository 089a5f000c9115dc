"""The stand-in as an HTTP application: admits a request, lets faults strike, runs the route, answers like the vendor.

What a route wrote is committed before the first byte of the answer is (DESIGN 3: durable before it answers).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qontable.database import Connection, Database
from sandbox.adapters.late_requests import LateRequest
from sandbox.adapters.software_files import file_of
from sandbox.app.fault_box import FaultBox
from sandbox.app.strike import Refusals, drawn, shown, worked_off
from sandbox.domain.faults import Fault, Occasion, Reply
from sandbox.domain.untraced import UNTRACED
from sandbox.software.myunisoft import CONNECTOR
from sandbox.software.myunisoft.call import Call, Route, Visit, answer, error_answer, new_request_id
from sandbox.software.myunisoft.errors import VendorError
from sandbox.software.myunisoft.gate import admit, bearer, check_route, named_society
from sandbox.software.myunisoft.limits import Limits
from sandbox.software.myunisoft.routes import BY_NAME, ROUTES

API = "/api/v1"
HEALTH = "/api/partners/health"


@dataclass(frozen=True, slots=True)
class Software:
    """The stand-in's parts: its books, the faults ordered at present, what each key has used."""

    database: Database
    faults: FaultBox
    limits: Limits = field(default_factory=Limits)

    def application(self) -> FastAPI:
        """Everything below the vendor's host."""
        app = FastAPI(title="MyUnisoft, stand-in", docs_url=None, redoc_url=None, openapi_url=None, telemetry=UNTRACED)
        app.add_api_route(HEALTH, self._health, methods=["GET"])
        for route in ROUTES:
            app.add_api_route(f"{API}{route.path}", self._endpoint(route), methods=[route.method])
        app.add_exception_handler(HTTPException, _unknown_route)
        app.add_exception_handler(Exception, _internal_error)
        return app

    async def work_off(self, connection: Connection, late: LateRequest) -> None:
        """Do in the caller's transaction what a request asked for earlier. Raises `VendorError`."""
        society = await file_of(connection, late.software_file_id)
        await BY_NAME[late.route].handler(Call(connection, Visit(late.query, late.body, None, society)))

    def _endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await _answered(request, lambda headers: self._serve(route, request, headers))

        return endpoint

    async def _health(self, request: Request) -> Response:
        """Whether the API is up; no key is asked for. What it answers is assumed."""

        async def healthy() -> Any:
            return {"status": "ok"}

        fault = drawn(self.faults, Occasion(CONNECTOR, f"GET {HEALTH}"))
        return await _answered(request, lambda _headers: shown(fault, healthy, answer, REFUSALS))

    async def _serve(self, route: Route, request: Request, headers: dict[str, str]) -> Response:
        """Admit, count, draw a fault, run. `headers` are filled for answers of every kind."""
        async with self.database.pool.acquire() as connection:
            token = await admit(connection, request)
            headers.update(self.limits.count(token))
            check_route(token, route)
            society = await named_society(connection, request, token)
        if route.society and society is None:
            raise VendorError("ERR-SOCIETY-ID-NOT-SET")
        with self.limits.under_way(token, route.name):
            occasion = Occasion(CONNECTOR, route.name, bearer(request), society.id if society else None)
            fault = drawn(self.faults, occasion)
            visit = Visit(_parameters(request), await request.body(), token, society)
            return await shown(fault, lambda: self._run(route, visit, fault), answer, REFUSALS)

    async def _run(self, route: Route, visit: Visit, fault: Fault) -> Any:
        """What the route answers, after its transaction has ended as the fault demands."""
        society = visit.society
        late = LateRequest(CONNECTOR, route.name, society.id, visit.query, visit.body) if society else None

        async def work(connection: Connection) -> Any:
            return await route.handler(Call(connection, visit, fault))

        return await worked_off(self.database, fault, late, work)


def _parameters(request: Request) -> dict[str, str]:
    """Parameters of query and path. Raises ERR-BAD-REQUEST for a NUL, which no column could hold."""
    found = dict(request.query_params) | request.path_params
    if any("\0" in value for value in found.values()):
        raise VendorError("ERR-BAD-REQUEST", "caractère nul dans l'adresse")
    return found


REFUSALS: Refusals = {
    Reply.SERVER_ERROR: lambda _fault: VendorError("ERR-INTERNAL"),
    Reply.MAINTENANCE: lambda _fault: VendorError("ERR-API-UNDER-MAINTENANCE"),
    Reply.THROTTLED: lambda fault: VendorError("ERR-TOO-MANY-REQUEST", headers={"Retry-After": f"{fault.seconds:.0f}"}),
    Reply.DOCUMENT_REFUSED: lambda _fault: VendorError("DOCUMENT6"),
}


async def _answered(request: Request, serve: Callable[[dict[str, str]], Awaitable[Response]]) -> Response:
    """A refusal in the vendor's shape; on every answer the id of the request and what is left of the key's limit."""
    request_id = new_request_id()
    headers: dict[str, str] = {"request-id": request_id}
    try:
        response = await serve(headers)
    except VendorError as error:
        headers |= error.headers
        response = error_answer(request, error, request_id)
    response.headers.update(headers)
    return response


async def _unknown_route(request: Request, _error: Exception) -> Response:
    return error_answer(request, VendorError("ERR-HTTP"), new_request_id())


async def _internal_error(request: Request, _error: Exception) -> Response:
    return error_answer(request, VendorError("ERR-INTERNAL"), new_request_id())
