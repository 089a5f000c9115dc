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
from sandbox.domain.faults import Fault, Occasion, Refused, Reply
from sandbox.domain.untraced import UNTRACED
from sandbox.software.pennylane import CONNECTOR, RULES, oauth
from sandbox.software.pennylane.call import BASE, CONTENT_TYPE, Call, Route, Visit, answer, error_answer
from sandbox.software.pennylane.errors import VendorError
from sandbox.software.pennylane.gate import admit, check_route, company_of
from sandbox.software.pennylane.limits import Limits
from sandbox.software.pennylane.routes import BY_NAME, ROUTES

Exchange = Callable[[Connection, oauth.Form], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Software:
    """The stand-in's parts: its books, the faults ordered at present, what each token has used."""

    database: Database
    faults: FaultBox
    limits: Limits = field(default_factory=Limits)

    def application(self) -> FastAPI:
        """Everything below the vendor's host."""
        app = FastAPI(title="Pennylane, stand-in", docs_url=None, redoc_url=None, openapi_url=None, telemetry=UNTRACED)
        for route in ROUTES:
            app.add_api_route(f"{BASE}{route.path}", self._endpoint(route), methods=[route.method])
        app.add_api_route("/oauth/token", self._grant("POST /oauth/token", oauth.exchange), methods=["POST"])
        app.add_api_route("/oauth/revoke", self._grant("POST /oauth/revoke", oauth.end), methods=["POST"])
        app.add_exception_handler(HTTPException, self._unknown_route)
        app.add_exception_handler(Exception, self._internal_error)
        return app

    async def work_off(self, connection: Connection, late: LateRequest) -> None:
        """Do in the caller's transaction what a request asked for earlier. Raises `VendorError`."""
        company = await file_of(connection, late.software_file_id)
        await BY_NAME[late.route].handler(Call(connection, Visit(late.query, late.body, None, company)))

    def _endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                response = await self._serve(route, request, headers)
            except VendorError as error:
                headers |= error.headers
                response = error_answer(error, self._manner)
            response.headers.update(headers)
            return response

        return endpoint

    async def _serve(self, route: Route, request: Request, headers: dict[str, str]) -> Response:
        """Admit, count, draw a fault, run. `headers` are filled for answers of every kind."""
        async with self.database.pool.acquire() as connection:
            token = await admit(connection, request)
            headers.update(self.limits.count(token))
            check_route(token, route)
            company = await company_of(connection, request.path_params.get("company_id"), token)
        occasion = Occasion(CONNECTOR, route.name, token.token_sha256, company.id if company else None)
        fault = drawn(self.faults, occasion)
        visit = Visit(_parameters(request), await request.body(), token, company)

        async def work(connection: Connection) -> Any:
            return await route.handler(Call(connection, visit, fault))

        late = LateRequest(CONNECTOR, route.name, company.id, visit.query, visit.body) if company else None
        return await shown(
            fault,
            lambda: worked_off(self.database, fault, late, work),
            lambda result: answer(result, route.status),
            REFUSALS,
        )

    def _grant(self, name: str, exchange: Exchange) -> Callable[[Request], Awaitable[Response]]:
        """A route of OAuth: no token, no limit, its own refusals. A fault strikes it by its name."""

        async def endpoint(request: Request) -> Response:
            fault = drawn(self.faults, Occasion(CONNECTOR, name))
            content_type, body = request.headers.get("content-type", ""), await request.body()

            async def work(connection: Connection) -> Any:
                return await exchange(connection, oauth.Form.of(content_type, body))

            try:
                return await shown(
                    fault, lambda: worked_off(self.database, fault, None, work), _granted, GRANT_REFUSALS
                )
            except oauth.GrantError as error:
                return answer(error.body, error.status)

        return endpoint

    @property
    def _manner(self) -> str:
        return self.faults.manners.get(CONNECTOR, RULES.manners[0])

    async def _unknown_route(self, _request: Request, _error: Exception) -> Response:
        return error_answer(VendorError("not_found"), self._manner)

    async def _internal_error(self, _request: Request, _error: Exception) -> Response:
        return error_answer(VendorError("internal"), self._manner)


def _granted(result: Any) -> Response:
    return Response() if result is None else answer(result, 200)


def _throttled(fault: Fault) -> Refused:
    wait = f"{fault.seconds:.0f}"
    return VendorError("rate_limit", wait, headers={"retry-after": wait})


def _document_refused(fault: Fault) -> Refused:
    """A file is refused for its type, an entry because of its file; only for invoices is that 409 published."""
    if fault.route == "POST /ledger_entries":
        return VendorError("attachment_taken", fault.id)
    return VendorError("file_type")


REFUSALS: Refusals = {
    Reply.SERVER_ERROR: lambda _fault: VendorError("internal"),
    Reply.MAINTENANCE: lambda _fault: VendorError("maintenance"),
    Reply.THROTTLED: _throttled,
    Reply.DOCUMENT_REFUSED: _document_refused,
}
GRANT_REFUSALS: Refusals = {
    Reply.SERVER_ERROR: lambda _fault: oauth.GrantError("server_error"),
    Reply.MAINTENANCE: lambda _fault: oauth.GrantError("temporarily_unavailable"),
    Reply.THROTTLED: lambda _fault: oauth.GrantError("temporarily_unavailable"),
    Reply.DOCUMENT_REFUSED: lambda _fault: oauth.GrantError("invalid_request"),
}


def _parameters(request: Request) -> dict[str, str]:
    """Parameters of query and path, and the content type. Raises 400 for a NUL, which no column could hold."""
    found = dict(request.query_params) | request.path_params
    if any("\0" in text for item in found.items() for text in item):
        raise VendorError("schema", "null byte in the address", code="ValidateError")
    return found | {CONTENT_TYPE: request.headers.get("content-type", "")}
