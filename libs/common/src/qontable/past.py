"""What topics said since an instant: read by who puts a restored database in place again (decision 19)."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from qontable.events.base import Event
from qontable.place import Place

E = TypeVar("E", bound=Event)
PAGE = 500
WAIT_MS = 1_000
INSTANT_HELP = "An instant with its time zone, a little before the backup was taken."


def read_instant(text: str) -> datetime:
    """An instant as a person types it."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("an instant such as 2026-03-12T17:00:00+01:00") from None
    if instant.tzinfo is None:
        raise typer.BadParameter("the time zone is missing")
    return instant


Since = Annotated[datetime, typer.Option("--from", parser=read_instant, metavar="INSTANT", help=INSTANT_HELP)]
"""From when on topics are read: the option of every command that brings something back."""


async def said_since(place: Place, kind: type[E], instant: datetime, topic: str = "") -> AsyncIterator[list[E]]:
    """What was said on a topic from `instant` on until now, page by page, in order within each key.

    What cannot be read is passed over: it was set aside when it came. Raises the broker's errors.
    """
    named = f"{place.topic_prefix}{topic or kind.type_name}"
    consumer = AIOKafkaConsumer(named, bootstrap_servers=place.kafka, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(named, number) for number in consumer.partitions_for_topic(named) or ()]
        consumer.unsubscribe()
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, int(instant.timestamp() * 1000)))
        for partition in partitions:
            first = found.get(partition)
            consumer.seek(partition, first.offset if first else ends[partition])
        while await _behind(consumer, ends):
            polled = await consumer.getmany(timeout_ms=WAIT_MS, max_records=PAGE)
            yield [event for records in polled.values() for record in records if (event := _read(kind, record.value))]
    finally:
        await consumer.stop()


async def _behind(consumer: Any, ends: dict[TopicPartition, int]) -> bool:
    return any([await consumer.position(partition) < end for partition, end in ends.items()])


def _read(kind: type[E], body: bytes | None) -> E | None:
    try:
        return kind.read(body or b"")
    except ValidationError:
        return None
