"""A process dies at any boundary of a renewal: before or after anything it does outwardly. The firm is never locked out
while there is a way in, and where Pennylane leaves none it is told so in good time (decision 14)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from gateways.adapters.keys import Keys
from gateways.app import tokens as house_tokens
from gateways.app.parts import Parts
from gateways.app.tokens import DescentTokens
from gateways.connectors.pennylane import access
from gateways.connectors.pennylane.client import Pennylane
from gateways.domain.deadline import Deadline
from gateways.domain.lease import Lease, Owner
from gateways.domain.outcome import CredentialsAccepted, CredentialsRefused
from gateways.domain.port import Session
from gateways.domain.retry import PLAN
from local_stack.databases import create_database, drop_database, fresh_name
from local_stack.passwords import role_password
from qontable.database import Database
from qontable.events.hub import Sealed
from qontable.migrations import role_url
from qontable.provisioning import ensure_first_key
from qontable.storage import open_storage
from qontable.unit import Units

from ..boundaries import Gate, GatedPool
from .authority import Authority, Clock, Manner

MOST_STEPS = 30
FIRM, CONNECTION = "frm_1", "con_1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(postgres: str) -> AsyncIterator[Database]:
    """The gateways' tables."""
    name = fresh_name()
    admin_url = await create_database(postgres, name)
    opened = await Database.connect(role_url(admin_url, "gateways", role_password(admin_url, "gateways")))
    yield opened
    opened.pool.terminate()
    await drop_database(postgres, name)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The hour by which tokens end and renewals rest."""
    clock = Clock()
    monkeypatch.setattr(access, "now", clock)
    monkeypatch.setattr(house_tokens, "now", clock)
    return clock


class Turn:
    """A turnstile without limits, whose coming and going are boundaries."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self._gate.step("before the software")
        yield
        await self._gate.step("after the software")


class Process:
    """An owner of the connection's lane: it has its credentials, and tries them when it is told to."""

    def __init__(self, world: "Renewals", seed: str) -> None:
        self.gate = Gate()
        self.task: asyncio.Task[Any] | None = None
        self._world = world
        lease = Lease(
            CONNECTION, FIRM, "pennylane", 1, Owner("slot", uuid4()), timedelta(seconds=60), Deadline.after(60)
        )
        parts = replace(world.parts, units=Units(Database(GatedPool(world.database.pool, self.gate)), "gateways"))
        credentials = {"refresh_token": seed}
        self.tokens = DescentTokens(parts, lease, credentials)
        self._session = replace(world.session, credentials=credentials, tokens=self.tokens, throttle=Turn(self.gate))

    async def tries(self, steps: int | None = None) -> Any:
        """Try the credentials up to a boundary; what came of it, or nothing when it is held there."""
        if self.task is None:
            self.task = asyncio.create_task(self._world.connector.check_credentials(self._session))
        self.gate.go(steps)
        held = asyncio.create_task(self.gate.held.wait())
        await asyncio.wait({self.task, held}, return_when=asyncio.FIRST_COMPLETED)
        held.cancel()
        return self.task.result() if self.task.done() else None

    async def die(self) -> None:
        """It does nothing any more."""
        assert self.task
        self.gate.die()
        self.task.cancel()
        await self.tokens.settle()
        await asyncio.gather(self.task, return_exceptions=True)


class Renewals:
    """What owners of the lane share: the software, the database, the keys."""

    def __init__(self, connector: Pennylane, session: Session, database: Database, keys: Path) -> None:
        ensure_first_key(keys)
        self.connector = connector
        self.session = session
        self.database = database
        self.parts = Parts(
            units=Units(database, "gateways"),
            storage=open_storage("memory:///"),
            ring=Keys(keys),
            connectors={"pennylane": connector},
            clients={"pennylane": session.http},
            plan=PLAN,
            least_lease=timedelta(seconds=60),
        )

    async def tries(self, seed: str) -> tuple[Any, DescentTokens]:
        """A new owner tries the credentials."""
        process = Process(self, seed)
        outcome = await process.tries()
        return outcome, process.tokens


@pytest.fixture
def renewals(connector: Pennylane, session: Session, database: Database, tmp_path: Path) -> Renewals:
    return Renewals(connector, session, database, tmp_path / "keys.json")


@pytest.fixture
def authority(clock: Clock, software: Any, make: Any) -> Authority:
    """Who gives tokens, and the list of companies that demands one."""
    authority = Authority(clock)

    def give(asked: Any) -> Any:
        status, content = authority.form(asked.body)
        return make.reply(content, status)

    def companies(asked: Any) -> Any:
        known = authority.accepts(asked.headers["Authorization"].removeprefix("Bearer "))
        return make.numbered([]) if known else make.refusal("The access token is invalid", 401)

    software.on("POST", "/oauth/token", give)
    software.on("GET", "/companies", companies)
    return authority


async def begin(renewals: Renewals, authority: Authority, clock: Clock) -> str:
    """A connection of its own with tokens that are due to be renewed; what was typed for it."""
    seed = f"typed-refresh-token-{uuid4().hex}"
    authority.usable.add(seed)
    outcome, _ = await renewals.tries(seed)
    assert isinstance(outcome, CredentialsAccepted)
    clock.pass_hours(9)
    return seed


@pytest.mark.parametrize("manner", ["strict", "lenient", "harsh"])
async def test_a_crash_at_any_boundary_of_a_renewal_locks_nobody_out_without_a_word(
    renewals: Renewals, authority: Authority, clock: Clock, manner: Manner
) -> None:
    authority.manner = manner
    warned = refused = whole = 0
    for steps in range(MOST_STEPS):
        seed = await begin(renewals, authority, clock)
        given = authority.given
        victim = Process(renewals, seed)
        outcome = await victim.tries(steps)
        where = victim.gate.where
        await victim.die()
        asked_for = authority.given > given
        after, tokens = await renewals.tries(seed)
        if manner == "harsh" and isinstance(after, CredentialsRefused):
            assert asked_for, f"refused although no renewal was lost ({steps}: {where})"
            refused += 1
            continue
        assert isinstance(after, CredentialsAccepted), f"{steps}: {where}: {after}"
        warned += tokens.warning is not None
        assert manner == "strict" or tokens.warning is None
        clock.pass_hours(14.5)  # almost to the end of the tokens that we began with
        later, tokens = await renewals.tries(seed)
        assert isinstance(later, CredentialsAccepted), f"{steps}: {where}: {later}"
        if outcome is not None:
            whole += 1
            assert tokens.warning is None
            break
    assert whole, "no renewal ever came to its end"
    assert (warned > 0) == (manner == "strict")
    assert (refused > 0) == (manner == "harsh")


async def test_what_is_told_after_a_lost_answer_is_true_to_the_hour(
    renewals: Renewals, authority: Authority, clock: Clock
) -> None:
    seed = await begin(renewals, authority, clock)
    end = clock() + timedelta(hours=15)
    victim = Process(renewals, seed)
    while victim.gate.where != "after the software":
        await victim.tries(1)
    await victim.die()
    _, tokens = await renewals.tries(seed)
    assert tokens.warning
    assert f"{end:%Y-%m-%d %H:%M} UTC" in tokens.warning.remedy["en"]
    clock.pass_hours(14.9)
    last, _ = await renewals.tries(seed)
    assert isinstance(last, CredentialsAccepted)
    clock.pass_hours(0.2)
    ended, _ = await renewals.tries(seed)
    assert isinstance(ended, CredentialsRefused)
    assert "ended" in ended.message.text


async def test_an_owner_that_wakes_up_with_the_answer_saves_what_its_successor_could_not(
    renewals: Renewals, authority: Authority, clock: Clock
) -> None:
    seed = await begin(renewals, authority, clock)
    stopped = Process(renewals, seed)
    while stopped.gate.where != "after the software":
        await stopped.tries(1)
    _, successor = await renewals.tries(seed)
    assert successor.warning, "the successor's renewal was refused: the refresh token has been used"
    assert isinstance(await stopped.tries(), CredentialsAccepted)
    after, tokens = await renewals.tries(seed)
    assert isinstance(after, CredentialsAccepted)
    assert tokens.warning is None
    clock.pass_hours(9)
    renewed, tokens = await renewals.tries(seed)
    assert isinstance(renewed, CredentialsAccepted)
    assert tokens.warning is None


async def test_an_owner_that_wakes_up_late_never_puts_old_tokens_in_the_place_of_new_ones(
    renewals: Renewals, authority: Authority, clock: Clock
) -> None:
    authority.manner = "lenient"
    seed = await begin(renewals, authority, clock)
    stopped = Process(renewals, seed)
    while stopped.gate.where != "after the software":
        await stopped.tries(1)
    await renewals.tries(seed)  # its refresh token still works: there are newer tokens now, in use
    clock.pass_hours(1)
    await stopped.tries()
    clock.pass_hours(9)
    after, tokens = await renewals.tries(seed)
    assert isinstance(after, CredentialsAccepted)
    assert tokens.warning is None


async def test_a_caller_that_is_cancelled_loses_no_tokens(
    renewals: Renewals, authority: Authority, clock: Clock
) -> None:
    seed = await begin(renewals, authority, clock)
    process = Process(renewals, seed)
    while process.gate.where != "after the software":
        await process.tries(1)
    assert process.task
    process.task.cancel()
    process.gate.go(None)
    await process.tokens.settle()
    after, tokens = await renewals.tries(seed)
    assert isinstance(after, CredentialsAccepted)
    assert tokens.warning is None


async def test_newly_typed_credentials_begin_without_the_old_ones_tokens(
    renewals: Renewals, authority: Authority, clock: Clock
) -> None:
    first, second = [await begin(renewals, authority, clock) for _ in range(2)]
    given = authority.given
    outcome, _ = await renewals.tries(second)
    assert isinstance(outcome, CredentialsAccepted)
    assert authority.given == given + 1
    assert first not in str(authority.forms[-1])


async def test_a_database_that_is_away_is_waited_for_with_the_answer_in_hand(
    renewals: Renewals, authority: Authority, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = await begin(renewals, authority, clock)
    process = Process(renewals, seed)
    keep, failures = process.tokens._keep, 2

    async def failing(*about: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionRefusedError
        return await keep(*about)

    monkeypatch.setattr(process.tokens, "_keep", failing)
    assert isinstance(await process.tries(), CredentialsAccepted)
    after, tokens = await renewals.tries(seed)
    assert isinstance(after, CredentialsAccepted)
    assert tokens.warning is None


async def test_tokens_lie_sealed_and_open_for_nobody_else(
    renewals: Renewals, authority: Authority, clock: Clock
) -> None:
    await begin(renewals, authority, clock)
    rows = await renewals.database.pool.fetch("select tokens::text as row from tokens")
    assert rows
    for row in rows:
        assert "-token-" not in row["row"]
    row = await renewals.database.pool.fetchrow("select key_id, box from tokens order by kept_at desc limit 1")
    sealed = Sealed(key_id=row["key_id"], box=row["box"])
    with pytest.raises(ValueError, match="another kind"):
        renewals.parts.ring.open(sealed, firm_id=FIRM, connection_id=CONNECTION)
    with pytest.raises(ValueError, match="another connection"):
        renewals.parts.ring.open(sealed, firm_id=FIRM, connection_id="con_2", kind="tokens")
