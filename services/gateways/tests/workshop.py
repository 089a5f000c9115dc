"""Gateways without processes or topics: the real parts, on a real database and an injected clock, a step at a time.

Every `Bench` has a software, entries and owners of its own, and its own connector's name, so that lanes of earlier ones
are never taken. An owner works its lane exactly as a process does (`gateways.app.lane`), except that it gives the lane
back as soon as there is nothing to do, for its clock stands still.
"""

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka.structs import ConsumerRecord

from gateways.adapters import lanes
from gateways.app import connecting, dispatches, guarding, lane, ledger, orphans, people, sending
from gateways.app.lane import Lane
from gateways.app.parts import Parts
from gateways.domain.lease import Lease, LeaseLost, Owner
from gateways.domain.retry import PLAN, RetryPlan
from gateways.domain.rules import lease_length, sending_rules
from local_stack.databases import create_database, drop_database, fresh_name
from local_stack.passwords import role_password
from qontable.bus import Handler, Received
from qontable.database import Database
from qontable.envelope import body_hash, seal_envelope
from qontable.events.base import Event
from qontable.events.hub import ConnectionChanged, Throttle
from qontable.migrations import role_url
from qontable.provisioning import ensure_first_key
from qontable.storage import Storage, open_storage
from qontable.unit import Units
from qontable.vault import KeyRing, load_ring

from .boundaries import Gate, GatedPool
from .clockwork import Clockwork, on_injected_clock
from .untimely import Untimely

T = TypeVar("T")
LEAST_LEASE = timedelta(seconds=60)
PACE = Throttle(requests=1_000_000, seconds=0.000001, concurrent=1)


@dataclasses.dataclass
class Workshop:
    """What benches share: a loop, a database with an injected clock, storage in memory."""

    loop: asyncio.AbstractEventLoop
    clock: Clockwork
    url: str
    pool: asyncpg.Pool
    storage: Storage
    ring: KeyRing
    client: httpx.AsyncClient
    faults: list[str] = dataclasses.field(default_factory=list)
    numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def run(self, work: Awaitable[T]) -> T:
        """Do something asynchronous now."""

        async def do() -> T:
            return await work

        return self.loop.run_until_complete(do())


@contextmanager
def open_workshop(server: str, keys: Path) -> Iterator[Workshop]:
    """A workshop with a database of its own on this server, to be used outside any running loop."""
    loop, name = asyncio.new_event_loop(), fresh_name()

    async def begin() -> Workshop:
        admin_url = await create_database(server, name)
        clock = await Clockwork.install(admin_url)
        role = role_url(admin_url, "gateways", role_password(admin_url, "gateways"))
        url = on_injected_clock(role, "gateways")
        database = await Database.connect(url, connections=12)
        ensure_first_key(keys)
        return Workshop(
            loop, clock, url, database.pool, open_storage("memory:///"), load_ring(keys), httpx.AsyncClient()
        )

    shop = loop.run_until_complete(begin())
    try:
        with pytest.MonkeyPatch.context() as patch, shop.clock.injected():
            patch.setattr(Lane, "_stay", _nothing_to_wait_for)
            patch.setattr(Lane, "_renew", _by_the_test)
            patch.setattr(lane, "LOOK_EVERY_SECONDS", 3600.0)
            for module in (ledger, orphans):
                patch.setattr(module, "_CHANCE", _Chance())
            for module in (lane, ledger, sending, guarding):
                patch.setattr(module, "log", Faults(shop.faults))
            yield shop
    finally:
        loop.run_until_complete(_close(shop))
        loop.run_until_complete(drop_database(server, name))
        loop.close()


async def _close(shop: Workshop) -> None:
    shop.pool.terminate()
    await shop.client.aclose()
    await shop.clock.close()


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """The rows of a bench: its deliveries in order, and its lane; empty while there is none."""

    deliveries: list[dict[str, Any]]
    lane: dict[str, Any]


class _Chance:
    """Jitter that is the same each time, so that what was found can be found again."""

    def random(self) -> float:
        return 0.5


class Faults:
    """A log that keeps what must never happen."""

    def __init__(self, kept: list[str]) -> None:
        self._kept = kept

    def warning(self, *_: object, **__: object) -> None:
        """Expected: a lane was lost."""

    def error(self, event: str, **about: object) -> None:
        self._kept.append(f"{event} {about}")


async def _nothing_to_wait_for(*_: object) -> bool:
    return False


async def _by_the_test(*_: object) -> None:
    """A lease is renewed when a test says so (`Process.renew`), not by this process's own clock."""
    await asyncio.Event().wait()


class Process:
    """An owner of lanes. It works one lane at a time, up to a boundary where it may be held, woken, or killed."""

    def __init__(self, bench: "Bench", slot: str) -> None:
        self.gate = Gate()
        self.owner = Owner(slot, uuid4())
        self.lease: Lease | None = None
        self.task: asyncio.Task[None] | None = None
        self._bench = bench
        shop = bench.shop
        self.parts = bench.parts(GatedPool(shop.pool, self.gate), self.gate)

    @property
    def working(self) -> bool:
        """Whether it is in the middle of something, held there."""
        return self.task is not None and not self.task.done()

    async def start(self) -> None:
        """It has the slot now: that proves an earlier run of it dead (`gateways.adapters.slots`)."""
        async with self._bench.shop.pool.acquire() as connection:
            await connection.execute(
                """
                insert into slots (slot, run, started_at) values ($1, $2, clock_timestamp())
                on conflict (slot) do update set run = excluded.run, started_at = clock_timestamp()
                """,
                self.owner.slot,
                self.owner.run,
            )
            await lanes.free_leases_of(connection, self.owner)

    async def work(self, steps: int | None) -> bool:
        """Take the lane, if it is due and free, and work it: to its end, or for so many steps. False: not taken."""
        rules = sending_rules(self._bench.software.sheet, None)
        lengths = {self._bench.connector: lease_length(rules, LEAST_LEASE)}
        async with self._bench.shop.pool.acquire() as connection, connection.transaction():
            taken = await lanes.take(connection, self.owner, lengths, 1)
        if not taken:
            return False
        self.lease = taken[0].lease
        self.task = asyncio.create_task(Lane(self.parts, taken[0]).run())
        await self.go_on(steps)
        return True

    async def go_on(self, steps: int | None) -> None:
        """Let it run on from where it is held."""
        assert self.task
        self.gate.go(steps)
        held = asyncio.create_task(self.gate.held.wait())
        await asyncio.wait({self.task, held}, return_when=asyncio.FIRST_COMPLETED)
        held.cancel()

    async def renew(self) -> None:
        """What a process that wakes up may do first: its lease goes on if nobody else has taken the lane."""
        assert self.lease
        try:
            async with self._bench.shop.pool.acquire() as connection, connection.transaction():
                await lanes.renew(connection, self.lease, [])
        except LeaseLost:
            return

    def die(self) -> None:
        """It never does anything again."""
        self.gate.die()
        if self.task:
            self.task.cancel()


class Bench:
    """One connection of one firm, its software, and what the house says to the gateways about it."""

    def __init__(
        self, shop: Workshop, software: Untimely, plan: RetryPlan = PLAN, pace: Throttle = PACE, name: str = "bench"
    ) -> None:
        number = next(shop.numbers)
        self.shop = shop
        self.software = software
        self.plan = plan
        self.pace = pace
        self.connector = f"{name}-{number}"
        self.firm_id = f"frm_{number}"
        self.connection_id = f"con_{number}"
        self.version = 0
        self.units = Units(Database(shop.pool), "gateways")

    def parts(self, pool: Any, gate: Gate) -> Parts:
        """What a process works with."""
        return Parts(
            units=Units(Database(pool), "gateways"),
            storage=self.shop.storage,
            ring=self.shop.ring,
            connectors={self.connector: self.software.at(gate)},  # type: ignore[dict-item]
            clients={self.connector: self.shop.client},
            plan=self.plan,
            least_lease=LEAST_LEASE,
            links_url="https://links.example",
        )

    async def connect(self, *, enabled: bool = True, token: str = "good") -> None:
        """The hub says a newer version of the connection. Its credentials are not tried: that has tests of its own."""
        self.version += 1
        changed = ConnectionChanged(
            firm_id=self.firm_id,
            connection_id=self.connection_id,
            connector=self.connector,
            version=self.version,
            enabled=enabled,
            sealed=self.shop.ring.sealing_key.seal(
                {"token": token}, firm_id=self.firm_id, connection_id=self.connection_id
            ),
            throttle=self.pace,
        )
        await self.hear(connecting.take_connections, changed)
        async with self.shop.pool.acquire() as connection:
            await connection.execute(
                "update jobs set done_at = now() where connection_id = $1 and kind = 'probe'", self.connection_id
            )

    async def hear(self, handler: Handler[Any], *events: Event) -> None:
        """A handler is given these records, in one transaction."""
        async with self.units.unit() as unit:
            await handler(unit, [_received(event) for event in events])
            assert not unit.aside

    async def dispatch(self, *events: Event) -> None:
        await self.hear(dispatches.take_dispatched, *events)

    async def recall(self, event: Event) -> None:
        await self.hear(partial(people.take_recalls, frozenset({self.connector})), event)

    async def resolve(self, *events: Event) -> None:
        await self.hear(people.take_resolutions, *events)

    async def resume(self, event: Event) -> None:
        await self.hear(people.take_resumptions, event)

    async def due_at(self) -> datetime | None:
        """When the lane has something to do: all that who lets time pass needs to know, however much waits in it."""
        due_at: datetime | None = await self.shop.pool.fetchval(
            "select due_at from lanes where connection_id = $1", self.connection_id
        )
        return due_at

    async def look(self) -> Seen:
        """The tables as they are now."""
        rows = await self.shop.pool.fetch(
            """
            select to_jsonb(l) as lane, to_jsonb(d) - 'dispatch' as delivery
            from lanes l left join deliveries d using (connection_id)
            where connection_id = $1 order by d.sequence, d.delivery_id
            """,
            self.connection_id,
        )
        found = [_with_instants(row["delivery"]) for row in rows if row["delivery"]]
        return Seen(found, _with_instants(rows[0]["lane"]) if rows else {})

    async def said(self, topic: str = "entry.delivery_changed") -> Sequence[dict[str, Any]]:
        """What the house was told of this firm, in order."""
        rows = await self.shop.pool.fetch(
            """
            select convert_from(body, 'utf8')::json as said from outbox
            where topic = $2 and convert_from(body, 'utf8')::json ->> 'firm_id' = $1 order by id
            """,
            self.firm_id,
            topic,
        )
        return [row["said"] for row in rows]


def _with_instants(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it, with its instants as such."""
    return {
        name: datetime.fromisoformat(value) if value and name.endswith(("_at", "_until", "_since")) else value
        for name, value in row.items()
    }


def _received(event: Event) -> Received[Any]:
    envelope, body = seal_envelope(event, "/test", None), event.body()
    record = ConsumerRecord(event.topic, 0, 0, 0, 0, event.key.encode(), body, None, len(event.key), len(body), ())
    return Received(event, envelope, body_hash(body), record, event.topic, "test", None)
