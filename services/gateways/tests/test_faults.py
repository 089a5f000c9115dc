"""Every fault of a vendor × every operation, on real sockets: what it is taken for, what it makes of entry and lane.

The table is `faults.toml`. A cell says the outcome and the category told to people, and what follows from it.
"""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from gateways.adapters.http import open_client
from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.connectors.registry import load_sheets
from gateways.domain import life
from gateways.domain.deadline import Deadline
from gateways.domain.delivery import Delivery
from gateways.domain.health import sign_of
from gateways.domain.life import Moment
from gateways.domain.outcome import NotAnswered
from gateways.domain.port import Parcel, ParcelDocument, Session
from gateways.domain.retry import PLAN
from gateways.domain.rules import sending_rules
from local_stack.ports import free_port
from local_stack.world import World
from qontable.events.delivery import KeptDocument, SoftwareMessage
from qontable.wire import read_entry

from .house import dispatched_entry
from .meddler import MISDEEDS, Meddler, meddling
from .stand_in import TOKEN, faulty

TABLE: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))
ROUTES = {
    "check": "GET /key/info",
    "list": "GET /society",
    "refresh": "GET /account",
    "send": "POST /entry",
    "document": "POST /entry",
    "look_up": "GET /entry/id",
}
TOGETHER = (("check", "send"), ("list", "look_up"), ("refresh", "document"))
ORDERED: dict[str, dict[str, Any]] = {
    "answer_late": {"seconds": 2.5},
    "book_later": {"seconds": 0.3},
    "throttle": {"seconds": 7},
}
NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
PDF = b"%PDF-1.7 a small invoice"
SECONDS = 1.0
PATIENT = 20.0


class Books:
    """Ids of one software file, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def ids(self, kind: str, numbers: Any) -> dict[str, str]:
        return {number: name for number, name in self.kept.get(kind, {}).items() if number in numbers}

    async def remember(self, kind: str, ids: Any) -> None:
        self.kept.setdefault(kind, {}).update(ids)

    async def forget(self, kind: str, numbers: Any) -> None:
        self.kept[kind] = {number: name for number, name in self.kept.get(kind, {}).items() if number not in numbers}


class Free:
    """No limit."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield


class Counter:
    """The connector before the stand-in software, with something between them, and what each operation comes to."""

    def __init__(self, world: World, control: httpx.AsyncClient, meddler: Meddler, client: httpx.AsyncClient) -> None:
        variables = world.settings_env("gateways")
        self.control = control
        self.meddler = meddler
        self.sheet = load_sheets()["myunisoft"]
        self.secret = variables["QONTABLE_MYUNISOFT_PARTNER_SECRET"]
        self.url = meddler.url
        self.file = ""
        self.books = Books()
        self._client = client

    def connector(self, seconds: float) -> MyUnisoft:
        settings = MyUnisoftSettings.model_validate({"url": self.url, "partner_secret": self.secret})
        return MyUnisoft(self.sheet.model_copy(update={"request_timeout": seconds}), settings)

    def session(self, seconds: float) -> Session:
        return Session(
            credentials={"token": TOKEN},
            http=self._client,
            deadline=Deadline.after(seconds * 2),
            throttle=Free(),
            books=self.books,
            software_file_id=self.file,
        )

    async def outcome(self, operation: str, parcel: Parcel, seconds: float = SECONDS) -> Any:
        """What one call comes to."""
        connector, session = self.connector(seconds), self.session(seconds)
        try:
            match operation:
                case "check":
                    return await connector.check_credentials(replace(session, software_file_id=None))
                case "list":
                    return await connector.list_software_files(replace(session, software_file_id=None))
                case "refresh":
                    return [rows async for rows in connector.fetch_reference_data(session, ["accounts"])]
                case "send" | "document":
                    return (await connector.send(session, [parcel]))[0]
                case "look_up":
                    return await connector.find(session, parcel)
        except NotAnswered as error:
            return error.failure
        raise AssertionError(operation)

    @asynccontextmanager
    async def struck_by(self, fault: str, operations: Sequence[str]) -> AsyncIterator[None]:
        """The fault strikes the routes of these operations inside the block."""
        routes = {ROUTES[operation] for operation in operations}
        if fault in MISDEEDS:
            self.meddler.routes, self.meddler.misdeed, self.meddler.struck = routes, fault, set()
            yield
            self.meddler.misdeed = ""
            assert self.meddler.struck == routes
        elif fault == "credentials revoked":
            await self.control.patch("/tokens", json={"token": TOKEN, "revoked": True})
            yield
            await self.control.patch("/tokens", json={"token": TOKEN, "revoked": False})
        elif fault in ("port closed", "no TLS there"):
            scheme, port = ("http", free_port()) if fault == "port closed" else ("https", self.meddler.port)
            self.url = f"{scheme}://127.0.0.1:{port}{self.meddler.upstream.path}"
            yield
            self.url = self.meddler.url
        else:
            async with AsyncExitStack() as stack:
                for route in routes:
                    await stack.enter_async_context(faulty(self.control, route, fault, **ORDERED.get(fault, {})))
                yield


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def counter(world: World, control: httpx.AsyncClient) -> AsyncIterator[Counter]:
    """With answers of a million bytes at most, so that an endless one ends soon."""
    upstream = world.settings_env("gateways")["QONTABLE_MYUNISOFT_URL"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateways.adapters.http.MOST_ANSWER_BYTES", 1_000_000)
        async with meddling(upstream) as meddler, open_client() as client:
            made = Counter(world, control, meddler, client)
            made.file = (await made.outcome("list", _parcel("none"), PATIENT))[0].software_file_id
            await made.outcome("send", _parcel("none"), PATIENT)
            yield made


def _parcel(operation: str) -> Parcel:
    """An entry of its own, with a document where that is what is tried."""
    name = uuid4().hex
    event = dispatched_entry(delivery_id=name, connection_id="con", file_id=name, entry_id=name)
    documents = (_document(),) if operation == "document" else ()
    return Parcel(read_entry(event.entry), event.reference, event.ack_code, event.journal_code, documents=documents)


def _document() -> ParcelDocument:
    async def chunks() -> AsyncIterator[bytes]:
        yield PDF

    kept = KeptDocument(
        document_id="doc_9", file_name="FD.pdf", media_type="application/pdf", size=len(PDF),
        sha256=sha256(PDF).hexdigest(), storage_key="doc_9",
    )  # fmt: skip
    return ParcelDocument(kept=kept, open=chunks)


def _said(counter: Counter, operation: str, outcome: Any) -> str:
    """The cell: outcome and category, and what follows for the entry or, where there is none, for the lane."""
    if isinstance(outcome, Sequence):
        return "answered"
    message = getattr(outcome, "message", None)
    words = f"{outcome.name} {message.category}" if message else outcome.name
    if operation in ("send", "document", "look_up"):
        at = Moment(NOON, sending_rules(counter.sheet, None), PLAN)
        row = _row("unknown" if operation == "look_up" else "sending")
        after = life.looked_up(row, outcome, NOON, at) if operation == "look_up" else life.sent(row, outcome, NOON, at)
        return f"{words}: {after.state}"
    sign = sign_of(outcome)
    return f"{words}: lane {sign.cause if sign else 'untouched'}"


def _row(state: Any) -> Delivery:
    return Delivery(
        delivery_id="d", firm_id="f", file_id="f", entry_id="e", revision=1, connector="myunisoft", connection_id="c",
        software_file="s", sequence=1, state=state, version=1, queued_at=NOON, changed_at=NOON,
        settled_at=NOON + timedelta(hours=1),
    )  # fmt: skip


@pytest.mark.parametrize("fault", TABLE)
async def test_a_fault_is_taken_for_what_it_is_by_every_operation(counter: Counter, fault: str) -> None:
    parcels = {operation: _parcel(operation) for operation in ROUTES}
    await counter.outcome("send", parcels["look_up"], PATIENT)
    told: dict[str, str] = {}
    for operations in TOGETHER:
        async with counter.struck_by(fault, operations):
            outcomes = await asyncio.gather(*(counter.outcome(name, parcels[name]) for name in operations))
        for operation, outcome in zip(operations, outcomes, strict=True):
            told[operation] = _said(counter, operation, outcome)
            _has_words(getattr(outcome, "message", None))
            if operation in ("send", "document"):
                await _is_true(counter, parcels[operation], outcome)
    assert told == TABLE[fault]


async def _is_true(counter: Counter, parcel: Parcel, outcome: Any) -> None:
    """Asked without a fault, the books hold what was accepted, and nothing of what was not sent."""
    found = await counter.outcome("look_up", parcel, PATIENT)
    if outcome.name != "unknown":
        assert found.name == ("found" if outcome.name == "accepted" else "not_found")


def _has_words(message: SoftwareMessage | None) -> None:
    """Whoever is told of a fault is told what to do about it, in both languages."""
    assert message is None or all([message.text, message.remedy["fr"], message.remedy["en"]])


def test_every_fault_and_every_operation_has_its_cell() -> None:
    assert {fault: set(row) for fault, row in TABLE.items()} == {fault: set(ROUTES) for fault in TABLE}
    assert set(MISDEEDS) <= set(TABLE)
