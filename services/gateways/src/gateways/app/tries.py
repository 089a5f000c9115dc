"""One try and how it is told: to the table of attempts, to the hub, to whoever follows the connection's health."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from gateways.adapters.attempts import Answered, Opened, Operation
from gateways.domain import life
from gateways.domain.delivery import Delivery, State
from gateways.domain.health import LaneHealth
from gateways.domain.lease import Lease
from gateways.domain.life import Moment
from gateways.domain.outcome import CouldNotAsk, Exchange, SendOutcome, StillPending, Unknown, VerifyOutcome
from gateways.domain.words import words
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryAttempted

EXPECTED: dict[Operation, State] = {"send": "sending", "find": "unknown", "verify": "handed_over"}
"""The state in which each operation finds a delivery; in any other its answer has been written before."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One try and what came of it. `step` says what the delivery becomes.

    `opened` is the attempt on record; a look-up has none before it is answered. `substitute` stands for an answer that
    came and cannot be written (`without_answer`): should it fail as well, nothing can be told.
    """

    delivery: Delivery
    operation: Operation
    outcome: SendOutcome | VerifyOutcome
    step: Callable[[Delivery, Moment], Delivery]
    started_at: datetime
    seconds: float = 0.0
    opened: Opened | None = None
    traceparent: str | None = None
    payload_key: str | None = None
    substitute: bool = False

    @property
    def on_record(self) -> bool:
        """Whether it is a try to tell of: a job that only says "not yet" is asked too often for that."""
        return not isinstance(self.outcome, StillPending)

    def told(self, seconds: float, traceparent: str | None) -> Self:
        """The try with how long it took and the trace in which it was made."""
        return replace(self, seconds=seconds, traceparent=traceparent)

    def answered(self, delivery: Delivery, now: datetime) -> Answered:
        """The attempt's row; `delivery` is as it was written after this try."""
        exchange = self.outcome.exchange
        return Answered(
            delivery_id=delivery.delivery_id,
            number=self.opened.number if self.opened else delivery.attempts,
            operation=self.operation,
            started_at=self.started_at,
            deadline=self.opened.deadline if self.opened else self.started_at,
            finished_at=now,
            outcome=self.outcome.name,
            http_status=exchange.http_status,
            request_id=exchange.request_id,
            request_sha256=hashlib.sha256(exchange.sent).hexdigest() if exchange.sent is not None else None,
            payload_key=self.payload_key,
            message=getattr(self.outcome, "message", None),
        )


def without_answer(tried: Tried) -> Tried:
    """The same try as if its answer had not come: for an answer that cannot be written."""
    opened = tried.opened
    failed = CouldNotAsk(exchange=Exchange(), message=words("not_answered"), cause="refused")
    doubtful = Unknown(exchange=Exchange(), message=words("connector_fault"))

    def step(row: Delivery, at: Moment) -> Delivery:
        if opened:
            return life.sent(row, doubtful, opened.deadline, at)
        if tried.operation == "find":
            return life.looked_up(row, failed, tried.started_at, at)
        return life.verified(row, failed, at)

    return replace(tried, outcome=doubtful if opened else failed, step=step, payload_key=None, substitute=True)


def attempted(delivery: Delivery, answer: Answered) -> EntryAttempted:
    """What the hub hears of a try."""
    return EntryAttempted(
        delivery_id=delivery.delivery_id,
        firm_id=delivery.firm_id,
        file_id=delivery.file_id,
        entry_id=delivery.entry_id,
        revision=delivery.revision,
        attempt=answer.number,
        operation=answer.operation,
        outcome=answer.outcome,
        http_status=answer.http_status,
        request_id=answer.request_id,
        request_sha256=answer.request_sha256,
        payload_key=answer.payload_key,
        message=answer.message,
        started_at=answer.started_at,
        finished_at=answer.finished_at,
    )


def health_changed(lease: Lease, health: LaneHealth) -> ConnectionHealthChanged:
    """What the house hears of a connection's health, which has been said at least once."""
    assert health.health is not None
    assert health.since is not None
    return ConnectionHealthChanged(
        firm_id=lease.firm_id,
        connection_id=lease.connection_id,
        connector=lease.connector,
        version=health.version,
        health=health.health,
        since=health.since,
        message=health.message,
    )
