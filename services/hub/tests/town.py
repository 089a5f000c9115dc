"""The Hub's surroundings, as its tests play them: what it hears from other services, and what they hear from it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from hub.entrypoints.worker import assemble
from hub.settings import HubSettings
from local_stack.ports import free_port
from local_stack.world import World
from qontable.clock import now
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.events.connector import ConnectionChecked, ConnectorAnnounced
from qontable.events.export import ExportRequested, FormatAnnounced
from qontable.events.hub import ConnectionCheckRequested, SoftwareFile
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


@asynccontextmanager
async def running_hub(world: World, **settings: Any) -> AsyncIterator[None]:
    """A hub process's worth of hub, inside this one."""
    given = {name.removeprefix("QONTABLE_").lower(): value for name, value in world.settings_env("hub").items()}
    service = await assemble(HubSettings(**given | {"kafka_session_seconds": 6.0} | settings))
    async with service.running():
        yield
