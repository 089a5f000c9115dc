"""State and event go together: what a transaction says is written beside what it does, and relayed afterwards.

The relay hands rows to the broker in the order of their ids and deletes them once it has confirmed them. One process
of a service relays at a time (a session lock in PostgreSQL), so records of one key keep the order in which their rows
were written; writers of one key are ordered by the row lock under which they assign versions (DESIGN 4).
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from qontable import metrics
from qontable.database import Connection, Database
from qontable.envelope import Envelope, seal_envelope
from qontable.events.base import Event
from qontable.set_aside import SetAsideRecord, write_set_aside

CHANNEL = "outbox"
CHUNK = 1_000
REFUSED = (MessageSizeTooLargeError, InvalidTopicError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError)
_RELAY_LOCK = 0x516F6E01

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """One record to be: topic without prefix, key, headers, body."""

    topic: str
    key: str
    headers: dict[str, str]
    body: bytes


def outgoing(event: Event, source: str, traceparent: str | None) -> OutgoingRecord:
    """The record of an event, under a new identity."""
    envelope: Envelope = seal_envelope(event, source, traceparent)
    return OutgoingRecord(event.topic, event.key, envelope.headers(), event.body())


async def write_outbox(connection: Connection, records: Sequence[OutgoingRecord]) -> None:
    """Write records into the outbox, in order, within the caller's transaction; the relay wakes at its commit."""
    if not records:
        return
    await connection.execute(
        """
        with written as (
            insert into outbox (topic, key, headers, body)
            select * from unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[])
        )
        select pg_notify($5 || '_' || current_schema(), '')
        """,
        [record.topic for record in records],
        [record.key for record in records],
        [record.headers for record in records],
        [record.body for record in records],
        CHANNEL,
    )


class Relay:
    """Moves outbox rows to the broker. `run` returns only by cancellation; a failure is raised to the caller's loop."""

    def __init__(self, database: Database, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        self._database = database
        self._producer = producer
        self._prefix = topic_prefix

    async def run(self) -> None:
        """Take the relay's lock, then relay until cancelled. Waits while another process relays."""
        async with self._database.pool.acquire() as connection:
            await _become_relay(connection)
            schema = await connection.fetchval("select current_schema()")
            wake = asyncio.Event()

            def notified(*_: Any) -> None:
                wake.set()

            await connection.add_listener(f"{CHANNEL}_{schema}", notified)
            try:
                await self._relay_for_ever(connection, wake)
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(f"{CHANNEL}_{schema}", notified)
                    await connection.execute("select pg_advisory_unlock($1, hashtext(current_schema()))", _RELAY_LOCK)

    async def _relay_for_ever(self, connection: Connection, wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            if await self.relay_chunk(connection) == CHUNK:
                continue
            try:
                await asyncio.wait_for(wake.wait(), timeout=1.0)
            except TimeoutError:
                metrics.OUTBOX_OLDEST_SECONDS.set(0)

    async def relay_chunk(self, connection: Connection) -> int:
        """Relay up to `CHUNK` rows in one transaction and return how many.

        A row that the broker refuses for what it is (too large, no such topic) is set aside and reported; any other
        failure undoes the chunk, whose confirmed records are then sent twice under the same identity.
        """
        async with connection.transaction():
            rows = await connection.fetch(
                """
                with taken as (
                    delete from outbox where id in (select id from outbox order by id limit $1)
                    returning id, topic, key, headers, body, created_at
                )
                select * from taken order by id
                """,
                CHUNK,
            )
            if rows:
                _note_age(rows[0]["created_at"])
                await self._send(connection, rows)
        return len(rows)

    async def _send(self, connection: Connection, rows: Sequence[Any]) -> None:
        pending: list[Any] = []
        for row in rows:
            try:
                pending.append(
                    await self._producer.send(
                        f"{self._prefix}{row['topic']}",
                        key=row["key"].encode(),
                        value=row["body"],
                        headers=[(name, value.encode()) for name, value in row["headers"].items()],
                    )
                )
            except REFUSED as error:
                pending.append(error)
        results = await asyncio.gather(*(_settled(item) for item in pending))
        refused = [_refused_row(row, result) for row, result in zip(rows, results, strict=True) if result is not None]
        if refused:
            log.error(
                "broker refused outbox rows", rows=len(refused), reasons=sorted({item.detail for item in refused})
            )
            await write_set_aside(connection, refused)
        for row in rows:
            metrics.OUTBOX_RELAYED.labels(row["topic"]).inc()


async def _become_relay(connection: Connection) -> None:
    """Wait for the lock in small steps, so that a relay that died is replaced within a second."""
    taken = False
    while not taken:
        taken = await connection.fetchval("select pg_try_advisory_lock($1, hashtext(current_schema()))", _RELAY_LOCK)
        await asyncio.sleep(0 if taken else 1.0)


async def _settled(item: Awaitable[Any] | Exception) -> Exception | None:
    """Nothing when the broker confirmed, the refusal when it refused; other failures are raised."""
    if isinstance(item, Exception):
        return item
    try:
        await item
    except REFUSED as error:
        return cast(Exception, error)
    return None


def _refused_row(row: Any, error: Exception) -> SetAsideRecord:
    return SetAsideRecord(
        consumer="outbox",
        topic=row["topic"],
        key=row["key"].encode(),
        headers=[[name, value] for name, value in row["headers"].items()],
        body=row["body"],
        reason="broker_refused",
        detail=type(error).__name__,
        traceparent=row["headers"].get("traceparent"),
    )


def _note_age(created_at: datetime) -> None:
    metrics.OUTBOX_OLDEST_SECONDS.set((datetime.now(created_at.tzinfo) - created_at).total_seconds())
