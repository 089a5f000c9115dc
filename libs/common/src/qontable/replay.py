"""The way back of what was set aside: put on its topic again, or closed with a note. Each row has one end.

A replay is the same record again: bytes, key, headers, identity. The consumer that set it aside never acted on it, so
its inbox must not know it; every other consumer of the topic that did act on it counts a repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from qontable.database import Connection, Database
from qontable.envelope import EnvelopeRefused, body_hash, read_envelope
from qontable.header_names import name_text
from qontable.set_aside import decode_text

IDENTITY_REUSED = "identity_reused"
BROKER_AWAY = (KafkaConnectionError, KafkaTimeoutError)


class Ending(StrEnum):
    """What came of a wish to replay or close a row."""

    DONE = "done"
    ALREADY = "already"
    UNKNOWN = "unknown"
    OTHER_END = "other_end"
    IDENTITY_REUSED = "identity_reused"
    BROKER_REFUSED = "broker_refused"
    HEADER_UNSENDABLE = "header_unsendable"

    @property
    def refused(self) -> bool:
        """Whether the wish was not and will not be fulfilled as it stands."""
        return self not in (Ending.DONE, Ending.ALREADY)


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A row as it stands; `headers` are texts of `encode_text`."""

    id: int
    consumer: str
    topic: str
    partition: int | None
    record_offset: int | None
    key: bytes | None
    headers: list[list[str | None]]
    body: bytes | None
    reason: str
    detail: str
    traceparent: str | None
    entered: bool
    set_aside_at: datetime
    replayed_at: datetime | None
    closed_at: datetime | None
    closed_note: str | None
    size: int

    @property
    def wire_headers(self) -> list[tuple[str, bytes | None]]:
        """The headers as they were."""
        return [(name_text(decode_text(name) or b""), decode_text(value)) for name, value in self.headers]


_COLUMNS = """
    id, consumer, topic, partition, record_offset, key, headers, reason, detail, traceparent, entered, set_aside_at,
    replayed_at, closed_at, closed_note, coalesce(octet_length(body), 0) as size
"""


async def list_kept(
    database: Database, *, topic: str | None = None, reason: str | None = None, ended: bool = False
) -> list[KeptRecord]:
    """Rows in the order in which they were set aside, without bodies; with those that ended where `ended` says so."""
    rows = await database.pool.fetch(
        f"""
        select {_COLUMNS}, null as body from set_aside
        where ($1::text is null or topic = $1) and ($2::text is null or reason = $2)
            and ($3 or (replayed_at is null and closed_at is null))
        order by id
        """,  # noqa: S608 - columns are named above
        topic,
        reason,
        ended,
    )
    return [KeptRecord(**row) for row in rows]


async def find_kept(database: Database, kept_id: int) -> KeptRecord | None:
    """One row."""
    row = await database.pool.fetchrow(f"select {_COLUMNS}, body from set_aside where id = $1", kept_id)  # noqa: S608
    return KeptRecord(**row) if row else None


async def replay(database: Database, producer: AIOKafkaProducer, topic_prefix: str, kept_id: int) -> Ending:
    """Put a record on its topic again. Raises one of `BROKER_AWAY` or `UNREACHABLE`, and has done nothing then.

    Two who replay the same row do it once. A process that dies after the broker's answer leaves the row open: replayed
    once more, the record has the same identity and acts once.
    """
    async with database.transaction() as connection:
        kept = await _lock(connection, kept_id)
        ending = _ending(kept, "replayed_at")
        if kept is None or ending is not Ending.DONE:
            return ending
        if kept.reason == IDENTITY_REUSED:
            return Ending.IDENTITY_REUSED
        await _forget_consumed(connection, kept)
        try:
            await _produce(producer, topic_prefix, kept)
        except BROKER_AWAY:
            raise
        except UnicodeEncodeError:
            return Ending.HEADER_UNSENDABLE
        except KafkaError:
            return Ending.BROKER_REFUSED
        await connection.execute("update set_aside set replayed_at = now() where id = $1", kept_id)
        return Ending.DONE


async def close(database: Database, kept_id: int, note: str) -> Ending:
    """Close a row that shall not come back; the note says why."""
    async with database.transaction() as connection:
        kept = await _lock(connection, kept_id)
        ending = _ending(kept, "closed_at")
        if ending is Ending.DONE:
            await connection.execute(
                "update set_aside set closed_at = now(), closed_note = $2 where id = $1", kept_id, note
            )
        return ending


async def _lock(connection: Connection, kept_id: int) -> KeptRecord | None:
    row: asyncpg.Record | None = await connection.fetchrow(
        f"select {_COLUMNS}, body from set_aside where id = $1 for update",  # noqa: S608
        kept_id,
    )
    return KeptRecord(**row) if row else None


def _ending(kept: KeptRecord | None, wished: str) -> Ending:
    """`DONE` where the row is still open, so that the wish can be fulfilled."""
    if kept is None:
        return Ending.UNKNOWN
    if getattr(kept, wished):
        return Ending.ALREADY
    return Ending.OTHER_END if kept.replayed_at or kept.closed_at else Ending.DONE


async def _forget_consumed(connection: Connection, kept: KeptRecord) -> None:
    """Take a record that its handler set aside out of that consumer's inbox; one that was processed stays there."""
    if not kept.entered or kept.body is None:
        return
    try:
        envelope = read_envelope(kept.wire_headers)
    except EnvelopeRefused:
        return
    await connection.execute(
        "delete from inbox where consumer = $1 and source = $2 and event_id = $3 and body_hash = $4",
        kept.consumer,
        envelope.source,
        envelope.event_id,
        body_hash(kept.body),
    )


async def _produce(producer: AIOKafkaProducer, topic_prefix: str, kept: KeptRecord) -> None:
    """By its key to the partition of that key; without one to where it was."""
    headers: Sequence[Any] = kept.wire_headers
    await producer.send_and_wait(
        f"{topic_prefix}{kept.topic}",
        key=kept.key,
        value=kept.body,
        headers=headers,
        partition=kept.partition if kept.key is None else None,
    )
