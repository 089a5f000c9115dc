"""A small MyUnisoft on a real socket that answers what each test tells it to, and what a connector needs to call it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateways.adapters.http import open_client
from gateways.connectors import registry
from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.domain.deadline import Deadline
from gateways.domain.port import Parcel, ParcelDocument, Session
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.sheet import Sheet
from qontable.wire import read_entry

from ..wire import FreeThrottle, MemoryBooks, Reply, document, listening

TOKEN = "header.payload.signature"
SECRET = "partner-secret"
SOCIETY = "4521"


def refusal(code: str, status: int = 400, message: str = "refusé", **headers: str) -> Reply:
    """MyUnisoft's form of a refusal."""
    return Reply({"error": {"code": code, "message": message, "details": ""}}, status, headers=headers)


class Software:
    """Answers by method and path: the replies of a route in turn, the last one for ever."""

    def __init__(self) -> None:
        self._replies: dict[tuple[str, str], list[Reply | Callable[[web.Request], Reply]]] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes, Mapping[str, str]]] = []
        self.url = ""
        self._handler: Callable[[web.Request], Awaitable[web.Response]] | None = None

    def on(self, method: str, path: str, *replies: Reply | Callable[[web.Request], Reply]) -> None:
        self._replies[method, path] = list(replies)

    def handle_with(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> None:
        """Hand every request to `handler`, body unread."""
        self._handler = handler

    async def handle(self, request: web.Request) -> web.Response:
        if self._handler:
            return await self._handler(request)
        body = await request.read()
        path = request.path.removeprefix("/api/v1")
        self.requests.append((request.method, path, dict(request.query), body, request.headers))
        replies = self._replies.get((request.method, path))
        if not replies:
            return web.Response(status=599, body=f"nothing is told about {request.method} {path}".encode())
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = reply if isinstance(reply, Reply) else reply(request)
        return reply.response(request_id="req-1")

    def asked(self, method: str, path: str) -> list[dict[str, str]]:
        """The query of every request to this route."""
        return [query for asked, where, query, _, _ in self.requests if (asked, where) == (method, path)]

    def bodies(self, path: str) -> list[Any]:
        """The JSON of every POST to this route."""
        return [json.loads(body) for method, where, _, body, _ in self.requests if (method, where) == ("POST", path)]


@pytest.fixture
async def software() -> AsyncIterator[Software]:
    """The stand-in, listening."""
    script = Software()
    async with listening(script.handle) as url:
        script.url = f"{url}/api/v1"
        yield script


@pytest.fixture(scope="session")
def sheet() -> Sheet:
    """The connector's data sheet."""
    return registry.load_sheets()["myunisoft"]


@pytest.fixture
def connector(software: Software, sheet: Sheet) -> MyUnisoft:
    """The connector, told where the stand-in is."""
    return MyUnisoft(sheet, MyUnisoftSettings(url=software.url, partner_secret=SECRET))


@pytest.fixture
def books() -> MemoryBooks:
    """Books in which the parcels' accounts and journal are known."""
    return MemoryBooks(
        {
            "account": {"606400": "910321", "445660": "910398", "401DURAND": "911207", "512000": "910001"},
            "journal": {"ACH": "77110", "BQ": "77111"},
        }
    )


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The client that the gateways would use."""
    async with open_client() as client:
        yield client


@pytest.fixture
def session(http: httpx.AsyncClient, books: MemoryBooks) -> Session:
    """A session on one software file with time to spare."""
    return Session(
        credentials={"token": TOKEN},
        http=http,
        deadline=Deadline.after(30),
        throttle=FreeThrottle(),
        books=books,
        software_file_id=SOCIETY,
    )


def parcel(
    documents: tuple[ParcelDocument, ...] = (),
    *,
    create_missing_accounts: bool = False,
    journal_code: str = "ACH",
    **changes: Any,
) -> Parcel:
    """The purchase of `DESIGN.md` section 4, with some of its fields changed."""
    content = json.loads((Path(__file__).parent / "purchase.json").read_text(encoding="utf-8"))
    return Parcel(
        entry=read_entry(EntryContent.model_validate(content | changes)),
        reference="QTB-0123456789ABCDEFGHJKMNPQRS",
        ack_code="A7K2",
        journal_code=journal_code,
        policies=FilePolicies(create_missing_accounts=create_missing_accounts),
        documents=documents,
    )


@dataclass(frozen=True)
class Makers:
    """What tests make things with."""

    parcel: Callable[..., Parcel] = parcel
    document: Callable[..., ParcelDocument] = document
    refusal: Callable[..., Reply] = refusal
    reply: Callable[..., Reply] = Reply


@pytest.fixture
def make() -> Iterator[Makers]:
    """Parcels, documents and the software's replies."""
    yield Makers()
