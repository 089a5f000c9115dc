"""Our Pennylane connector meets the Pennylane of the sandbox, on real sockets: neither has seen the other's code."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from gateways.adapters.http import open_client
from gateways.connectors import registry
from gateways.connectors.pennylane.client import Pennylane
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.domain.deadline import Deadline
from gateways.domain.outcome import (
    Accepted,
    CredentialsAccepted,
    CredentialsRefused,
    Found,
    NotFound,
    NotSent,
    Rejected,
    Throttled,
    Unknown,
)
from gateways.domain.port import KeptTokens, NewTokens, Parcel, ParcelDocument, Session
from local_stack.world import World
from qontable.database import Database
from qontable.entry import EntryRef
from qontable.events.delivery import KeptDocument, SoftwareMessage
from qontable.events.hub import FilePolicies
from qontable.events.platform import EntryContent
from qontable.events.reference import Account
from qontable.reference import entry_reference
from qontable.wire import read_entry
from sandbox.adapters.published import mark, record
from sandbox.app.fault_box import FaultBox
from sandbox.domain.published import PublishedEntry
from sandbox.entrypoints.control.application import control_application
from sandbox.software.registry import open_standins

TOKEN = "static-token-of-the-firm-0123456789"
PDF = b"%PDF-1.7 a small invoice\r\n--\r\n"
CLIENT = {"client_id": "qontable", "client_secret": "client-secret"}


class MemoryBooks:
    """The `Books` of one software file."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def ids(self, kind: str, numbers: Collection[str]) -> dict[str, str]:
        return {number: name for number, name in self.kept.get(kind, {}).items() if number in set(numbers)}

    async def remember(self, kind: str, ids: Mapping[str, str]) -> None:
        self.kept.setdefault(kind, {}).update(ids)

    async def forget(self, kind: str, numbers: Collection[str]) -> None:
        for number in numbers:
            self.kept.get(kind, {}).pop(number, None)


class MemoryTokens:
    """The `Tokens` of one set of credentials."""

    def __init__(self) -> None:
        self.held: KeptTokens | None = None

    async def kept(self) -> KeptTokens | None:
        return self.held

    async def renew(self, since: KeptTokens | None, obtain: Callable[[], Awaitable[NewTokens]]) -> KeptTokens:
        came = await obtain()
        self.held = KeptTokens((since.generation if since else 0) + came.renewed, came.secrets, came.renew_at)
        return self.held

    def warn(self, message: SoftwareMessage | None) -> None:
        pass


class FreeThrottle:
    """No limit."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield


@dataclass(frozen=True)
class Meeting:
    """The two sides, and a client file between them."""

    connector: Pennylane
    session: Session
    database: Database
    control: httpx.AsyncClient
    code: str

    async def fault(self, kind: str, route: str = "POST /ledger_entries", **more: Any) -> None:
        order = {"connector": "pennylane", "kind": kind, "route": route, "software_file": self.code, "count": 1}
        assert (await self.control.post("/faults", json=order | more)).status_code == 200

    async def publish(self, number: int, **changes: Any) -> Parcel:
        """An entry is published to the judge; its parcel as the gateways would have it."""
        content = _content(str(self.session.software_file_id), number) | changes
        ack, sha256 = f"AB{number:02d}", hashlib.sha256(PDF).hexdigest()
        file_id, entry_id = content["file_id"], content["entry_id"]
        company = str(self.session.software_file_id)
        row = PublishedEntry("frm_1", file_id, entry_id, 1, "pennylane", company, f"ACH/{number}", content, (sha256,))
        async with self.database.transaction() as connection:
            await record(connection, [row])
            await mark(connection, {(file_id, entry_id): ack})
        return Parcel(
            entry=read_entry(EntryContent.model_validate(content)),
            reference=entry_reference(EntryRef("frm_1", file_id, entry_id)),
            ack_code=ack,
            journal_code=content["journal"]["code"],
            policies=FilePolicies(create_missing_accounts=False),
            documents=(_document(number),),
        )

    async def send(self, parcel: Parcel) -> Any:
        (outcome,) = await self.connector.send(self.session, [parcel])
        return outcome

    async def verdict(self) -> dict[str, Any]:
        query = {"connector": "pennylane", "software_file": self.code}
        found: dict[str, Any] = (await self.control.get("/ledger", params=query)).json()
        return found


def _document(number: int) -> ParcelDocument:
    async def chunks() -> AsyncIterator[bytes]:
        yield PDF[:5]
        yield PDF[5:]

    kept = {
        "document_id": f"doc_{number}",
        "file_name": f"Pièce « n° {number} ».pdf",
        "media_type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "storage_key": f"doc_{number}",
    }
    return ParcelDocument(kept=KeptDocument.model_validate(kept), open=chunks)


def _content(company: str, number: int) -> dict[str, Any]:
    third = {"code": "401DURAND", "label": "Papeterie Durand", "kind": "supplier"}
    return {
        "firm_id": "frm_1",
        "file_id": f"fil_{company}",
        "entry_id": f"ent_{number}",
        "revision": 1,
        "kind": "purchase",
        "journal": {"code": "ACH", "label": "Achats"},
        "date": "2026-03-12",
        "due_date": "2026-04-11",
        "label": "Papeterie Durand",
        "document_number": f"2026-03-{number:04d}",
        "invoice_number": f"FD-2026-{number:04d}",
        "currency": "EUR",
        "lines": [
            {"account": "606400", "label": "Papeterie Durand", "debit": "100.10", "credit": "0.00"},
            {"account": "445660", "label": "", "debit": "20.02", "credit": "0.00"},
            {"account": "401000", "label": "x" * 300, "subsidiary": third, "debit": "0.00", "credit": "120.12"},
        ],
    }


@pytest_asyncio.fixture(loop_scope="session")
async def meeting(world: World) -> AsyncIterator[Meeting]:
    """A company of a firm, and a session of the connector on it."""
    database = await Database.connect(world.database_url("sandbox"), connections=4)
    faults = FaultBox()
    standin = open_standins(database, faults)["pennylane"]
    app = Starlette(
        routes=[
            Mount("/pennylane", standin.application()),
            Mount("/control", control_application(database, faults)),
        ]
    )
    async with (
        _served(app) as url,
        httpx.AsyncClient(base_url=f"{url}/control", timeout=60) as control,
        open_client() as http,
    ):
        code = f"PL-{id(faults)}"
        made = await control.post("/software-files", json=_seed(code))
        key = {"connector": "pennylane", "firm": f"firm-{code}", "token": TOKEN, "requests": 100_000}
        assert (await control.post("/tokens", json=key)).status_code == 200
        settings = PennylaneSettings.model_validate({"url": f"{url}/pennylane", **CLIENT})
        session = Session(
            credentials={"token": TOKEN},
            http=http,
            deadline=Deadline.after(120),
            throttle=FreeThrottle(),
            books=MemoryBooks(),
            software_file_id=str(made.json()["software_file_id"]),
            tokens=MemoryTokens(),
        )
        yield Meeting(Pennylane(registry.load_sheets()["pennylane"], settings), session, database, control, code)
    await database.close()


def _seed(code: str) -> dict[str, Any]:
    numbers = ("401000", "445660", "512000", "606400", *(f"6064{number:02d}" for number in range(10, 99)))
    return {
        "connector": "pennylane",
        "firm": f"firm-{code}",
        "code": code,
        "name": "Atelier",
        "siret": "73282932000074",
        "accounts": [{"number": number, "label": f"Compte {number}"} for number in numbers],
        "subsidiaries": [
            {"code": f"401{name}", "label": name, "account": "401000"} for name in ("DURAND", *map(str, range(50)))
        ],
        "journals": [
            {"code": "ACH", "name": "Achats", "type": "purchases"},
            {"code": "BQ", "name": "Banque", "type": "bank"},
        ],
        "fiscal_years": [
            {"start": "2026-01-01", "end": "2026-12-31"},
            {"start": "2025-01-01", "end": "2025-12-31", "closed": True},
        ],
    }


async def test_a_company_is_connected_listed_and_read(meeting: Meeting) -> None:
    assert isinstance(await meeting.connector.check_credentials(meeting.session), CredentialsAccepted)
    (file,) = await meeting.connector.list_software_files(meeting.session)
    assert (file.software_file_id, file.code, file.siren) == (
        meeting.session.software_file_id,
        meeting.code,
        "732829320",
    )
    assert all(item.met for item in await meeting.connector.check_prerequisites(meeting.session))
    kinds = ("accounts", "subsidiaries", "journals", "fiscal_years")
    parts = [part async for part in meeting.connector.fetch_reference_data(meeting.session, kinds)]
    assert sum(len(part.accounts) for part in parts) == 92
    assert sum(len(part.subsidiaries) for part in parts) == 52
    assert {(row.code, row.type) for part in parts for row in part.journals} == {("ACH", "purchases"), ("BQ", "bank")}
    assert [(row.start, row.closed) for part in parts for row in part.fiscal_years] == [
        ("2026-01-01", False),
        ("2025-01-01", True),
    ]


async def test_entries_are_booked_with_their_documents_and_the_judge_is_content(meeting: Meeting) -> None:
    for number in (1, 2):
        parcel = await meeting.publish(number)
        sent = await meeting.send(parcel)
        assert isinstance(sent, Accepted), sent
        assert sent.documents == "sent"
        found = await meeting.connector.find(meeting.session, parcel)
        assert isinstance(found, Found)
        assert (found.software_entry_id, found.documents) == (sent.software_entry_id, "sent")
    verdict = await meeting.verdict()
    assert verdict["clean"] is True, verdict
    assert (verdict["entries"], verdict["documents"]) == (2, 2)
    assert verdict["accounts"] == verdict["published"]["accounts"]


UNCERTAIN: dict[str, type[Found | NotFound]] = {
    "book_and_cut": Found,
    "book_and_error": Found,
    "answer_without_entry": Found,
    "server_error": NotFound,
    "maintenance": NotFound,
    "garbage": NotFound,
}


async def test_what_is_uncertain_is_looked_up(meeting: Meeting) -> None:
    for number, (kind, truth) in enumerate(UNCERTAIN.items(), 1):
        parcel = await meeting.publish(number)
        await meeting.fault(kind)
        sent = await meeting.send(parcel)
        assert isinstance(sent, Accepted if kind == "answer_without_entry" else Unknown), (kind, sent)
        assert isinstance(await meeting.connector.find(meeting.session, parcel), truth), kind
    verdict = await meeting.verdict()
    assert (verdict["doubled"], verdict["altered"], verdict["unexpected"]) == ([], [], [])
    assert len(verdict["lost"]) == 3


async def test_what_is_throttled_or_refused_books_nothing(meeting: Meeting) -> None:
    parcel = await meeting.publish(1)
    await meeting.fault("throttle", seconds=3)
    sent = await meeting.send(parcel)
    assert isinstance(sent, Throttled)
    assert sent.retry_after == timedelta(seconds=3)
    await meeting.fault("refuse_document", route="POST /file_attachments")
    other = await meeting.publish(2)
    sent = await meeting.send(other)
    assert (type(sent), sent.message.category) == (Rejected, "document_refused"), sent
    where = f"/software-files/pennylane/{meeting.code}"
    for path, switch, category in (
        ("/accounts/606400", "closed", "account_unknown"),
        ("/journals/ACH", "closed", "journal_unknown"),
        ("/fiscal-years/2026-01-01", "closed", "fiscal_year_closed"),
    ):
        await meeting.control.patch(where + path, json={switch: True})
        sent = await meeting.send(parcel)
        told = sent.message.category
        if isinstance(sent, NotSent):
            sent = await meeting.send(parcel)
            told = sent.message.category
        assert (type(sent), told) == (Rejected, category), sent
        await meeting.control.patch(where + path, json={switch: False})
    assert isinstance(await meeting.send(parcel), Accepted)


async def test_credentials_are_refused_and_scopes_told(meeting: Meeting) -> None:
    key = {"connector": "pennylane", "token": TOKEN}
    await meeting.control.patch("/tokens", json={**key, "scopes": ["companies:readonly"]})
    met = {item.name: item.met for item in await meeting.connector.check_prerequisites(meeting.session)}
    assert met["rights_granted"] is False
    parcel = await meeting.publish(1)
    sent = await meeting.send(parcel)
    assert (type(sent), sent.message.category) == (NotSent, "rights_missing")
    await meeting.control.patch("/tokens", json={**key, "revoked": True, "scopes": None})
    assert isinstance(await meeting.connector.check_credentials(meeting.session), CredentialsRefused)
    sent = await meeting.send(parcel)
    assert (type(sent), sent.message.category) == (NotSent, "credentials_refused")


async def test_accounts_are_made(meeting: Meeting) -> None:
    wanted = [Account(number="411MARTIN", label="Martin"), Account(number="401DURAND", label="Durand")]
    ensured = await meeting.connector.ensure_accounts(meeting.session, wanted)
    assert (set(ensured.present), ensured.refused) == ({"411MARTIN", "401DURAND"}, {})


async def test_an_authorisation_is_renewed(meeting: Meeting) -> None:
    grant = {"connector": "pennylane", "firm": f"firm-{meeting.code}", "kind": "refresh", "token": "typed-refresh"}
    await meeting.control.post("/grants", json={**grant, **CLIENT, "seconds": 600})
    session = replace(meeting.session, credentials={"refresh_token": "typed-refresh"})
    assert isinstance(await meeting.connector.check_credentials(session), CredentialsAccepted)
    assert session.tokens is not None
    first = await session.tokens.kept()
    assert first is not None
    session.tokens.held = replace(first, renew_at=first.renew_at.replace(year=2020))  # type: ignore[attr-defined]
    assert isinstance(await meeting.connector.check_credentials(session), CredentialsAccepted)
    second = await session.tokens.kept()
    assert second is not None
    assert (second.generation, second.secrets["access"] != first.secrets["access"]) == (2, True)


async def test_an_authorisation_whose_renewal_got_lost_is_told_as_refused(meeting: Meeting) -> None:
    """The vendor's guide to OAuth: a renewal ends the refresh token *and* the access token before it."""
    grant = {"connector": "pennylane", "firm": f"firm-{meeting.code}", "kind": "refresh", "token": "lost-refresh"}
    await meeting.control.post("/grants", json={**grant, **CLIENT, "seconds": 600})
    session = replace(meeting.session, credentials={"refresh_token": "lost-refresh"})
    assert isinstance(await meeting.connector.check_credentials(session), CredentialsAccepted)
    assert session.tokens is not None
    held = await session.tokens.kept()
    assert held is not None
    early = {"given_at": "2020-01-01T00:00:00+00:00"}
    aged = replace(held, renew_at=held.renew_at.replace(year=2020), secrets={**held.secrets, **early})
    session.tokens.held = aged  # type: ignore[attr-defined]
    cut = {"connector": "pennylane", "kind": "book_and_cut", "route": "POST /oauth/token", "count": 1}
    await meeting.control.post("/faults", json=cut)
    outcomes = [await meeting.connector.check_credentials(session) for _ in range(2)]
    assert isinstance(outcomes[-1], CredentialsRefused), outcomes


@asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[str]:
    server = _Server(uvicorn.Config(app, port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Any:
        yield
