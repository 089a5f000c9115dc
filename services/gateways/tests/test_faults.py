"""Every fault of a vendor × every operation × every connector, on real sockets: what it is taken for, what follows.

The table is `faults.toml`. A cell says the outcome, the category told to people, and what follows for entry and lane.
"""

import asyncio
import itertools
import tomllib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from gateways.adapters.http import open_client
from gateways.connectors.registry import load_sheets
from gateways.domain import life
from gateways.domain.deadline import Deadline
from gateways.domain.delivery import Delivery
from gateways.domain.health import sign_of
from gateways.domain.life import Moment
from gateways.domain.outcome import Found, NotAnswered
from gateways.domain.port import Connector, Parcel, ParcelDocument, Session
from gateways.domain.retry import PLAN
from gateways.domain.rules import sending_rules
from local_stack.ports import free_port
from local_stack.world import World
from qontable.events.delivery import SoftwareMessage
from qontable.sheet import Sheet
from qontable.wire import read_entry
from sandbox.software.registry import rules_of

from .conformance.entries import FILE, KINDS
from .house import dispatched_entry
from .meddler import MISDEEDS, Meddler, meddling, serving
from .stand_in import LIMITS, faulty, serving_stand_in
from .wire import PDF, FreeThrottle, MemoryBooks, document

CONTENT: dict[str, Any] = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))
ROUTES: dict[str, dict[str, str]] = CONTENT["routes"]
"""By connector: the route that an operation asks, as the stand-in names it."""
FAULTS: dict[str, dict[str, Any]] = CONTENT["faults"]
TOGETHER = (("check", "send"), ("list", "look_up"), ("refresh", "document"))
"""Operations that ask different routes."""
ORDERED: dict[str, dict[str, Any]] = {
    "answer_late": {"seconds": 2.5},
    "book_later": {"seconds": 0.3},
    "throttle": {"seconds": 7},
}
NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
SECONDS = 1.0
PATIENT = 20.0
NUMBERS = itertools.count(1)


def cells(fault: str, connector: str) -> dict[str, str]:
    """What a fault comes to in a connector, by operation: as everywhere, but for what is said of this one."""
    row = FAULTS[fault]
    usual = {name: cell for name, cell in row.items() if isinstance(cell, str)} | row.get(connector, {})
    return {operation: usual[operation] for operation in ROUTES[connector]}


@dataclass
class Counter:
    """A connector before its stand-in, with something between them, and what each operation comes to."""

    sheet: Sheet
    control: httpx.AsyncClient
    meddler: Meddler
    client: httpx.AsyncClient
    documents: str
    random: str
    file: str = ""
    url: str = ""
    books: MemoryBooks = field(default_factory=MemoryBooks)

    @property
    def name(self) -> str:
        """The connector."""
        return self.sheet.connector

    @property
    def routes(self) -> dict[str, str]:
        """Its routes, by operation."""
        return ROUTES[self.name]

    def connector(self, seconds: float) -> Connector:
        """The connector, as impatient as this, with all else from the environment."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(f"QONTABLE_{self.name}_URL".upper(), self.url or self.meddler.url)
            build = import_module(f"gateways.connectors.{self.name}").build
            made: Connector = build(self.sheet.model_copy(update={"request_timeout": seconds}))
            return made

    def session(self, seconds: float) -> Session:
        return Session(
            credentials=rules_of(self.name).key.fields(self.random),
            http=self.client,
            deadline=Deadline.after(seconds * 2),
            throttle=FreeThrottle(),
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

    async def shows(self, parcel: Parcel) -> None:
        """Wait until the books hold an entry: some softwares book a while after they said that they will."""
        async with asyncio.timeout(PATIENT):
            while not isinstance(await self.outcome("look_up", parcel, PATIENT), Found):  # noqa: ASYNC110 - it is theirs
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def struck_by(self, fault: str, operations: Collection[str]) -> AsyncIterator[None]:
        """The fault strikes the routes of these operations inside the block."""
        routes = {self.routes[operation] for operation in operations}
        if fault in MISDEEDS:
            self.meddler.routes, self.meddler.misdeed, self.meddler.struck = routes, fault, set()
            yield
            self.meddler.misdeed = ""
            assert self.meddler.struck == routes
        elif fault == "credentials revoked":
            key = {"connector": self.name, "token": rules_of(self.name).key.key(self.random)}
            (await self.control.patch("/tokens", json=key | {"revoked": True})).raise_for_status()
            yield
            (await self.control.patch("/tokens", json=key | {"revoked": False})).raise_for_status()
        elif fault in ("port closed", "no TLS there"):
            scheme, port = ("http", free_port()) if fault == "port closed" else ("https", self.meddler.port)
            self.url = f"{scheme}://127.0.0.1:{port}{self.meddler.upstream.path}"
            yield
            self.url = ""
        else:
            async with AsyncExitStack() as stack:
                for route in routes:
                    order = {"connector": self.name} | ORDERED.get(fault, {})
                    await stack.enter_async_context(faulty(self.control, route, fault, **order))
                yield


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def counters(world: World) -> AsyncIterator[list[Counter]]:
    """One for each connector, with answers of a million bytes at most, so that an endless one ends soon."""
    variables = world.settings_env("gateways")
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr("gateways.adapters.http.MOST_ANSWER_BYTES", 1_000_000)
        control = await stack.enter_async_context(serving_stand_in(world))
        documents = await stack.enter_async_context(serving(PDF, "application/pdf"))
        made = []
        for connector, sheet in load_sheets().items():
            meddler = await stack.enter_async_context(meddling(variables[f"QONTABLE_{connector}_URL".upper()]))
            client = await stack.enter_async_context(open_client())
            counter = Counter(sheet, control, meddler, client, documents, sha256(connector.encode()).hexdigest())
            await _fill(counter, world.surroundings.partner_secret(connector))
            made.append(counter)
        yield made


async def _fill(counter: Counter, secret: str) -> None:
    """A client file that takes entries, a key that opens it, and the ids that the connector then remembers."""
    seed = {"connector": counter.name, "firm": "Cabinet", "code": "DURAND", "name": "Durand SARL"}
    filed = (await counter.control.post("/software-files", json=seed | FILE)).raise_for_status().json()
    counter.file = str(filed["software_file_id"]) if counter.sheet.lists_software_files else "DURAND"
    key = {"token": rules_of(counter.name).key.key(counter.random), "secret": secret, "activated": True}
    order = {"connector": counter.name, "firm": "Cabinet"} | key | LIMITS
    (await counter.control.post("/tokens", json=order)).raise_for_status()
    first = _parcel(counter, "send")
    await counter.outcome("send", first, PATIENT)
    await counter.shows(first)


def _parcel(counter: Counter, operation: str) -> Parcel:
    """An entry of its own, with a document where that is what is tried."""
    name, number = uuid4().hex, next(NUMBERS)
    event = dispatched_entry(delivery_id=name, connection_id="con", file_id=name, entry_id=name)
    content = event.entry.model_copy(
        update={"lines": KINDS["purchase"][1], "due_date": "2026-04-11", "invoice_number": f"FD{number}"}
    )
    documents = (_document(counter, number),) if operation == "document" else ()
    return Parcel(read_entry(content), event.reference, f"{number:04d}", event.journal_code, documents=documents)


def _document(counter: Counter, number: int) -> ParcelDocument:
    return replace(document(document_id=f"doc_{number}"), link=f"{counter.documents}/{number}")


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


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_taken_for_what_it_is_by_every_operation(counters: list[Counter], fault: str) -> None:
    told = await asyncio.gather(*(_told(counter, fault) for counter in counters))
    others = [
        f"{counter.name}, {operation}: {row[operation]}, not {cell}"
        for counter, row in zip(counters, told, strict=True)
        for operation, cell in cells(fault, counter.name).items()
        if row[operation] != cell
    ]
    assert not others, "\n".join(others)


async def _told(counter: Counter, fault: str) -> dict[str, str]:
    """What the fault comes to in each operation."""
    parcels = {operation: _parcel(counter, operation) for operation in counter.routes}
    await counter.outcome("send", parcels["look_up"], PATIENT)
    await counter.shows(parcels["look_up"])
    told: dict[str, str] = {}
    for pair in TOGETHER:
        operations = [operation for operation in pair if operation in counter.routes]
        async with counter.struck_by(fault, operations):
            outcomes = await asyncio.gather(*(counter.outcome(name, parcels[name]) for name in operations))
        for operation, outcome in zip(operations, outcomes, strict=True):
            told[operation] = _said(counter, operation, outcome)
            _has_words(getattr(outcome, "message", None))
            if operation in ("send", "document"):
                await _is_true(counter, parcels[operation], outcome)
    return told


async def _is_true(counter: Counter, parcel: Parcel, outcome: Any) -> None:
    """Asked without a fault, the books hold what was accepted, and nothing of what was not sent."""
    match outcome.name:
        case "unknown":
            return
        case "accepted" | "job_accepted":
            await counter.shows(parcel)
        case _:
            assert (await counter.outcome("look_up", parcel, PATIENT)).name == "not_found"


def _has_words(message: SoftwareMessage | None) -> None:
    """Whoever is told of a fault is told what to do about it, in both languages."""
    assert message is None or all([message.text, message.remedy["fr"], message.remedy["en"]])


def test_every_fault_and_every_operation_has_its_cell() -> None:
    assert set(ROUTES) == set(load_sheets())
    operations = {operation for pair in TOGETHER for operation in pair}
    for fault, row in FAULTS.items():
        own = {name: cells for name, cells in row.items() if isinstance(cells, dict)}
        assert set(row) - set(own) == operations, fault
        assert all(set(cells) <= set(ROUTES[name]) for name, cells in own.items()), fault
    assert set(MISDEEDS) <= set(FAULTS)


def test_what_is_said_of_one_connector_is_not_what_holds_everywhere() -> None:
    for fault, row in FAULTS.items():
        for name, own in row.items():
            if isinstance(own, dict):
                assert all(row[operation] != cell for operation, cell in own.items()), f"{fault}, {name}"
