"""What a topic may bring besides: records that come again, and records that are rubbish."""

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from qontable.clock import now
from qontable.envelope import Envelope
from qontable.events.platform import EntryValidated
from qontable.topics import DISPATCHED

PAUSE_SECONDS = 0.4
TOPICS = ("entry.validated", "entry.review_undone", "entry.delivery_changed", "export.opened", "export.completed")
RUBBISH = (b"", b"{", b"\xff\xfe", b"[]", b'{"firm_id": null}', b"\0" * 40)


class Noise:
    """Repeats what is on the topics, as after an offset that was not committed, and says rubbish.

    `rubbish` counts the records that must be set aside, `repeats` those that must change nothing.
    """

    def __init__(self, kafka: str, connectors: Iterable[str], chance: Random) -> None:
        self._kafka = kafka
        self._topics = (*TOPICS, *(f"{DISPATCHED}.{connector}" for connector in connectors))
        self._chance = chance
        self.rubbish = 0
        self.repeats = 0

    async def make(self) -> None:
        """Repeat and rubbish until cancelled; a broker that is away is waited for."""
        while True:
            try:
                await self._make()
            except (KafkaError, OSError):
                await asyncio.sleep(1.0)

    async def _make(self) -> None:
        consumer = AIOKafkaConsumer(*self._topics, bootstrap_servers=self._kafka, auto_offset_reset="latest")
        producer = AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all", enable_idempotence=True)
        try:
            await consumer.start()
            await producer.start()
            while True:
                found = await consumer.getmany(timeout_ms=int(PAUSE_SECONDS * 1000), max_records=50)
                await self._repeat(producer, [record for records in found.values() for record in records])
                await asyncio.sleep(PAUSE_SECONDS)
        finally:  # what the producer still holds is nobody's loss
            await asyncio.wait([asyncio.ensure_future(part.stop()) for part in (consumer, producer)], timeout=5.0)

    async def _repeat(self, producer: AIOKafkaProducer, records: Iterable[Any]) -> None:
        for record in records:
            if self._chance.random() < 0.05:
                await producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))
                self.repeats += 1
        if self._chance.random() < 0.05:
            envelope = Envelope(f"rubbish-{self.rubbish}", EntryValidated.ce_type(), "/storm", now(), "rubbish")
            await producer.send_and_wait(
                "entry.validated",
                self._chance.choice(RUBBISH),
                key=b"rubbish",
                headers=[(name, value.encode()) for name, value in envelope.headers().items()],
            )
            self.rubbish += 1
