"""One service as one process: consumers, relay, background loops and a small HTTP server, started and stopped as one.

`/live` says whether the loops still turn (never whether a broker answers: an outage must not restart the fleet),
`/ready` whether the service can do its work, `/metrics` what it did.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any

import structlog
import uvicorn
from faststream.kafka import KafkaBroker
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from qontable.bus import Consumer, Subscription
from qontable.database import UNREACHABLE, Database
from qontable.guard import Guard
from qontable.loop import Loop, Step, end
from qontable.outbox import Relay
from qontable.polling import subscribe
from qontable.producer import wait_for_kafka
from qontable.reconnect import reconnect_patiently
from qontable.retention import KIT, PORTION, Retention, forget
from qontable.settings import Settings
from qontable.telemetry import configure
from qontable.unit import Units

log = structlog.get_logger()

STUCK_SECONDS = 120
OLDEST_SECONDS = 5
FORGET_EVERY_SECONDS = 3600
STOP_SECONDS = 15
COLLECT_EVERY = 10_000


class Service:
    """The parts of one service. `open` connects, `add_…` joins parts, `run` works until it is told to stop."""

    def __init__(self, name: str, settings: Settings, database: Database) -> None:
        self.name = name
        self.settings = settings
        self.database = database
        self.units = Units(database, name)
        self.consumers: list[Consumer[Any]] = []
        self.loops: list[Loop] = []
        self._apps: list[tuple[str, ASGIApp]] = []
        self._parts: list[AbstractAsyncContextManager[Any]] = []
        self._firm_databases: list[Database] = []
        self._retentions: list[Retention] = [*KIT]
        self._started = False
        self.add_loop("forget_old", self._forget_old, idle_seconds=FORGET_EVERY_SECONDS)

    @classmethod
    async def open(cls, name: str, settings: Settings) -> "Service":
        """Set up telemetry and the database pool, waiting for PostgreSQL as long as it takes."""
        configure(name, settings)
        reconnect_patiently()
        while True:
            try:
                database = await Database.connect(
                    settings.database_url, connections=settings.database_connections, name=name
                )
            except UNREACHABLE as error:
                log.warning("waiting for PostgreSQL", error=type(error).__name__)
                await asyncio.sleep(1.0)
            else:
                return cls(name, settings, database)

    async def open_firm_database(self) -> Database:
        """A second pool, whose transactions see the rows of the firm they name and no others; closed with the service.

        Opened after `open`, so PostgreSQL answered a moment ago: raises one of `UNREACHABLE` should it not now.
        """
        database = await Database.connect(
            self.settings.database_url,
            scope="firm",
            connections=self.settings.database_connections,
            name=f"{self.name} (one firm)",
        )
        self._firm_databases.append(database)
        return database

    def add_subscription(self, subscription: Subscription[Any]) -> None:
        """Consume a topic in this service's own group."""
        guard = Guard(subscription.topic_name, self.settings.set_aside_share)
        self.consumers.append(Consumer(subscription, self.units, self.name, guard))

    def add_loop(self, name: str, step: Step, *, idle_seconds: float) -> Loop:
        """Repeat `step` in the background; the loop returned can be woken."""
        loop = Loop(name, step, idle_seconds=idle_seconds)
        self.loops.append(loop)
        return loop

    def add_retentions(self, rules: Iterable[Retention]) -> None:
        """Forget what these rules let go, too."""
        self._retentions.extend(rules)

    def add_part(self, part: AbstractAsyncContextManager[Any]) -> None:
        """Enter `part` before the loops start; leave it once they have stopped, while the outbox is still relayed."""
        self._parts.append(part)

    def add_app(self, path: str, app: ASGIApp) -> None:
        """Serve an application below `path` on the service's port."""
        self._apps.append((path, app))

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, then stop in order; a second signal does not wait for the rest."""
        working = asyncio.create_task(self._work())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        with suppress(asyncio.CancelledError):
            await working
        log.info("service stopped")

    async def _work(self) -> None:
        async with self.running():
            log.info("service started", port=self.settings.http_port)
            await asyncio.Event().wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything started inside the block and stopped at its end, in the opposite order.

        First no more records, then no more loops, then the parts, then the relay: what the outbox still holds is
        relayed by the next process.
        """
        async with AsyncExitStack() as stack:
            for database in (self.database, *self._firm_databases):
                stack.push_async_callback(database.close)
            await stack.enter_async_context(self._serving())
            relay = Relay(self.database, self.settings.kafka, self.settings.topic_prefix)
            oldest = Loop("outbox_age", relay.note_oldest, idle_seconds=OLDEST_SECONDS)
            await stack.enter_async_context(_turning([oldest]))
            await wait_for_kafka(self.settings.kafka)
            await stack.enter_async_context(_turning([Loop("relay", relay.step, idle_seconds=0)]))
            for part in self._parts:
                await stack.enter_async_context(part)
            await stack.enter_async_context(_turning(self.loops))
            await stack.enter_async_context(self._consuming())
            self._started = True
            _spare_the_collector()
            try:
                yield
            finally:
                self._started = False

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        server = _Server(
            uvicorn.Config(self._http(), self.settings.http_host, self.settings.http_port, log_config=None)
        )
        serving = asyncio.create_task(server.serve(), name="http")
        try:
            yield
        finally:
            server.should_exit = True
            await serving

    @asynccontextmanager
    async def _consuming(self) -> AsyncIterator[None]:
        broker = KafkaBroker(
            self.settings.kafka,
            allow_auto_create_topics=False,
            graceful_timeout=STOP_SECONDS,
            logger=logging.getLogger("faststream"),
        )
        for consumer in self.consumers:
            subscribe(broker, consumer, self.settings.topic_prefix, self.settings.kafka_session_seconds)
        try:
            await broker.start()
            yield
        finally:
            await broker.stop()

    def _http(self) -> Starlette:
        routes: list[Route | Mount] = [
            Route("/live", self._live),
            Route("/ready", self._ready),
            Route("/metrics", _metrics),
        ]
        return Starlette(routes=[*routes, *(Mount(path, app=app) for path, app in self._apps)])

    async def _live(self, _request: Request) -> Response:
        stuck = [loop.name for loop in self.loops if monotonic() - loop.last_turn > STUCK_SECONDS + loop.idle_seconds]
        return JSONResponse({"service": self.name, "stuck": stuck}, status_code=503 if stuck else 200)

    async def _ready(self, _request: Request) -> Response:
        missing = [] if self._started else ["kafka"]
        try:
            async with asyncio.timeout(2):
                await self.database.pool.fetchval("select 1 from inbox limit 1")
        except UNREACHABLE as error:
            missing.append(f"postgresql: {type(error).__name__}")
        return JSONResponse({"service": self.name, "missing": missing}, status_code=503 if missing else 200)

    async def _forget_old(self) -> bool:
        """One portion under each rule, each in a transaction of its own; whether there may be more."""
        more = False
        for rule in self._retentions:
            async with self.database.transaction() as connection:
                gone = await forget(connection, rule)
            if gone:
                log.info("rows forgotten", table=rule.table, rows=gone)
            more = more or gone == PORTION
        return more


@asynccontextmanager
async def _turning(loops: Iterable[Loop]) -> AsyncIterator[None]:
    """Loops that turn inside the block."""
    tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in loops]
    try:
        yield
    finally:
        await end(tasks)


def _spare_the_collector() -> None:
    """What the process is made of stays; what a batch makes is gone before a collector that comes less often looks.

    A thousand records decoded at once are tens of thousands of objects, which the default looks through every 700
    (docs/performance.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)


class _Server(uvicorn.Server):
    """Signals are the service's business, not the HTTP server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _metrics(_request: Request) -> Response:
    return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)
