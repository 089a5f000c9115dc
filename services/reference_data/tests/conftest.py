"""The service's handlers on its real schema, fed as the bus feeds them."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest_asyncio
from aiokafka import ConsumerRecord

from local_stack.world import World
from qontable.bus import Received
from qontable.clock import now
from qontable.database import Database
from qontable.envelope import Envelope
from qontable.events.base import Event
from qontable.events.hub import FileIntegrationChanged, SoftwareFile
from qontable.events.reference import (
    REFERENCE_KINDS,
    Account,
    AccountsFetched,
    AccountsRefreshed,
    AccountsRefreshRequested,
    Closing,
    FiscalYear,
    ReferenceJournal,
    ReferenceRows,
    snapshot_hash,
)
from qontable.unit import Unit, Units
from reference_data.app.binding import integrations_changed
from reference_data.app.fetched import fetched

BOOK = ReferenceRows(
    accounts=tuple(Account(number=str(600000 + index), label=f"Charge {index}") for index in range(10)),
    subsidiaries=(Account(number="401DURAND", label="Papeterie Durand"),),
    journals=(ReferenceJournal(code="ACH", label="Achats", type="purchases"),),
    fiscal_years=(FiscalYear(start="2026-01-01", end="2026-12-31"),),
)


class Bench:
    """One client file at a time, tied to a software file, and what the service makes of what it hears."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self.file_id = f"fil_{uuid.uuid4().hex[:8]}"
        self._version = 0
        self._clock = now()

    async def hear(self, handler: Callable[[Unit, Any], Awaitable[None]], *events: Event) -> list[Event]:
        """Hand events to a handler as one batch; what it published."""
        async with self.units.database.transaction() as connection:
            await connection.execute("delete from outbox")
        async with self.units.unit() as unit:
            await handler(unit, [received(event) for event in events])
        return await self.published()

    async def published(self) -> list[Any]:
        """What waits in the outbox, as events."""
        types = {"accounts.refreshed": AccountsRefreshed, "accounts.refresh_requested": AccountsRefreshRequested}
        rows = await self.units.database.pool.fetch("select topic, body from outbox order by id")
        return [types[row["topic"]].model_validate_json(row["body"]) for row in rows]

    async def map_to(self, software_file_id: str) -> list[Event]:
        """Tie the file to a software file."""
        self._version += 1
        return await self.hear(
            integrations_changed,
            FileIntegrationChanged(
                firm_id="frm_1",
                file_id=self.file_id,
                version=self._version,
                connection_id="con_1",
                connector="myunisoft",
                software_file=SoftwareFile(software_file_id=software_file_id, name="Menuiserie"),
            ),
        )

    def snapshot(self, *parts: ReferenceRows, software_file_id: str = "77", **other: Any) -> list[AccountsFetched]:
        """A fetch as the gateways say it: parts, then the closing record. Each began a second after the one before."""
        self._clock += timedelta(seconds=1)
        common = {
            "refresh_id": f"rfr_{uuid.uuid4().hex}",
            "fetch_id": f"ftc_{uuid.uuid4().hex}",
            "firm_id": "frm_1",
            "file_id": self.file_id,
            "connection_id": "con_1",
            "software_file_id": software_file_id,
        } | other
        closing = Closing(
            parts=len(parts),
            rows=sum(map(_count, parts)),
            sha256=snapshot_hash(parts),
            started_at=other.pop("started_at", self._clock),
        )
        numbered = [AccountsFetched(**common, part=number, rows=rows) for number, rows in enumerate(parts, start=1)]
        return [*numbered, AccountsFetched(**common, closing=closing)]

    async def fetch(self, *events: AccountsFetched) -> list[Any]:
        """Hand records of a fetch to the service; what it published."""
        return await self.hear(fetched, *events)

    async def state(self, refresh_id: str) -> str | None:
        """What became of a refresh."""
        return await self.units.database.pool.fetchval("select state from refresh where refresh_id = $1", refresh_id)

    async def codes(self, kind: str = "accounts") -> list[str]:
        """The codes that hold now."""
        rows = await self.units.database.pool.fetch(
            "select code from item where file_id = $1 and kind = $2 order by code", self.file_id, kind
        )
        return [row["code"] for row in rows]


def _count(rows: ReferenceRows) -> int:
    return sum(len(getattr(rows, kind)) for kind in REFERENCE_KINDS)


def received(event: Event) -> Received[Any]:
    """An event as the bus hands it over."""
    envelope = Envelope(uuid.uuid4().hex, event.ce_type(), "/test", now(), event.subject)
    record = ConsumerRecord(event.topic, 0, 0, 0, 0, event.key.encode(), event.body(), None, 0, 0, ())
    return Received(event, envelope, b"", record, event.topic, "test", None)


@pytest_asyncio.fixture
async def bench(world: World) -> AsyncIterator[Bench]:
    database = await Database.connect(world.database_url("reference_data"))
    yield Bench(Units(database, "reference_data"))
    await database.close()


def without(rows: ReferenceRows, numbers: Sequence[str]) -> ReferenceRows:
    """The rows without these accounts."""
    return rows.model_copy(update={"accounts": tuple(a for a in rows.accounts if a.number not in numbers)})
