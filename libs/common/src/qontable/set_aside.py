"""Records that could not be processed, kept as they were: bytes, headers, place on the topic, reason (DESIGN 4)."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord

from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class SetAsideRecord:
    """One row to be. `headers` are pairs; a value that is no UTF-8 stands as `base64:` and its bytes."""

    consumer: str
    topic: str
    key: bytes | None
    headers: list[list[str]]
    body: bytes | None
    reason: str
    detail: str = ""
    partition: int | None = None
    offset: int | None = None
    traceparent: str | None = None


def set_aside_record(
    record: "ConsumerRecord[bytes, bytes]", *, consumer: str, topic: str, reason: str, detail: str = ""
) -> SetAsideRecord:
    """What to keep of a Kafka record. `reason` is a stable code, `detail` a sentence that quotes no business data."""
    return SetAsideRecord(
        consumer=consumer,
        topic=topic,
        key=record.key,
        headers=[[_printable(name), _header_text(value)] for name, value in record.headers],
        body=record.value,
        reason=reason,
        detail=detail.replace("\x00", "\\0"),
        partition=record.partition,
        offset=record.offset,
    )


async def write_set_aside(connection: Connection, records: Sequence[SetAsideRecord]) -> None:
    """Write rows within the caller's transaction; the same record of a topic is kept once per consumer."""
    await connection.executemany(
        """
        insert into set_aside
            (consumer, topic, partition, record_offset, key, headers, body, reason, detail, traceparent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (consumer, topic, partition, record_offset) where record_offset is not null do nothing
        """,
        [
            (
                record.consumer,
                record.topic,
                record.partition,
                record.offset,
                record.key,
                record.headers,
                record.body,
                record.reason,
                record.detail,
                record.traceparent,
            )
            for record in records
        ],
    )


def _header_text(value: bytes | None) -> str:
    if value is None:
        return ""
    try:
        return _printable(value.decode("utf-8"))
    except UnicodeDecodeError:
        return "base64:" + b64encode(value).decode()


def _printable(text: str) -> str:
    """PostgreSQL's JSON holds no NUL."""
    return text.replace("\x00", "\\0")
