"""Everything that one owner of a lane works with, from taking the lane to giving it back."""

from dataclasses import dataclass, field
from datetime import timedelta

from gateways.adapters import connections, lanes
from gateways.adapters.books import Shelf
from gateways.adapters.connections import KnownConnection
from gateways.adapters.lanes import Taken
from gateways.app.clock import DatabaseClock
from gateways.app.ledger import Ledger
from gateways.app.parts import Parts
from gateways.app.tokens import Safe
from gateways.app.turnstile import Turns, Turnstile
from gateways.domain.deadline import Deadline
from gateways.domain.lease import Lease
from gateways.domain.port import Connector, Session
from gateways.domain.rules import SendingRules, sending_rules
from qontable.vault import BoxRefused


@dataclass(slots=True)
class Tenure:
    """One lease's work. `connection` is None while the hub has not spoken of it; `credentials` are in memory only.

    `leaving` ends the tenure once what is under way has ended: nothing new is begun.
    """

    parts: Parts
    lease: Lease
    connection: KnownConnection | None
    connector: Connector
    rules: SendingRules
    turnstile: Turnstile
    ledger: Ledger
    shelf: Shelf
    safe: Safe
    clock: DatabaseClock
    credentials: dict[str, str] | None = field(repr=False)
    leaving: bool = False

    def may_begin(self) -> bool:
        """Whether a delivery may be worked on: the connection is on, neither halted nor paused, the lease has room."""
        health = self.ledger.health
        return (
            not self.leaving
            and self.connection is not None
            and self.connection.enabled
            and self.credentials is not None
            and health.halted_version != self.connection.version
            and (health.paused_until is None or health.paused_until <= self.clock.now())
            and self.lease.covers(Deadline.after(self.rules.attempt.total_seconds()))
        )

    def width(self) -> int:
        """How many files may be worked on side by side: one while the software fails, to see whether it recovers."""
        return 1 if self.ledger.health.failures else self.rules.throttle.concurrent

    def session(
        self,
        turns: Turns,
        length: timedelta,
        software_file: str | None,
        credentials: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
    ) -> Session:
        """What one call may use, for `length` from now; as the connection unless other credentials are given."""
        known = self.connection
        used = self.credentials or {} if credentials is None else credentials
        return Session(
            credentials=used,
            http=self.parts.clients[self.lease.connector],
            deadline=Deadline.after(length.total_seconds()),
            throttle=turns,
            books=self.shelf.books(software_file),
            software_file_id=software_file,
            parameters=parameters if parameters is not None else (known.parameters if known else {}),
            tokens=self.safe.tokens(used),
        )


async def begin(parts: Parts, taken: Taken) -> Tenure:
    """Read what a lane just taken needs. Raises `LeaseLost`."""
    lease = taken.lease
    async with parts.units.database.transaction() as connection:
        health, now = await lanes.hold(connection, lease)
        known = await connections.by_id(connection, lease.connection_id)
    connector = parts.connectors[lease.connector]
    rules = sending_rules(connector.sheet, known.throttle if known else None)
    turnstile = Turnstile(rules.throttle, lease)
    turnstile.remember(taken.requests_made)
    credentials = _open(parts, known) if known else None
    safe = Safe(parts, lease)
    own = safe.tokens(credentials or {})
    return Tenure(
        parts=parts,
        lease=lease,
        connection=known,
        connector=connector,
        rules=rules,
        turnstile=turnstile,
        ledger=Ledger(parts, lease, rules, known.version if known else 0, health, lambda: own.warning),
        safe=safe,
        shelf=Shelf(parts.units.database, lease.connection_id),
        clock=DatabaseClock(now),
        credentials=credentials,
    )


def _open(parts: Parts, known: KnownConnection) -> dict[str, str] | None:
    """The connection's credentials; nothing when no key here opens them."""
    try:
        return parts.ring.open(known.sealed, firm_id=known.firm_id, connection_id=known.connection_id)
    except BoxRefused:
        return None
