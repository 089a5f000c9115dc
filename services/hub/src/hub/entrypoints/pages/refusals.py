"""Refusals as pages: what happened, to what, and what to do."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request as AnyRequest
from starlette.types import Receive, Scope, Send

from hub.domain.problem import Refused
from hub.entrypoints.api.refusals import BEFORE_ROUTES, MAX_BODY_BYTES
from hub.entrypoints.pages.rendering import Page, with_query
from hub.entrypoints.pages.session import NotSignedIn

BEFORE_PAGES = {400: "invalid_address", 404: "page_unknown"}
"""Where a page says it in other words than the API."""


def answer_refusals(app: FastAPI) -> None:
    """Answer every refusal of `app` with a page."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _before_routes)
    app.add_exception_handler(NotSignedIn, _not_signed_in)


def refusal_page(request: Request, refused: Refused) -> Response:
    """The page that a refusal is."""
    page = Page(request, getattr(request.state, "visitor", None))
    problem = refused.problem(page.words.language)
    return page.show("refused.html", status=problem.status, problem=problem)


class RefusalPage:
    """The answer to a request that failed before or behind everything else."""

    def __init__(self, refused: Refused, app: FastAPI) -> None:
        self._refused = refused
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = AnyRequest({**scope, "app": self._app}, receive)
        await refusal_page(request, self._refused)(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal_page(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    """An address or form that this page never makes. Values are not repeated: one of them may be a secret."""
    assert isinstance(error, RequestValidationError)
    return refusal_page(request, Refused("invalid_address", count=len(error.errors())))


async def _before_routes(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = (BEFORE_ROUTES | BEFORE_PAGES)[error.status_code]
    return refusal_page(request, Refused(code, limit=MAX_BODY_BYTES, count=1))


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    """To the sign-in, and back afterwards where that only looks."""
    wanted = request.url.path if request.method == "GET" else ""
    if wanted and request.url.query:
        wanted = f"{wanted}?{request.url.query}"
    address = f"/sign-in{with_query({'back': wanted if wanted != '/' else None})}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)
