"""State and event go together: what a transaction says is written beside what it does, and relayed afterwards.

The relay hands rows to the broker in the order of their ids and deletes each once it is confirmed. One process of a
service relays at a time (a session lock in PostgreSQL, which a silent process loses), so records of one key keep the
order in which their rows were written; writers of one key are ordered by the row lock under which they assign versions
(DESIGN 4). A row that was confirmed but not deleted, because the process ended in between, is sent again under the same
identity.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from qontable import metrics
from qontable.database import Connection, Database
from qontable.envelope import Envelope, seal_envelope
from qontable.events.base import Event
from qontable.guard import Refusals, TooManyRefused
from qontable.producer import open_producer
from qontable.set_aside import OUTBOX, SetAsideRecord, write_set_aside

CHANNEL = "outbox"
CHUNK = 1_000
CHUNK_BYTES = 8 * 1024 * 1024
STOP_SECONDS = 5
SILENT_SECONDS = 15.0
"""A relay looks at its table every second; one that has not for so long is stopped, or cannot reach the broker."""
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
    """Moves outbox rows to the broker."""

    def __init__(self, database: Database, kafka: str, topic_prefix: str) -> None:
        self._database = database
        self._kafka = kafka
        self._prefix = topic_prefix
        self._refusals = Refusals()

    async def note_oldest(self) -> bool:
        """Note how long the oldest row has waited, whether or not the broker can be reached."""
        async with self._database.transaction() as connection:
            created_at = await connection.fetchval("select created_at from outbox order by id limit 1")
        waited = (datetime.now(created_at.tzinfo) - created_at).total_seconds() if created_at else 0
        metrics.OUTBOX_OLDEST_SECONDS.set(waited)
        return False

    async def step(self) -> bool:
        """Take the relay's lock, waiting while another process relays, then relay until cancelled or something fails.

        The producer lives as long as the call: one that has met an error may refuse everything that follows.
        """
        producer = await open_producer(self._kafka)
        try:
            async with self._database.session() as connection:
                await _become_relay(connection)
                await self._relay_for_ever(connection, producer)
        finally:
            with suppress(TimeoutError):  # what it still holds is in the outbox, too
                await asyncio.wait_for(producer.stop(), timeout=STOP_SECONDS)

    async def _relay_for_ever(self, connection: Connection, producer: AIOKafkaProducer) -> NoReturn:
        wake = asyncio.Event()
        channel = f"{CHANNEL}_{await connection.fetchval('select current_schema()')}"

        def notified(*_: Any) -> None:
            wake.set()

        await connection.add_listener(channel, notified)
        try:
            while True:
                wake.clear()
                if not await self.relay_chunk(connection, producer):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(wake.wait(), timeout=1.0)
        finally:
            if not connection.is_closed():
                await connection.remove_listener(channel, notified)

    async def relay_chunk(self, connection: Connection, producer: AIOKafkaProducer) -> int:
        """Relay rows of up to `CHUNK_BYTES`, at most `CHUNK` of them and at least one, and return how many there were.

        A row that the broker refuses for what it is (too large, no such topic) is set aside and reported, unless that
        happens to so many of its topic that the topic is at fault (`Refusals`). Such rows and those that fail otherwise
        stay, and the first failure is raised once those that were confirmed are gone.
        """
        rows = await connection.fetch(
            """
            with first as (select * from outbox order by id limit $1)
            select * from (
                select *, sum(octet_length(body)) over (order by id) - octet_length(body) as before from first
            ) as counted
            where before < $2 order by id
            """,
            CHUNK,
            CHUNK_BYTES,
        )
        if rows:
            results = self._judge(rows, await self._send(producer, rows))
            await _settle(connection, rows, results)
            for result in results:
                if result is not None and not isinstance(result, REFUSED):
                    raise result
        return len(rows)

    def _judge(self, rows: Sequence[Any], results: Sequence[BaseException | None]) -> list[BaseException | None]:
        """The results, with refusals that are one too many in the place of the broker's."""
        judged: list[BaseException | None] = []
        stopped: dict[str, TooManyRefused] = {}
        for row, result in zip(rows, results, strict=False):
            topic = row["topic"]
            if result is None:
                self._refusals.confirmed(topic)
                metrics.OUTBOX_STOPPED.labels(topic).set(0)
            elif isinstance(result, REFUSED) and not self._refusals.bearable(topic):
                stopped.setdefault(topic, TooManyRefused(f"the broker refuses what is said on {topic}"))
            judged.append(stopped.get(topic, result) if isinstance(result, REFUSED) else result)
        for topic in stopped:
            metrics.OUTBOX_STOPPED.labels(topic).set(1)
            log.error("relay stopped: the broker refuses what is said on a topic", topic=topic)
        return judged

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> list[BaseException | None]:
        """What came of each row: nothing where the broker confirmed it, else the error; rows not tried are left out."""
        sent: list[asyncio.Future[Any] | KafkaError] = []
        refused_topics: dict[str, KafkaError] = {}
        for row in rows:
            try:
                if row["topic"] in refused_topics:
                    sent.append(refused_topics[row["topic"]])
                    continue
                sent.append(await producer.send(**self._record(row)))
            except KafkaError as error:
                sent.append(await _believed(producer, error))
                if not isinstance(sent[-1], REFUSED):
                    break
                if not isinstance(error, MessageSizeTooLargeError):
                    refused_topics[row["topic"]] = error
        await asyncio.gather(*(item for item in sent if isinstance(item, asyncio.Future)), return_exceptions=True)
        return [item.exception() if isinstance(item, asyncio.Future) else item for item in sent]

    def _record(self, row: Any) -> dict[str, Any]:
        return {
            "topic": f"{self._prefix}{row['topic']}",
            "key": row["key"].encode(),
            "value": row["body"],
            "headers": [(name, value.encode()) for name, value in row["headers"].items()],
        }


async def _believed(producer: AIOKafkaProducer, error: KafkaError) -> KafkaError:
    """The error, unless it calls a topic unknown only because no broker answers: the client says so after a while."""
    if isinstance(error, UnknownTopicOrPartitionError):
        try:
            await producer.client.fetch_all_metadata()
        except KafkaError as away:
            return away
    return error


async def _settle(connection: Connection, rows: Sequence[Any], results: Sequence[BaseException | None]) -> None:
    """Delete what the broker confirmed, set aside what it refused."""
    outcomes = list(zip(rows, results, strict=False))
    confirmed = [row for row, result in outcomes if result is None]
    refused = [(row, result) for row, result in outcomes if isinstance(result, REFUSED)]
    if refused:
        async with connection.transaction():
            await _delete(connection, [*confirmed, *(row for row, _ in refused)])
            await write_set_aside(connection, [_refused_row(row, error) for row, error in refused])
    else:
        await _delete(connection, confirmed)  # one statement is a transaction by itself
    for row in confirmed:
        metrics.OUTBOX_RELAYED.labels(row["topic"]).inc()
    for row, _ in refused:
        metrics.OUTBOX_REFUSED.labels(row["topic"]).inc()
    if refused:
        reasons = sorted({type(error).__name__ for _, error in refused})
        log.error("broker refused outbox rows", rows=len(refused), reasons=reasons)


async def _delete(connection: Connection, rows: Sequence[Any]) -> None:
    await connection.execute("delete from outbox where id = any($1)", [row["id"] for row in rows])


async def _become_relay(connection: Connection) -> None:
    """Wait for the lock in small steps, so that a relay that died is replaced within a second.

    One that lives but is silent loses its session, and with it the lock. What it goes on to send when it wakes up has
    been on the topic since, under the same identities.
    """
    while not await connection.fetchval("select pg_try_advisory_lock($1, hashtext(current_schema()))", _RELAY_LOCK):
        if await _end_silent_relay(connection):
            log.warning("a relay that was silent has been replaced", seconds=SILENT_SECONDS)
        await asyncio.sleep(1.0)


async def _end_silent_relay(connection: Connection) -> bool:
    """End the session that holds the lock if it has said nothing for `SILENT_SECONDS`; whether there was one."""
    ended = await connection.fetchval(
        """
        select pg_terminate_backend(pid) from pg_locks
        join pg_stat_activity using (pid)
        join pg_database on pg_database.oid = pg_locks.database
        where locktype = 'advisory' and granted and objsubid = 2 and pg_database.datname = current_database()
            and classid = $1 and objid = (hashtext(current_schema())::bigint & 4294967295)::oid
            and state_change < clock_timestamp() - make_interval(secs => $2)
        """,
        _RELAY_LOCK,
        SILENT_SECONDS,
    )
    return bool(ended)


def _refused_row(row: Any, error: KafkaError) -> SetAsideRecord:
    return SetAsideRecord(
        consumer=OUTBOX,
        topic=row["topic"],
        key=row["key"].encode(),
        headers=[[name, value] for name, value in row["headers"].items()],
        body=row["body"],
        reason="broker_refused",
        detail=type(error).__name__,
        traceparent=row["headers"].get("traceparent"),
    )
