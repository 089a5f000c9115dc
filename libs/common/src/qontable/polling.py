"""How a consumer's batches come from Kafka: FastStream polls, rewinds and commits, and is told what it must not do.

See `docs/decisions/0002`: its parser and its rewinding would lose records, its waiting would cost a processor.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import chain
from math import inf
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber

from qontable.bus import MAX_BATCH, BatchFailed, Consumer, KafkaRecord
from qontable.header_names import tolerate_header_names

WAIT_MS = 1_000
FETCH_WAIT_MS = 2_000
"""How long a broker keeps a request for records open while there are none: what an idle consumer costs (decision 20).
It answers at once when a record comes. After a rebalance the first records may be as much later."""


def subscribe(broker: KafkaBroker, consumer: Consumer[Any], topic_prefix: str, session_seconds: float) -> None:
    """Tie a consumer to its topic in its own group, `<prefix><service>.<topic>`."""
    tolerate_header_names()
    subscriber = broker.subscriber(
        f"{topic_prefix}{consumer.topic}",
        batch=True,
        max_records=MAX_BATCH,
        batch_timeout_ms=WAIT_MS,
        group_id=f"{topic_prefix}{consumer.name}",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        consumer_timeout_ms=FETCH_WAIT_MS,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        session_timeout_ms=int(session_seconds * 1000),
        heartbeat_interval_ms=int(session_seconds * 1000 / 6),
        max_poll_interval_ms=300_000,
        parser=_parse_without_headers,
        decoder=_raw_records,
    )
    subscriber.__class__ = _PromptSubscriber  # FastStream's factory takes no class

    @subscriber
    async def _batch(records: Any) -> None:
        try:
            await consumer.process(records)
        except BatchFailed as failed:  # logged where it failed; FastStream rewinds without another word
            raise NackMessage from failed


class _PromptSubscriber(BatchSubscriber):
    """A batch subscriber that waits for records in the client only, which hands them over as soon as they are there.

    FastStream's own sleeps for as long again after each empty poll: with short polls idle services burn a tenth of a
    processor, with long ones every entry waits at every hop.

    While a handler is busy and records of a partition lie ready, aiokafka would ask for the other partitions alone
    after a tenth of a second, and for this one only once that request has been answered. Here it asks for all of them,
    as soon as what lies ready was taken.
    """

    __slots__ = ()

    async def get_msg(self, consumer: AIOKafkaConsumer) -> tuple[KafkaRecord, ...]:
        consumer._fetcher._prefetch_backoff = inf
        records = await consumer.getmany(timeout_ms=self.batch_timeout_ms, max_records=self.max_records)
        return tuple(chain.from_iterable(records.values()))


async def _parse_without_headers(records: Any, original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
    """FastStream's parser dies of an undecodable header and takes the batch with it: it gets none to see."""
    message = await original(tuple(dataclasses.replace(record, headers=()) for record in records))
    message.raw_message = records
    message.consumer = _Rewindable(message.consumer)
    return message


class _Rewindable:
    """A consumer whose partitions can all be rewound, whatever a rebalance did meanwhile.

    FastStream rewinds the partitions of a failed batch one after the other and gives up at the first that is not ours
    any more; those behind it would be committed past what failed. A partition that was taken away needs no rewinding.
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    async def commit(self) -> None:
        await self._consumer.commit()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        with suppress(IllegalStateError):
            self._consumer.seek(partition, offset)


async def _raw_records(message: KafkaMessage) -> Iterable[KafkaRecord]:
    return message.raw_message
