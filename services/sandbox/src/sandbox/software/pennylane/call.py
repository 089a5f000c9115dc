"""One request to the stand-in as its routes see it, and how an answer is written."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from starlette.responses import PlainTextResponse, Response

from qontable.database import Connection
from sandbox.adapters.tokens import Token
from sandbox.domain.books import SoftwareFile
from sandbox.domain.faults import NO_FAULT, Fault
from sandbox.software.pennylane.errors import VendorError

HOST = "https://app.pennylane.com"
BASE = "/api/external/firm/v1"
COMPANY = "/companies/{company_id}"
CONTENT_TYPE = ":content-type"
"""Under which name the parameters hold the header of that name, whatever a query says."""
TOO_LARGE = 2**63


@dataclass(frozen=True, slots=True)
class Visit:
    """What one request brings: parameters of query, path and content type, its bytes, whose it is, about which company.

    A request that is worked off late has no token any more.
    """

    query: Mapping[str, str]
    body: bytes
    token: Token | None
    company: SoftwareFile | None


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
    def company(self) -> SoftwareFile:
        """The company that the request is about. Raises 404."""
        if self.visit.company is None:
            raise VendorError("not_found")
        return self.visit.company

    @property
    def access(self) -> Token:
        """The token with which the request came. Raises 401."""
        if self.visit.token is None:
            raise VendorError("token_invalid")
        return self.visit.token

    def url(self, path: str) -> str:
        """The address of something of this company's."""
        return f"{HOST}{BASE}/companies/{self.company.id}{path}"


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """A route below the Firm API: any of its `scopes` opens it; `status` is that of its answer."""

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...]
    status: int = 200

    @property
    def name(self) -> str:
        """How faults and forbidden routes name it: `POST /ledger_entries`, the company left out."""
        return f"{self.method} {self.path.removeprefix(COMPANY) or '/'}"


def readers(resource: str) -> tuple[str, str]:
    """The scopes that let a resource be read."""
    return f"{resource}:all", f"{resource}:readonly"


def writers(resource: str) -> tuple[str]:
    """The scope that lets a resource be written."""
    return (f"{resource}:all",)


def answer(value: Any, status: int) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")


def error_answer(error: VendorError, manner: str) -> Response:
    """A refusal: plain text over the limit, else JSON."""
    if error.name == "rate_limit":
        return PlainTextResponse(error.message, error.status)
    return answer(error.body(manner), error.status)


def path_id(call: Call, missing: str) -> int:
    """The id that a path names. Raises 400 where it is none, 404 (`missing`) where it can be nobody's."""
    text = call.query["id"]
    if not re.fullmatch(r"-?[0-9]+", text):
        raise VendorError("schema", f"expected integer, but received String: {text}", code="ValidateError", field="id")
    if not 0 < int(text) < TOO_LARGE:
        raise VendorError(missing, text)
    return int(text)


def instant(moment: datetime) -> str:
    """An instant as the vendor writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def amount(value: Decimal) -> str:
    """An amount as the vendor writes it: a decimal string."""
    return format(value, "f")
