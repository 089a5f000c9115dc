"""One request to the stand-in as its routes see it, and how an answer is written."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import orjson
from starlette.responses import Response

from qontable.database import Connection
from sandbox.adapters.tokens import Token
from sandbox.domain.books import SoftwareFile
from sandbox.domain.faults import NO_FAULT, Fault
from sandbox.software.cegid_loop.errors import ImportRefused, StatusRefused

INSTANCE: UUID = uuid4()
"""The running importer, which every error object names."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one request brings: its key, the folder that it is about, its query and its body.

    A request that is worked off late has no key any more.
    """

    query: Mapping[str, str]
    body: bytes
    key: Token | None
    folder: SoftwareFile


@dataclass(frozen=True, slots=True)
class Call:
    """What a route works with, inside a transaction, under the fault that strikes it."""

    connection: Connection
    visit: Visit
    fault: Fault = NO_FAULT

    @property
    def query(self) -> Mapping[str, str]:
        """Parameters of the query."""
        return self.visit.query

    @property
    def folder(self) -> SoftwareFile:
        """The client file that the request is about."""
        return self.visit.folder


Handler = Callable[[Call], Awaitable[Any]]


class FolderIn(Enum):
    """Where a request names its folder."""

    QUERY = "codeDossier"
    BODY = "codeIbs"
    IMPORT = "accountingImportRequestId"


@dataclass(frozen=True, slots=True)
class Route:
    """A route below the API's base."""

    method: str
    path: str
    handler: Handler
    folder_in: FolderIn = FolderIn.QUERY

    @property
    def name(self) -> str:
        """How faults and forbidden routes name it: `POST /importJson`."""
        return f"{self.method} {self.path}"


def amount(value: Decimal) -> orjson.Fragment:
    """An amount as a JSON number with exactly its digits: no float on the way out."""
    return orjson.Fragment(format(value, "f").encode())


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status_code=status, media_type="application/json", headers=dict(headers or {}))


def refused(error: ImportRefused | StatusRefused) -> Response:
    """The two shapes of a refusal: an import's with status 200, all others with theirs."""
    if isinstance(error, ImportRefused):
        return answer({"error": {"instanceId": str(INSTANCE), "message": error.message}})
    return answer({"statusCode": error.status, "message": error.message}, error.status, error.headers)
