"""One request to the stand-in as its routes see it, and how an answer is written."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from qontable.database import Connection
from sandbox.adapters.tokens import Token
from sandbox.domain.books import SoftwareFile
from sandbox.domain.faults import NO_FAULT, Fault
from sandbox.software.myunisoft.errors import VendorError


@dataclass(frozen=True, slots=True)
class Visit:
    """What one request brings: whose it is, which client file it is about, its query and its body.

    A request that is worked off late has no key any more.
    """

    query: Mapping[str, str]
    body: bytes
    token: Token | None
    society: SoftwareFile | None


@dataclass(frozen=True, slots=True)
class Call:
    """What a route works with, inside a transaction, under the fault that strikes it."""

    connection: Connection
    visit: Visit
    fault: Fault = NO_FAULT

    @property
    def query(self) -> Mapping[str, str]:
        """Parameters of query and path."""
        return self.visit.query

    @property
    def body(self) -> bytes:
        """The request's bytes."""
        return self.visit.body

    @property
    def society(self) -> SoftwareFile:
        """The client file that the request is about. Raises ERR-SOCIETY-ID-NOT-SET."""
        if self.visit.society is None:
            raise VendorError("ERR-SOCIETY-ID-NOT-SET")
        return self.visit.society

    @property
    def access(self) -> Token:
        """The key with which the request came. Raises ERR-INVALID-JWT."""
        if self.visit.token is None:
            raise VendorError("ERR-INVALID-JWT")
        return self.visit.token


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """A route below `/api/v1`. `society` routes need to know the client file."""

    method: str
    path: str
    handler: Handler
    society: bool = True
    activated: bool = True

    @property
    def name(self) -> str:
        """How faults and forbidden routes name it: `POST /entry`."""
        return f"{self.method} {self.path}"


def number(amount: Decimal) -> orjson.Fragment:
    """An amount as a JSON number with exactly its digits: no float on the way out."""
    return orjson.Fragment(format(amount, "f").encode())


def read_json(body: bytes) -> Any:
    """The JSON of a body, its numbers with a decimal mark as `Decimal`. Raises ERR-BAD-REQUEST."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise VendorError("ERR-BAD-REQUEST", "le corps n'est pas du JSON") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")


def error_answer(request: Request, error: VendorError, request_id: str) -> Response:
    """The vendor's one shape of refusal."""
    details = {
        "url": str(request.url),
        "method": request.method,
        "requestedAt": datetime.now(UTC).strftime("%d %b %Y, %H:%M:%S"),
        "requestId": request_id,
    }
    body = {"error": {"code": error.code, "message": error.message, "details": details}}
    return answer(body, error.status)


def vendor_id(text: str) -> int | None:
    """The id that a text says, if it can be one."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def new_request_id() -> str:
    """The id that the vendor gives every request."""
    return str(uuid4())
