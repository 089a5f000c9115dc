"""Refusals as they are answered and documented: problem documents, in the reader's language."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hub.domain.problem import MEDIA_TYPE, Fault, Problem, Refused, catalogue
from qontable.topics import MAX_INTAKE_BYTES

MOST_FAULTS = 50
_NAME = re.compile(r"[a-z_]{1,40}|[0-9]{1,6}")
EVERYWHERE = ("invalid_request", "unreadable_body", "body_too_large", "unavailable", "unexpected")
SIGNED_IN = ("token_missing", "token_refused")
BEFORE_ROUTES = {400: "unreadable_body", 404: "route_unknown", 405: "method_not_allowed", 413: "body_too_large"}
MAX_BODY_BYTES = MAX_INTAKE_BYTES
"""A corrected entry comes back as `entry.validated`, which is refused beyond this."""


def refuses(*codes: str, signed_in: bool = True) -> dict[int | str, dict[str, Any]]:
    """The refusals of an operation as OpenAPI responses, by status, from the catalogue."""
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in (*codes, *(SIGNED_IN if signed_in else ()), *EVERYWHERE):
        text = catalogue()[code]
        by_status[text.status].append(f"`{code}`: {text.message['en']}")
    return {status: {"model": Problem, "description": "\n\n".join(lines)} for status, lines in by_status.items()}


def answer_refusals(app: FastAPI) -> None:
    """Answer every refusal of `app` as a problem document, and document it as one."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _before_routes)
    described = app.openapi
    app.openapi = lambda: _as_problems(described())  # type: ignore[method-assign]


def respond(refused: Refused, accept_language: str | None) -> JSONResponse:
    """The answer that a refusal is."""
    problem = refused.problem(language_of(accept_language))
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers
    )


def language_of(accept_language: str | None) -> str:
    """The first of our languages that the reader names, English when none is named."""
    for part in (accept_language or "").lower().split(","):
        language = part.split(";")[0].strip()[:2]
        if language in {"fr", "en"}:
            return language
    return "en"


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return respond(error, request.headers.get("accept-language"))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """What does not fit the model. Values are not repeated: one of them may be a secret."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if problems and problems[0]["type"] == "json_invalid":
        return respond(Refused("unreadable_body"), request.headers.get("accept-language"))
    faults = [Fault(where=_where(item["loc"]), code=item["type"]) for item in problems[:MOST_FAULTS]]
    refused = Refused("invalid_request", faults=faults, count=len(problems))
    return respond(refused, request.headers.get("accept-language"))


async def _before_routes(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    refused = Refused(BEFORE_ROUTES[error.status_code], limit=MAX_BODY_BYTES)
    response = respond(refused, request.headers.get("accept-language"))
    response.headers.update(error.headers or {})
    return response


def _where(location: Sequence[str | int]) -> str:
    """The place of a fault. What does not look like a name of ours is not repeated: it may be a label or a secret."""
    parts = (str(part) for part in location)
    return ".".join(part if _NAME.fullmatch(part) else "(name)" for part in parts)


def _as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with refusals called what they are: FastAPI takes them for plain JSON."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status >= "400" and "application/json" in response.get("content", {}):
                    response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    return document
