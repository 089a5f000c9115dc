"""A small Cegid Loop on a real socket that answers what each test tells it to, and what a call to it needs."""

import json
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
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
from qontable.events.delivery import KeptDocument
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.sheet import Sheet
from qontable.wire import read_entry

API_KEY, CLIENT_SECRET, SUBSCRIPTION = "public-part", "secret-part", "subscription-key"
FILE = "DOS0042"
REFERENCE = "QTB-0123456789ABCDEFGHJKMNPQRS"
LINK = "https://files.example.net/documents/"
PDF = b"%PDF-1.7 a small invoice"


@dataclass
class Reply:
    """One answer: JSON unless `raw` is given."""

    content: Any = None
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


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
        content = reply.raw if reply.raw is not None else json.dumps(reply.content).encode()
        return web.Response(status=reply.status, body=content, headers=reply.headers, content_type="application/json")

    def asked(self, path: str) -> list[dict[str, str]]:
        """The query of every request to this route."""
        return [query for where, query, _, _ in self.requests if where == path]

    def imports(self) -> list[Any]:
        """The JSON of every import."""
        return [json.loads(body) for where, _, body, _ in self.requests if where == "/importJson"]


class MemoryBooks:
    """The `Books` of one software file, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {"account": {"tiers/FDURAND": "t-1"}}

    async def ids(self, kind: str, numbers: Collection[str]) -> dict[str, str]:
        return {number: name for number, name in self.kept.get(kind, {}).items() if number in set(numbers)}

    async def remember(self, kind: str, ids: Mapping[str, str]) -> None:
        self.kept.setdefault(kind, {}).update(ids)

    async def forget(self, kind: str, numbers: Collection[str]) -> None:
        for number in numbers:
            self.kept.get(kind, {}).pop(number, None)


class FreeThrottle:
    """No limit."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield


@pytest.fixture
async def software() -> AsyncIterator[Software]:
    """The software, listening."""
    script = Software()
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", script.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    script.url = f"http://127.0.0.1:{runner.addresses[0][1]}/loop-api-publiques"
    yield script
    await runner.cleanup()


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
    return MemoryBooks()


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

    described = {
        "document_id": name,
        "file_name": "FD-2026-0147.pdf",
        "media_type": "application/pdf",
        "size": len(PDF),
        "sha256": sha256(PDF).hexdigest(),
        "storage_key": name,
    }
    return ParcelDocument(kept=KeptDocument.model_validate(described | changes), open=nothing, link=LINK + name)


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
