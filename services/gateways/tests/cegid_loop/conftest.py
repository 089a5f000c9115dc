"""A small Cegid Loop on a real socket that answers what each test tells it to, and what a call to it needs."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateways.adapters.http import open_client
from gateways.connectors import registry
from gateways.connectors.cegid_loop.client import CegidLoop
from gateways.connectors.cegid_loop.settings import CegidLoopSettings
from gateways.domain.deadline import Deadline
from gateways.domain.port import Parcel, ParcelDocument, Session
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.sheet import Sheet
from qontable.wire import read_entry

from ..wire import FreeThrottle, MemoryBooks, Reply, kept_document, listening

API_KEY, CLIENT_SECRET, SUBSCRIPTION = "public-part", "secret-part", "subscription-key"
FILE = "DOS0042"
REFERENCE = "QTB-0123456789ABCDEFGHJKMNPQRS"
LINK = "https://files.example.net/documents/"


def error(message: str, status: int = 200) -> Reply:
    """Cegid Loop's form of an error."""
    return Reply({"error": {"instanceId": "b7c1", "message": message}}, status)


class Software:
    """Answers by path: the replies of a route in turn, the last one for ever."""

    def __init__(self) -> None:
        self._replies: dict[str, list[Reply | Callable[[web.Request], Reply]]] = {}
        self.requests: list[tuple[str, dict[str, str], bytes, Mapping[str, str]]] = []
        self.url = ""

    def on(self, path: str, *replies: Reply | Callable[[web.Request], Reply]) -> None:
        self._replies[path] = list(replies)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        path = request.path.removeprefix("/loop-api-publiques")
        self.requests.append((path, dict(request.query), body, request.headers))
        replies = self._replies.get(path)
        if not replies:
            return web.Response(status=599, body=f"nothing is told about {path}".encode())
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = reply if isinstance(reply, Reply) else reply(request)
        return reply.response()

    def asked(self, path: str) -> list[dict[str, str]]:
        """The query of every request to this route."""
        return [query for where, query, _, _ in self.requests if where == path]

    def imports(self) -> list[Any]:
        """The JSON of every import."""
        return [json.loads(body) for where, _, body, _ in self.requests if where == "/importJson"]


@pytest.fixture
async def software() -> AsyncIterator[Software]:
    """The software, listening."""
    script = Software()
    async with listening(script.handle) as url:
        script.url = f"{url}/loop-api-publiques"
        yield script


@pytest.fixture(scope="session")
def sheet() -> Sheet:
    """The connector's data sheet."""
    return registry.load_sheets()["cegid_loop"]


@pytest.fixture
def connector(software: Software, sheet: Sheet) -> CegidLoop:
    """The connector, told where the software is."""
    return CegidLoop(sheet, CegidLoopSettings(url=software.url, subscription_key=SUBSCRIPTION))


@pytest.fixture
def books() -> MemoryBooks:
    """Books in which the purchase's third party is known."""
    return MemoryBooks({"account": {"tiers/FDURAND": "t-1"}})


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The client that the gateways would use."""
    async with open_client() as client:
        yield client


@pytest.fixture
def session(http: httpx.AsyncClient, books: MemoryBooks) -> Session:
    """A session on one client file with time to spare."""
    return Session(
        credentials={"api_key": API_KEY, "api_secret": CLIENT_SECRET},
        http=http,
        deadline=Deadline.after(30),
        throttle=FreeThrottle(),
        books=books,
        software_file_id=FILE,
        parameters={"domain": "CABINET"},
    )


def document(name: str = "one", **changes: Any) -> ParcelDocument:
    """A kept document and its link."""

    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("the software fetches documents by itself")
        yield b""

    kept = kept_document(**{"document_id": name, "storage_key": name} | changes)
    return ParcelDocument(kept=kept, open=nothing, link=LINK + name)


def parcel(
    *documents: ParcelDocument,
    creates: bool = False,
    journal_code: str = "AC",
    reference: str = REFERENCE,
    **changes: Any,
) -> Parcel:
    """The one invoice of the vendor facts, with some of its fields changed."""
    content = json.loads((Path(__file__).parent / "purchase.json").read_text(encoding="utf-8"))
    return Parcel(
        entry=read_entry(EntryContent.model_validate(content | changes)),
        reference=reference,
        ack_code="A7K2",
        journal_code=journal_code,
        policies=FilePolicies(create_missing_accounts=creates),
        documents=documents,
    )


def several(*dates: str, **changes: Any) -> tuple[Parcel, ...]:
    """Entries of these dates, each with a reference of its own."""
    return tuple(parcel(date=date, due_date=None, reference=f"QTB-{n}", **changes) for n, date in enumerate(dates))


def anew(session: Session) -> Session:
    """The session of a later call."""
    return replace(session, memo={})


@dataclass(frozen=True)
class Makers:
    """What tests make things with."""

    parcel: Callable[..., Parcel] = parcel
    several: Callable[..., tuple[Parcel, ...]] = several
    document: Callable[..., ParcelDocument] = document
    error: Callable[..., Reply] = error
    reply: Callable[..., Reply] = Reply
    anew: Callable[[Session], Session] = anew


@pytest.fixture
def make() -> Iterator[Makers]:
    """Parcels, documents and the software's replies."""
    yield Makers()
