"""Records as bytes: what a stranger may put on a topic."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.structs import TopicPartition

from ..house import House

TOPIC = "entry.validated"
NO_NAME = "ce_\udcff"
"""A header name that is no UTF-8, as our consumers read it."""


class Name(str):
    """A header's name as any bytes: aiokafka's builder in Python asks the name itself for them."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return str.encode(self, "utf-8", "surrogateescape")


@dataclass(frozen=True)
class Wire:
    """A record: body, headers, key; `headers` replace those of a good envelope, None leaves one out."""

    body: bytes | None
    headers: Mapping[str, bytes | None] = field(default_factory=dict)
    key: bytes | None = b""

    def wire_headers(self, ce_type: str = f"qontable.{TOPIC}.v1") -> list[tuple[str, bytes]]:
        good = {
            "ce_specversion": b"1.0",
            "ce_id": uuid.uuid4().hex.encode(),
            "ce_source": b"/test",
            "ce_type": ce_type.encode(),
            "content-type": b"application/json",
        }
        return [(name, value) for name, value in {**good, **self.headers}.items() if value is not None]


async def post(house: House, topic: str, file_id: str, record: Wire) -> None:
    """Put a record on a topic, as it is."""
    key = file_id.encode() if record.key == b"" else record.key
    headers = record.wire_headers(f"qontable.{topic}.v1")
    name = f"{house.prefix}{topic}"
    if any("\udcff" in header for header, _ in headers):
        await _post_raw(house, TopicPartition(name, 0), key, record.body, headers)
    else:
        await house.producer.send_and_wait(name, record.body, key=key, headers=headers)


async def _post_raw(
    house: House, partition: TopicPartition, key: bytes | None, body: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    """A record that our producer refuses: in a batch of a builder that does not."""
    batch = house.producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 1_000_000)
    batch.append(key=key, value=body, timestamp=None, headers=[(Name(name), value) for name, value in headers])
    await (await house.producer.send_batch(batch, partition.topic, partition=partition.partition))
