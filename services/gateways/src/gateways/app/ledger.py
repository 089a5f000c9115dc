"""The lane's book-keeping: attempts before they leave, answers with everything that follows from them.

Every write checks the fencing token, and each answer's rows and events go in one transaction (DESIGN 6, 8). A
database that does not answer is waited for: an answer in memory is worth more than a look-up later.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from gateways.adapters import attempts, deliveries, lanes
from gateways.adapters.attempts import Opened
from gateways.adapters.documents import keep_payloads
from gateways.adapters.recalls import recalled_among
from gateways.app.parts import Parts
from gateways.app.patience import until_written
from gateways.app.tries import EXPECTED, Tried, attempted, health_changed, without_answer
from gateways.domain.delivery import Delivery
from gateways.domain.health import LaneHealth, Sign, noted, sign_of
from gateways.domain.lease import Lease, LeaseLost
from gateways.domain.life import Moment, given_up, recalled
from gateways.domain.rules import SendingRules
from qontable import metrics
from qontable.events.delivery import SoftwareMessage
from qontable.gathering import Gathering
from qontable.telemetry import frames
from qontable.unit import Unit

log = structlog.get_logger()

_CHANCE = random.SystemRandom()


class Ledger:
    """Writes for one lease. `health` is the lane's as last written; `open`, `settle` and `note` raise `LeaseLost`.

    `warning` says what the connection's owner has to do soon, though all goes well.
    """

    def __init__(
        self,
        parts: Parts,
        lease: Lease,
        rules: SendingRules,
        version: int,
        health: LaneHealth,
        warning: Callable[[], SoftwareMessage | None],
    ) -> None:
        self.health = health
        self._warning = warning
        self._parts = parts
        self._lease = lease
        self._rules = rules
        self._version = version
        self._openings = Gathering[Sequence[str], list[Opened]](self._open)
        self._out: set[str] = set()  # put on record, not answered yet: others wait a moment for them
        self._settlements = Gathering[Tried, None](self._settle_batch, more_to_come=lambda: bool(self._out))

    async def open(self, delivery_ids: Sequence[str]) -> list[Opened]:
        """Put attempts on record; deliveries that were recalled or changed hands are left out."""
        return await self._openings(delivery_ids)

    async def settle(self, tried: Tried) -> None:
        """Write what came of a try, and what follows from it; those of other tries under way join it."""
        self._out.discard(tried.delivery.delivery_id)
        await self._settlements(tried)

    async def note(self, unit: Unit, sign: Sign, started_at: datetime) -> None:
        """Take a sign of the software's health into account, within the caller's transaction."""
        health, now = await lanes.hold(unit.connection, self._lease)
        await self._note(unit, health, [(sign, started_at)], now)

    async def _open(self, portions: Sequence[Sequence[str]]) -> list[list[Opened]]:
        wanted = [delivery_id for portion in portions for delivery_id in portion]
        async with self._parts.units.database.pool.acquire() as connection:
            opened = await attempts.open_sends(connection, self._lease, wanted, self._rules.attempt)
        by_id = {item.delivery_id: item for item in opened}
        self._out.update(by_id)
        if left_out := [name for name in wanted if name not in by_id]:
            await self._take_back(left_out)
        return [[by_id[name] for name in portion if name in by_id] for portion in portions]

    async def _take_back(self, delivery_ids: Sequence[str]) -> None:
        """Close those of them that are queued although they were recalled: recall and dispatch had crossed."""
        async with self._parts.units.unit() as unit:
            _, now = await lanes.hold(unit.connection, self._lease)
            rows = await deliveries.lock(unit.connection, await recalled_among(unit.connection, delivery_ids))
            queued = [replace(recalled(row), changed_at=now) for row in rows.values() if row.state == "queued"]
            for row in await deliveries.write(unit.connection, queued):
                unit.publish(row.event(), traceparent=row.traceparent)

    async def _settle_batch(self, batch: Sequence[Tried]) -> Sequence[None]:
        """Payloads first: events name them. One object holds those of a batch, which is of one firm."""
        exchanges = {tried.delivery.delivery_id: tried.outcome.exchange for tried in batch}
        try:
            key = await keep_payloads(self._parts.storage, self._lease.firm_id, exchanges)
        except OSError as error:
            log.warning("payloads of attempts were not kept", attempts=len(batch), error=type(error).__name__)
            key = None
        return await self._settle_isolated([replace(tried, payload_key=key) for tried in batch])

    async def _settle_patiently(self, batch: Sequence[Tried]) -> Sequence[None]:
        await until_written(partial(self._settle, batch), "answers", answers=len(batch))
        return [None] * len(batch)

    async def _settle_isolated(self, batch: Sequence[Tried]) -> Sequence[None]:
        """Settle a batch; an answer that cannot be written is found by itself and replaced by its absence."""
        try:
            return await self._settle_patiently(batch)
        except LeaseLost:
            raise
        except Exception as error:
            log.error("an answer cannot be written", answers=len(batch), error=type(error).__name__, at=frames(error))
            if len(batch) == 1 and batch[0].substitute:
                raise
        for tried in batch:
            await self._settle_isolated([without_answer(tried) if len(batch) == 1 else tried])
        return [None] * len(batch)

    async def _settle(self, batch: Sequence[Tried]) -> None:
        """Write a batch; answers that were written before (a commit that went through unheard) are passed over."""
        async with self._parts.units.unit() as unit:
            health, now = await lanes.hold(unit.connection, self._lease)
            rows = await deliveries.lock(unit.connection, [tried.delivery.delivery_id for tried in batch])
            fresh = [tried for tried in batch if rows[tried.delivery.delivery_id].state == EXPECTED[tried.operation]]
            at = Moment(now, self._rules, self._parts.plan, _CHANCE.random())
            await self._write(unit, [(tried, rows[tried.delivery.delivery_id]) for tried in fresh], at)
            signs = [(sign, tried.started_at) for tried in fresh if (sign := sign_of(tried.outcome))]
            await self._note(unit, health, signs, now)

    async def _write(self, unit: Unit, tries: Sequence[tuple[Tried, Delivery]], at: Moment) -> None:
        after = [_after(tried, row, at) for tried, row in tries]
        written = await deliveries.write(unit.connection, after)
        answers = [
            tried.answered(row, at.now) for (tried, _), row in zip(tries, written, strict=True) if tried.on_record
        ]
        await attempts.write(unit.connection, self._lease, answers)
        by_id = {answer.delivery_id: answer for answer in answers}
        for (tried, before), row in zip(tries, written, strict=True):
            traceparent = tried.traceparent or row.traceparent
            if (before.state, before.message) != (row.state, row.message):
                unit.publish(row.event(), traceparent=traceparent)
            if answer := by_id.get(row.delivery_id):
                unit.publish(attempted(row, answer), traceparent=traceparent)
            metrics.ATTEMPTS.labels(row.connector, tried.operation, tried.outcome.name).inc()
            metrics.ATTEMPT_SECONDS.labels(row.connector, tried.operation).observe(tried.seconds)

    async def _note(
        self, unit: Unit, before: LaneHealth, signs: Sequence[tuple[Sign, datetime]], now: datetime
    ) -> None:
        """Write and tell the lane's health where these signs changed it, each change by itself: what is told does not
        depend on which answers came to share a commit."""
        health = before
        for sign, started_at in signs:
            version, chance = health.version, _CHANCE.random()
            health = noted(
                health,
                sign,
                started_at=started_at,
                now=now,
                version=self._version,
                plan=self._parts.plan,
                chance=chance,
                warning=self._warning(),
            )
            if health.version != version:
                unit.publish(health_changed(self._lease, health))
        if health != before:
            await lanes.write_health(unit.connection, self._lease.connection_id, health)
        if health.failures > before.failures and health.failing_since is not None:
            await self._give_up(unit, health.failing_since, now)
        unit.after_commit(partial(setattr, self, "health", health))

    async def _give_up(self, unit: Unit, failing_since: datetime, now: datetime) -> None:
        """Park what waited for a failing software for as long as retries last, whether it was tried or not."""
        cutoff = now - self._parts.plan.give_up_after
        if failing_since > cutoff:
            return
        ids = await deliveries.expired(unit.connection, self._lease.connection_id, failing_since, cutoff)
        rows = await deliveries.lock(unit.connection, ids)
        parked = [replace(given_up(row), changed_at=now) for row in rows.values() if row.state == "queued"]
        for row in await deliveries.write(unit.connection, parked):
            unit.publish(row.event(), traceparent=row.traceparent)


def _after(tried: Tried, row: Delivery, at: Moment) -> Delivery:
    """The delivery after a try. Sends were counted when they were put on record, look-ups are counted here."""
    counted = tried.opened is None and tried.on_record
    return replace(tried.step(row, at), changed_at=at.now, attempts=row.attempts + counted)
