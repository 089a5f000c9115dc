"""A hub on real Kafka and PostgreSQL, the topics around it, and firms that use it over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import httpx
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from hub.entrypoints.worker import assemble
from hub.settings import HubSettings
from local_stack.ports import free_port
from local_stack.world import World
from qontable.clock import now
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.events.connector import ConnectionChecked, ConnectorAnnounced
from qontable.events.delivery import EntryStatusChanged
from qontable.events.export import ExportRequested, FormatAnnounced
from qontable.events.hub import ConnectionCheckRequested, SoftwareFile
from qontable.events.platform import Administrator, FileCreated, FirmCreated
from qontable.events.reference import AccountsFullRequested, AccountsRefreshRequested
from qontable.outbox import outgoing
from qontable.sheet import Sheet, load_sheet
from qontable.vault import load_ring

OF_HUB = tuple(kind for kind in EVENT_TYPES.values() if kind.__module__ == "qontable.events.hub")
CANARY = "canary-5e1f2b"
"""Stands in every secret that these tests type: wherever it is found again, a secret has leaked."""
SECONDS = 40.0
SAID_BY_HUB: tuple[type[Event], ...] = (*OF_HUB, AccountsRefreshRequested, AccountsFullRequested, ExportRequested)
SHEET = load_sheet(Path(__file__).parent / "ledgerly.toml")

T = TypeVar("T")
E = TypeVar("E", bound=Event)


async def eventually(ask: Callable[[], Awaitable[T]], holds: Callable[[T], Any] = bool) -> T:
    """The first answer that `holds`; fails with the last one when there is none in time."""
    ends = time.monotonic() + SECONDS
    while True:
        answer = await ask()
        if holds(answer):
            return answer
        assert time.monotonic() < ends, f"it did not happen in time; last answer: {answer}"
        await asyncio.sleep(0.03)


@dataclass
class Town:
    """The hub's surroundings: what it hears from other services, and what they hear from it."""

    world: World
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    heard: list[Event] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    canary: str = CANARY
    sheet: Sheet = SHEET
    eventually = staticmethod(eventually)

    @property
    def platform_secret(self) -> str:
        """What the platform shows this hub."""
        return self.world.settings_env("hub")["QONTABLE_HUB_PLATFORM_SECRET"]

    def another_hub(self) -> AbstractAsyncContextManager[None]:
        """One more process of the hub, on a port of its own."""
        return running_hub(self.world, http_port=free_port(()))

    async def say(self, *events: Event) -> None:
        """Publish events as their services would."""
        sent = []
        for event in events:
            record = outgoing(event, "/test", None)
            headers = [(name, value.encode()) for name, value in record.headers.items()]
            topic = f"{self.world.topic_prefix}{record.topic}"
            sent.append(await self.producer.send(topic, key=record.key.encode(), value=record.body, headers=headers))
        await asyncio.gather(*sent)

    async def hear(self, kind: type[E], which: Callable[[E], bool], *, times: int = 1) -> E:
        """The `times`-th event of this kind that the hub said and that `which` holds for."""

        async def said() -> list[E]:
            await self.listen()
            return [event for event in self.heard if isinstance(event, kind) and which(event)]

        return (await eventually(said, lambda events: len(events) >= times))[times - 1]

    async def listen(self) -> None:
        """Read what the hub has said meanwhile."""
        kinds = {f"{self.world.topic_prefix}{kind.type_name}": kind for kind in SAID_BY_HUB}
        for records in (await self.consumer.getmany(timeout_ms=10)).values():
            for record in records:
                self.bodies.append(record.value)
                self.heard.append(kinds[record.topic].model_validate_json(record.value))

    def client(self, token: str) -> httpx.AsyncClient:
        """An HTTP client with this token, whose answers are kept."""

        async def keep(response: httpx.Response) -> None:
            await response.aread()
            self.answers.append(response.text)

        return httpx.AsyncClient(
            base_url=f"{self.world.http_url('hub')}/v1",
            headers={"Authorization": f"Bearer {token}"},
            event_hooks={"response": [keep]},
            timeout=40,
        )

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the hub's schema as a superuser sees them."""
        connection = await asyncpg.connect(self.world.admin_url, server_settings={"search_path": "hub"})
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def introduce(self, sheet: Sheet) -> None:
        """The gateways announce a connector, and the hub has heard of it."""
        key = load_ring(self.world.gateway_keys).sealing_key
        await self.say(
            ConnectorAnnounced(
                connector=sheet.connector, version=1, sheet=sheet, sealing_key_id=key.key_id, sealing_key=key.public
            )
        )
        await eventually(lambda: self.rows("select 1 from connector where connector = $1", sheet.connector))

    async def announce_formats(self, *formats: FormatAnnounced) -> None:
        """Exports announces formats of import files, and the hub has heard of them."""
        await self.say(*formats)
        for announced in formats:
            await eventually(lambda f=announced: self.rows("select 1 from export_format where format = $1", f.format))  # type: ignore[misc]

    async def answer_check(self, check_id: str, outcome: str = "accepted", *files: SoftwareFile) -> None:
        """Be the gateway: answer a check as the software would."""
        request = await self.hear(ConnectionCheckRequested, lambda event: event.check_id == check_id)
        await self.say(
            ConnectionChecked.model_validate(
                {
                    "check_id": check_id,
                    "firm_id": request.firm_id,
                    "connection_id": request.connection_id,
                    "connector": request.connector,
                    "outcome": outcome,
                    "message": None if outcome == "accepted" else {"category": "credentials", "text": "Jeton inconnu"},
                    "software_files": files,
                    "checked_at": now(),
                }
            )
        )


@dataclass
class Firm:
    """One accounting firm and its administrator at the keyboard."""

    id: str
    town: Town
    admin: httpx.AsyncClient

    async def add_file(self, name: str, **details: Any) -> str:
        """The platform creates a client file; its id."""
        file_id = f"fil_{uuid4().hex[:8]}"
        await self.town.say(FileCreated(firm_id=self.id, file_id=file_id, name=name, **details))
        await eventually(lambda: self.admin.get(f"/files/{file_id}"), lambda answer: answer.status_code == 200)
        return file_id

    async def token(self, user_id: str, role: str) -> str:
        """A token of a person whom the platform introduces."""
        answer = await self.admin.post(
            f"/firms/{self.id}/tokens",
            headers={"Authorization": f"Bearer {self.town.platform_secret}"},
            json={"user": {"user_id": user_id, "name": "Zoé Martin", "email": "zoe@cabinet.example", "role": role}},
        )
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    async def start(self, **changes: Any) -> dict[str, Any]:
        """The wizard's first screen, sent."""
        body = {
            "connector": SHEET.connector,
            "fields": {"api_key": f"{CANARY}-first", "server": "books.example"},
            "options": {"frequency": "real_time", "synchronize_accounts": True},
        }
        answer = await self.admin.post("/connections", json=body | changes)
        assert answer.status_code == 201, answer.text
        started: dict[str, Any] = answer.json()
        return started

    async def connect(self, *files: SoftwareFile, **changes: Any) -> str:
        """A connection whose credentials the software accepted and the administrator confirmed."""
        started = await self.start(**changes)
        connection_id: str = started["connection"]["connection_id"]
        await self._accept(connection_id, started["check"]["check_id"], *files)
        return connection_id

    async def confirm(self, connection_id: str, fields: dict[str, str], *files: SoftwareFile) -> dict[str, Any]:
        """Other credentials, accepted by the software and confirmed; the connection."""
        tried = await self.admin.put(f"/connections/{connection_id}/credentials", json={"fields": fields})
        return await self._accept(connection_id, tried.json()["check_id"], *files)

    async def _accept(self, connection_id: str, check_id: str, *files: SoftwareFile) -> dict[str, Any]:
        await self.town.answer_check(check_id, "accepted", *files)
        path = f"/connections/{connection_id}/checks/{check_id}"
        check = (await self.admin.get(path, params={"wait": 20})).json()
        assert (check["status"], len(check["software_files"])) == ("accepted", len(files))
        answer = await self.admin.post(f"{path}/confirmation")
        assert answer.status_code == 200, answer.text
        connection: dict[str, Any] = answer.json()
        return connection

    async def map(self, file_id: str, connection_id: str, software_file_id: str) -> dict[str, Any]:
        """Tie a file to a software file."""
        body = {"connection_id": connection_id, "software_file_id": software_file_id}
        answer = await self.admin.put(f"/files/{file_id}/mapping", json=body)
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    async def active_file(self, software_file_id: str = "sw1") -> tuple[str, str]:
        """A file that is mapped and activated, and its connection."""
        connection_id = await self.connect(SoftwareFile(software_file_id=software_file_id, name="Dupont SARL"))
        file_id = await self.add_file("fil")
        await self.map(file_id, connection_id, software_file_id)
        body = {"send_from": "2026-01-01", "before_send_from": "wait"}
        assert (await self.admin.put(f"/files/{file_id}/activation", json=body)).status_code == 200
        return file_id, connection_id

    def status(self, file_id: str, entry_id: str, **details: Any) -> EntryStatusChanged:
        """What `entries` says of an entry."""
        said = {"revision": 1, "version": 1, "status": "ready", "changed_at": now()} | details
        return EntryStatusChanged.model_validate(said | {"firm_id": self.id, "file_id": file_id, "entry_id": entry_id})

    async def tell(self, *statuses: EntryStatusChanged) -> None:
        """`entries` says what became of entries of one file; returns when the Hub shows it."""
        await self.town.say(*statuses)
        for said in statuses:
            path = f"/files/{said.file_id}/entries/{said.entry_id}"
            await eventually(
                lambda path=path: self.admin.get(path),  # type: ignore[misc]
                lambda answer, said=said: (  # type: ignore[misc]
                    answer.status_code == 200
                    and said.version in {moment["version"] for moment in answer.json()["history"]}
                ),
            )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(world: World) -> AsyncIterator[Town]:
    """A running hub and its surroundings, where one software can be connected."""
    topics = [f"{world.topic_prefix}{kind.type_name}" for kind in SAID_BY_HUB]
    async with (
        running_hub(world),
        AIOKafkaProducer(bootstrap_servers=world.kafka) as producer,
        AIOKafkaConsumer(*topics, bootstrap_servers=world.kafka, auto_offset_reset="earliest") as consumer,
    ):
        town = Town(world, producer, consumer)
        await town.introduce(SHEET)
        yield town


@asynccontextmanager
async def running_hub(world: World, **settings: Any) -> AsyncIterator[None]:
    """A hub process's worth of hub, inside this one."""
    given = {name.removeprefix("QONTABLE_").lower(): value for name, value in world.settings_env("hub").items()}
    service = await assemble(HubSettings(**given | {"kafka_session_seconds": 6.0} | settings))
    async with service.running():
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def new_firm(town: Town) -> AsyncIterator[Callable[[], Awaitable[Firm]]]:
    """Makes firms: the platform creates them and signs their administrators in."""
    async with AsyncExitStack() as clients:

        async def make() -> Firm:
            firm_id = f"frm_{uuid4().hex[:8]}"
            administrator = Administrator(user_id="usr_ada", name="Ada Martin", email="ada@cabinet.example")
            await town.say(FirmCreated(firm_id=firm_id, name="Cabinet Martin", administrator=administrator))
            async with town.client(town.platform_secret) as platform:
                answer = await eventually(
                    lambda: platform.post(f"/firms/{firm_id}/tokens", json={}),
                    lambda answer: answer.status_code == 201,
                )
            admin = await clients.enter_async_context(town.client(answer.json()["token"]))
            return Firm(firm_id, town, admin)

        yield make


@pytest_asyncio.fixture(loop_scope="session")
async def firm(new_firm: Callable[[], Awaitable[Firm]]) -> Firm:
    """A firm that no other test uses."""
    return await new_firm()


@pytest_asyncio.fixture(loop_scope="session")
async def other_firm(new_firm: Callable[[], Awaitable[Firm]]) -> Firm:
    """Another firm."""
    return await new_firm()
