"""`qontable rewind`: topics are read again from an instant on, after a backup was restored (decision 10).

What comes from outside is read again, and so are states, which carry versions: twice is once. Orders and answers are
not. Whoever gave the orders has forgotten them, will give others under other names, and could not read the answers.
"""

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IllegalGenerationError, KafkaError, RebalanceInProgressError, UnknownMemberIdError

from qontable.addresses import NoAddresses, read_addresses
from qontable.past import INSTANT_HELP, read_instant
from qontable.topics import is_topic

ORDERS_AND_ANSWERS = frozenset(
    {
        "entry.dispatched",
        "entry.recall_requested",
        "entry.delivery_changed",
        "delivery.resolution_requested",
        "deliveries.resume_requested",
        "connection.check_requested",
        "connection.checked",
        "connection.resealed",
        "accounts.refresh_requested",
        "accounts.fetched",
        "accounts.full_requested",
        "accounts.creation_requested",
        "sync.requested",
        "export.requested",
        "export.opened",
    }
)
"""Topics of which a restored system reads nothing that was said before. Their senders say again what still holds; which
entries are in an import file, `qontable entries restored` has read before (decision 19)."""
IN_USE = (UnknownMemberIdError, IllegalGenerationError, RebalanceInProgressError)

app = typer.Typer()


class GroupInUse(RuntimeError):
    """A service still reads with this group: stop it first."""


@dataclass(frozen=True, slots=True)
class Rewound:
    """A group, and how many records it reads again, or passes over where the number is negative."""

    group: str
    records: int


async def rewind(kafka: str, topic_prefix: str, instant: datetime) -> list[Rewound]:
    """Set every group of the system back to the first record of `instant` or later, or beyond orders and answers.

    The services are stopped. Raises `GroupInUse`, and the broker's errors.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        known = {group for group, *_ in await admin.list_consumer_groups()}
    finally:
        await admin.close()
    groups = {
        group: f"{topic_prefix}{topic}"
        for group in sorted(known)
        if group.startswith(topic_prefix) and is_topic(topic := group.removeprefix(topic_prefix).partition(".")[2])
    }
    return [await _rewind_group(kafka, group, topic, instant) for group, topic in groups.items()]


async def _rewind_group(kafka: str, group: str, topic: str, instant: datetime) -> Rewound:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, group_id=None)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    finally:
        await consumer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        stands = {partition: await consumer.committed(partition) or 0 for partition in partitions}
        if _is_order_or_answer(group):
            places = await consumer.end_offsets(partitions)
        else:
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, int(instant.timestamp() * 1000)))
            places = {at: min(place.offset, stands[at]) for at, place in found.items() if place is not None}
        moved = {partition: offset for partition, offset in places.items() if offset != stands[partition]}
        if moved:
            await consumer.commit(moved)
    except IN_USE:
        raise GroupInUse(group) from None
    finally:
        await consumer.stop()
    return Rewound(group, sum(stands[partition] - offset for partition, offset in moved.items()))


def _is_order_or_answer(group: str) -> bool:
    return any(f".{name}." in f".{group}." for name in ORDERS_AND_ANSWERS)


@app.command("rewind")
def rewind_command(
    to: Annotated[datetime, typer.Option(parser=read_instant, metavar="INSTANT", help=INSTANT_HELP)],
) -> None:
    """Let every stopped service read its topics again from an instant on, after a backup was restored."""
    try:
        kafka, prefix = _broker()
        rewound = asyncio.run(rewind(kafka, prefix, to))
    except GroupInUse as error:
        typer.echo(f"{error} is in use: stop the services first", err=True)
        raise typer.Exit(1) from None
    except (NoAddresses, KafkaError, OSError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(3) from None
    for item in rewound:
        what = "read again " if item.records >= 0 else "passed over"
        typer.echo(f"{abs(item.records):8} records {what}  {item.group}")


def _broker() -> tuple[str, str]:
    if named := os.environ.get("QONTABLE_KAFKA"):
        return named, os.environ.get("QONTABLE_TOPIC_PREFIX", "")
    addresses = read_addresses()
    return addresses.kafka, addresses.topic_prefix
