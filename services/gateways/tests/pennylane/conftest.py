"""A small Pennylane on a real socket that answers what each test tells it to, and what a connector needs to call it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateways.adapters.http import open_client
from gateways.connectors import registry
from gateways.connectors.pennylane.client import Pennylane
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.domain.deadline import Deadline
from gateways.domain.port import KeptTokens, NewTokens, Parcel, ParcelDocument, Session
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.sheet import Sheet
from qontable.wire import read_entry

from ..wire import FreeThrottle, MemoryBooks, Reply, document, listening

TOKEN = "static-token-of-the-firm"
SECRET = "client-secret"
COMPANY = "22938"
FIRM = "/api/external/firm/v1"
IDS = {
    "account": {"606400": "511001", "445660": "511087", "401DURAND": "512340", "512000": "512000"},
    "journal": {"ACH": "30412", "BQ": "30413"},
}


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def refusal(text: str, status: int = 422, **headers: str) -> Reply:
    """The form of a refusal in the vendor's contract."""
    return Reply({"error": text, "status": status}, status, headers=headers)


def page(items: list[Any], cursor: str | None = None) -> Reply:
    """A page of a list by cursor."""
    return Reply({"items": items, "has_more": cursor is not None, "next_cursor": cursor})


def numbered(items: list[Any], number: int = 1, pages: int = 1, total: int | None = None) -> Reply:
    """A page of a list by number."""
    total = len(items) if total is None else total
    return Reply(
        {"items": items, "total_pages": pages, "current_page": number, "total_items": total, "per_page": len(items)}
    )


class Software:
    """Answers by method and path: the replies of a route in turn, the last one for ever.

    Paths about the company are named by what follows it: `/ledger_entries`.
    """

    def __init__(self) -> None:
        self._replies: dict[tuple[str, str], list[Reply | Callable[[Asked], Reply]]] = {}
        self.requests: list[Asked] = []
        self.url = ""
        self._handler: Callable[[web.Request], Awaitable[web.Response]] | None = None

    def on(self, method: str, path: str, *replies: Reply | Callable[[Asked], Reply]) -> None:
        self._replies[method, path] = list(replies)

    def handle_with(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> None:
        """Hand every request to `handler`, body unread."""
        self._handler = handler

    async def handle(self, request: web.Request) -> web.Response:
        if self._handler:
            return await self._handler(request)
        path = request.path.removeprefix(FIRM).removeprefix(f"/companies/{COMPANY}")
        asked = Asked(request.method, path, dict(request.query), await request.read(), request.headers)
        self.requests.append(asked)
        replies = self._replies.get((request.method, path))
        if not replies:
            return web.Response(status=599, body=f"nothing is told about {request.method} {path}".encode())
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = reply if isinstance(reply, Reply) else reply(asked)
        return reply.response(x_request_id="req-1")

    def asked(self, method: str, path: str) -> list[Asked]:
        """Every request to this route."""
        return [asked for asked in self.requests if (asked.method, asked.path) == (method, path)]


class MemoryTokens:
    """The `Tokens` of one set of credentials, in memory."""

    def __init__(self) -> None:
        self.held: KeptTokens | None = None
        self.warning: SoftwareMessage | None = None

    async def kept(self) -> KeptTokens | None:
        return self.held

    async def renew(self, since: KeptTokens | None, obtain: Callable[[], Awaitable[NewTokens]]) -> KeptTokens:
        came = await obtain()
        generation = (self.held.generation if self.held else 0) + came.renewed
        self.held = KeptTokens(generation, came.secrets, came.renew_at)
        return self.held

    def warn(self, message: SoftwareMessage | None) -> None:
        self.warning = message

    def age(self, renew_at: datetime, **changes: str) -> None:
        """Let time pass: the tokens as they would be then."""
        assert self.held
        self.held = KeptTokens(self.held.generation, {**self.held.secrets, **changes}, renew_at)


@pytest.fixture
async def software() -> AsyncIterator[Software]:
    """The stand-in, listening."""
    script = Software()
    async with listening(script.handle) as url:
        script.url = url
        yield script


@pytest.fixture(scope="session")
def sheet() -> Sheet:
    """The connector's data sheet."""
    return registry.load_sheets()["pennylane"]


@pytest.fixture
def connector(software: Software, sheet: Sheet) -> Pennylane:
    """The connector, told where the stand-in is."""
    settings = PennylaneSettings.model_validate(
        {
            "url": software.url,
            "client_id": "client",
            "client_secret": SECRET,
            "redirect_url": "https://hub.example/done",
        }
    )
    return Pennylane(sheet, settings)


@pytest.fixture
def books() -> MemoryBooks:
    """Books in which the parcels' accounts and journal are known."""
    return MemoryBooks(IDS)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The client that the gateways would use."""
    async with open_client() as client:
        yield client


@pytest.fixture
def tokens() -> MemoryTokens:
    """Tokens in memory, none yet."""
    return MemoryTokens()


@pytest.fixture
def session(http: httpx.AsyncClient, books: MemoryBooks, tokens: MemoryTokens) -> Session:
    """A session on one software file with time to spare."""
    return Session(
        credentials={"token": TOKEN},
        http=http,
        deadline=Deadline.after(30),
        throttle=FreeThrottle(),
        books=books,
        software_file_id=COMPANY,
        tokens=tokens,
    )


def parcel(
    documents: tuple[ParcelDocument, ...] = (),
    *,
    create_missing_accounts: bool = False,
    journal_code: str = "ACH",
    **changes: Any,
) -> Parcel:
    """The purchase of the vendor facts, with some of its fields changed."""
    content = json.loads((Path(__file__).parent / "purchase.json").read_text(encoding="utf-8"))
    return Parcel(
        entry=read_entry(EntryContent.model_validate(content | changes)),
        reference="QTB-0123456789ABCDEFGHJKMNPQRS",
        ack_code="A7K2",
        journal_code=journal_code,
        policies=FilePolicies(create_missing_accounts=create_missing_accounts),
        documents=documents,
    )


def entry(number: int, label: str = "Papeterie Durand FD-2026-0147 (#A7K2#)", **changes: Any) -> dict[str, Any]:
    """An entry as the vendor's contract shows it."""
    return {
        "id": number,
        "created_at": "2026-03-12T17:05:00.146343Z",
        "updated_at": "2026-03-12T17:05:00.146343Z",
        "label": label,
        "piece_number": "TENSNYLUGV",
        "date": "2026-03-12",
        "journal": {
            "id": 30412,
            "url": "https://app.pennylane.com/api/external/firm/v1/companies/22938/journals/30412",
        },
        "due_date": None,
        "invoice_number": None,
        "status": None,
        "categories": [],
        "attachment": None,
    } | changes


def account(number: str, **changes: Any) -> dict[str, Any]:
    """An account as the vendor's contract shows it."""
    return {
        "id": int(sha256(number.encode()).hexdigest()[:6], 16),
        "number": number,
        "label": f"Compte {number}",
        "vat_rate": "any",
        "country_alpha2": "FR",
        "enabled": True,
        "letterable": False,
        "archived_at": None,
    } | changes


@dataclass(frozen=True)
class Makers:
    """What tests make things with."""

    parcel: Callable[..., Parcel] = parcel
    document: Callable[..., ParcelDocument] = document
    refusal: Callable[..., Reply] = refusal
    reply: Callable[..., Reply] = Reply
    page: Callable[..., Reply] = page
    numbered: Callable[..., Reply] = numbered
    entry: Callable[..., dict[str, Any]] = entry
    account: Callable[..., dict[str, Any]] = account


@pytest.fixture
def make() -> Iterator[Makers]:
    """Parcels, documents and the software's replies."""
    yield Makers()
