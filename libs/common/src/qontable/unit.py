"""One unit of work: a transaction, what it says, and what it sets aside, committed together or not at all.

What was set aside is logged and counted with the commit, whoever did it.
"""

import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from qontable import metrics
from qontable.database import Connection, Database
from qontable.events.base import Event
from qontable.outbox import OutgoingRecord, outgoing, write_outbox
from qontable.set_aside import SetAsideRecord, write_set_aside
from qontable.telemetry import current_traceparent

log = structlog.get_logger()


class Unit:
    """Handed to handlers: `connection` is inside the transaction; `publish` and `set_aside` act at its commit.

    `source` is the name under which it speaks, for who writes more to the outbox than memory should hold.
    """

    def __init__(self, connection: Connection, source: str) -> None:
        self.connection = connection
        self.source = source
        self._outgoing: list[OutgoingRecord] = []
        self.aside: list[SetAsideRecord] = []
        self.committed: list[Callable[[], None]] = []

    def publish(self, event: Event, *, traceparent: str | None = None) -> None:
        """Say `event` when the transaction commits, in the trace given or the present one."""
        self._outgoing.append(outgoing(event, self.source, traceparent or current_traceparent()))

    def set_aside(self, record: SetAsideRecord, *, entered: bool = True) -> None:
        """Keep a record that cannot be processed. A handler's counts as consumed (`entered`) until it is replayed."""
        self.aside.append(dataclasses.replace(record, entered=entered))

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once the transaction has committed: for waking whoever works on its effects."""
        self.committed.append(act)

    async def flush(self) -> None:
        """Write what was said and set aside. Called once, before the commit."""
        await write_outbox(self.connection, self._outgoing)
        await write_set_aside(self.connection, self.aside)


class Units:
    """Where a service's units of work come from: its database and the name under which it speaks."""

    def __init__(self, database: Database, service: str) -> None:
        self.database = database
        self.source = f"/qontable/{service}"

    @asynccontextmanager
    async def unit(self, firm_id: str | None = None) -> AsyncIterator[Unit]:
        """A unit of work, as one firm where `firm_id` is given."""
        async with self.database.transaction(firm_id) as connection:
            unit = Unit(connection, self.source)
            yield unit
            await unit.flush()
        _note(unit.aside)
        for act in unit.committed:
            act()


def _note(aside: Sequence[SetAsideRecord]) -> None:
    for topic, records in Counter(record.topic for record in aside).items():
        reasons = sorted({record.reason for record in aside if record.topic == topic})
        log.warning("records set aside", topic=topic, records=records, reasons=reasons)
        metrics.RECORDS_SET_ASIDE.labels(topic).inc(records)
