"""Every write of an owner checks that the lane is still its own: whoever lost it changes nothing at all."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from gateways.adapters import jobs, lanes
from gateways.adapters.attempts import Opened
from gateways.adapters.jobs import Job
from gateways.adapters.lanes import Touched
from gateways.app.errands import run_errand
from gateways.app.orphans import adopt_orphans
from gateways.app.parts import Parts
from gateways.app.tenure import Tenure, begin
from gateways.app.tries import Tried
from gateways.domain import life
from gateways.domain.delivery import Delivery
from gateways.domain.health import Sign
from gateways.domain.lease import LeaseLost, Owner
from gateways.domain.life import Moment
from gateways.domain.outcome import Accepted
from local_stack.world import World
from qontable.database import Database
from qontable.events.hub import ConnectionCheckRequested
from qontable.storage import open_storage
from qontable.unit import Units
from qontable.vault import load_ring

from .house import FAST
from .software import ANSWERED, Software

NOW = datetime.now(UTC)
TABLES = ("deliveries", "attempts", "lanes", "jobs", "outbox")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def parts(world: World) -> AsyncIterator[Parts]:
    """A gateway's parts without a running gateway."""
    database = await Database.connect(world.database_url("gateways"))
    async with httpx.AsyncClient() as client:
        yield Parts(
            units=Units(database, "gateways"),
            storage=open_storage(world.storage_url),
            ring=load_ring(world.gateway_keys),
            connectors={"myunisoft": Software()},
            clients={"myunisoft": client},
            plan=FAST,
            least_lease=timedelta(seconds=30),
        )
    await database.close()


async def _take(parts: Parts, slot: str) -> Tenure:
    async with parts.units.database.transaction() as connection:
        await lanes.touch(connection, [Touched("con_1", "frm_1", "myunisoft", NOW)])
        await connection.execute("update lanes set lease_until = now()")
    async with parts.units.database.transaction() as connection:
        lengths = {"myunisoft": timedelta(seconds=30)}
        (taken,) = await lanes.take(connection, Owner(slot, uuid4()), lengths, 5)
    return await begin(parts, taken)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def former(parts: Parts) -> Tenure:
    """An owner whose lane, in the middle of an entry and a check, went to another one."""
    owner = await _take(parts, "former")
    async with parts.units.database.transaction() as connection:
        await connection.execute(
            """
            insert into deliveries (delivery_id, firm_id, file_id, entry_id, revision, connector, connection_id,
                software_file, sequence, dispatch, state, version, due_at, queued_at, changed_at)
            select 'dlv_' || state, 'frm_1', 'fil_1', state, 1, 'myunisoft', 'con_1',
                'soc', 1, '{}', state, 1, now(), now(), now()
            from unnest(array['queued', 'sending']) as state
            """
        )
        await jobs.insert(connection, [Job("check", "chk_1", "frm_1", "con_1", "myunisoft", _check(parts))])
    await _take(parts, "present")
    return owner


def _check(parts: Parts) -> str:
    request = ConnectionCheckRequested(
        check_id="chk_1",
        firm_id="frm_1",
        connection_id="con_1",
        connector="myunisoft",
        sealed=parts.ring.sealing_key.seal({"token": "t"}, firm_id="frm_1", connection_id="con_1"),
    )
    return request.body().decode()


async def _settle(tenure: Tenure) -> None:
    outcome = Accepted(exchange=ANSWERED)

    def step(row: Delivery, at: Moment) -> Delivery:
        return life.sent(row, outcome, NOW, at)

    row = Delivery(
        delivery_id="dlv_sending", firm_id="frm_1", file_id="fil_1", entry_id="sending", revision=1,
        connector="myunisoft", connection_id="con_1", software_file="soc", sequence=1, state="sending", version=1,
        queued_at=NOW, changed_at=NOW,
    )  # fmt: skip
    opened = Opened("dlv_sending", 1, NOW, NOW)
    await tenure.ledger.settle(Tried(row, "send", outcome, step, NOW, opened=opened))


async def _open(tenure: Tenure) -> None:
    await tenure.ledger.open(["dlv_queued"])


async def _note(tenure: Tenure) -> None:
    async with tenure.parts.units.unit() as unit:
        await tenure.ledger.note(unit, Sign("answered"), NOW)


async def _check_credentials(tenure: Tenure) -> None:
    async with tenure.parts.units.database.transaction() as connection:
        (job,) = await jobs.pick(connection, "con_1", busy=(), most=5)
    await run_errand(tenure, job)


async def _renew(tenure: Tenure) -> None:
    async with tenure.parts.units.database.transaction() as connection:
        await lanes.renew(connection, tenure.lease, [])


async def _give_back(tenure: Tenure) -> None:
    async with tenure.parts.units.database.transaction() as connection:
        await lanes.give_back(connection, tenure.lease, [])


async def _contents(parts: Parts) -> dict[str, list[Any]]:
    return {
        table: [tuple(row) for row in await parts.units.database.pool.fetch(f"select * from {table} order by 1")]
        for table in TABLES
    }


@pytest.mark.parametrize(
    "write",
    [_open, _settle, _note, _check_credentials, adopt_orphans, _renew, _give_back],
    ids=lambda act: act.__name__,
)
async def test_a_former_owner_writes_nothing(
    parts: Parts, former: Tenure, write: Callable[[Tenure], Awaitable[object]]
) -> None:
    before = await _contents(parts)
    with pytest.raises(LeaseLost):
        await write(former)
    assert await _contents(parts) == before


@pytest.mark.parametrize("length", [-1, 30], ids=["lease over", "lease running"])
async def test_a_run_whose_slot_has_a_new_one_renews_nothing(parts: Parts, length: int) -> None:
    """It was cut off from the database, not dead, and comes back before anybody has taken its lane."""
    cut_off = await _take(parts, "shared")
    async with parts.units.database.transaction() as connection:
        await connection.execute("update lanes set lease_until = now() + make_interval(secs => $1)", float(length))
        await lanes.free_leases_of(connection, Owner("shared", uuid4()))
    for forbidden in (_renew, _note, _give_back):
        with pytest.raises(LeaseLost):
            await forbidden(cut_off)
    async with parts.units.database.transaction() as connection:
        waits = await connection.fetchval("select lease_until <= now() from lanes where connection_id = 'con_1'")
    assert waits
