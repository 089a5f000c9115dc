"""Records that could not be processed, kept as they were: bytes, headers, place on the topic, reason (DESIGN 4)."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord

from qontable.database import Connection
from qontable.header_names import name_bytes

BASE64 = "base64:"
MAX_DETAIL = 2_000
OUTBOX = "outbox"
"""The consumer of records that the broker refused: they were never on the topic."""


@dataclass(frozen=True, slots=True)
class SetAsideRecord:
    """One row to be. `headers` are pairs of texts as `encode_text` makes them.

    `entered` says that the inbox holds the record as consumed, because its handler set it aside: a replay has to take
    it out again. A record that was refused before or beside its handler was never entered.
    """

    consumer: str
    topic: str
    key: bytes | None
    headers: list[list[str | None]]
    body: bytes | None
    reason: str
    detail: str = ""
    partition: int | None = None
    offset: int | None = None
    traceparent: str | None = None
    entered: bool = False


def set_aside_record(
    record: "ConsumerRecord[bytes, bytes]", *, consumer: str, topic: str, reason: str, detail: str = ""
) -> SetAsideRecord:
    """What to keep of a Kafka record. `reason` is a stable code, `detail` a sentence that quotes no business data."""
    return SetAsideRecord(
        consumer=consumer,
        topic=topic,
        key=record.key,
        headers=[[encode_text(name_bytes(name)), encode_text(value)] for name, value in record.headers],
        body=record.value,
        reason=reason,
        detail=_storable(detail),
        partition=record.partition,
        offset=record.offset,
    )


async def write_set_aside(connection: Connection, records: Sequence[SetAsideRecord]) -> None:
    """Write rows within the caller's transaction; the same record of a topic is kept once per consumer."""
    await connection.executemany(
        """
        insert into set_aside
            (consumer, topic, partition, record_offset, key, headers, body, reason, detail, traceparent, entered)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict do nothing
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
                record.entered,
            )
            for record in records
        ],
    )


def _storable(detail: str) -> str:
    """A detail as a text of PostgreSQL: it may name a header, whose name may be anything."""
    return detail[:MAX_DETAIL].replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()


def encode_text(value: bytes | None) -> str | None:
    """Bytes as a text that PostgreSQL's JSON holds and `decode_text` turns into the same bytes again."""
    if value is None:
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return BASE64 + b64encode(value).decode()
    return BASE64 + b64encode(value).decode() if "\x00" in text or text.startswith(BASE64) else text


def decode_text(text: str | None) -> bytes | None:
    """The bytes that `encode_text` was given."""
    if text is None:
        return None
    return b64decode(text.removeprefix(BASE64)) if text.startswith(BASE64) else text.encode()
