"""A session that reaches nobody: what a connector would send is noted, and every id that it needs is made up."""

import itertools
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager

import httpx

from gateways.domain.deadline import Deadline
from gateways.domain.port import BookKind, Session
from qontable.sheet import Sheet

LONG_SECONDS = 3600.0
FIRST_ID = 900_000_001
FILE_ID = "900000000"


class NotedRequests(httpx.AsyncBaseTransport):
    """Notes method and address of each request, answers none: to the connector, the network is down."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.noted.append((request.method, str(request.url)))
        raise httpx.ConnectError("nothing is sent")


class MadeUpBooks:
    """Gives every account, journal and section an id, as a number, and keeps which id stands for what."""

    def __init__(self) -> None:
        self.stand_for: dict[str, str] = {}
        self._given: dict[tuple[str, str], str] = {}
        self._numbers: Iterator[int] = itertools.count(FIRST_ID)

    async def ids(self, kind: BookKind, numbers: Collection[str]) -> dict[str, str]:
        return {number: self._id(kind, number) for number in sorted(numbers)}

    async def remember(self, kind: BookKind, ids: Mapping[str, str]) -> None:
        """What was made up is not replaced."""

    async def forget(self, kind: BookKind, numbers: Collection[str]) -> None:
        """What was made up is not forgotten."""

    def _id(self, kind: BookKind, number: str) -> str:
        if (kind, number) not in self._given:
            made = str(next(self._numbers))
            self._given[kind, number] = made
            self.stand_for[made] = f"{kind.replace('_', ' ')} {number}"
        return self._given[kind, number]


class _NoLimit:
    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield


def dry_session(sheet: Sheet, client: httpx.AsyncClient, books: MadeUpBooks) -> Session:
    """A session of a firm that typed into each field that the wizard demands, or the first, the field's own name."""
    typed = [field.name for field in sheet.wizard if field.required] or [field.name for field in sheet.wizard[:1]]
    return Session(
        credentials={name: name for name in typed},
        http=client,
        deadline=Deadline.after(LONG_SECONDS),
        throttle=_NoLimit(),
        books=books,
        software_file_id=FILE_ID,
    )
