"""The producer of the house: idempotent, confirmed by all replicas, batched."""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from qontable.topics import MAX_RECORD_BYTES

log = structlog.get_logger()


def new_producer(bootstrap: str, *, idempotent: bool = True) -> AIOKafkaProducer:
    """A producer that is not started yet.

    An idempotent one keeps the order of many records in flight, and is done for once the broker has refused one: what
    follows in that partition is out of sequence. One that is not goes on, and may repeat a record.
    """
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=idempotent,
        acks="all",
        linger_ms=5,
        max_batch_size=131_072,
        max_request_size=MAX_RECORD_BYTES,
    )


async def open_producer(bootstrap: str) -> AIOKafkaProducer:
    """A started producer; waits for the broker as long as it takes."""
    while True:
        producer = new_producer(bootstrap)
        try:
            await producer.start()
        except KafkaConnectionError:
            log.warning("waiting for Kafka")
            await producer.stop()
            await asyncio.sleep(1.0)
        else:
            return producer


async def wait_for_kafka(bootstrap: str) -> None:
    """Return once the broker answers."""
    producer = await open_producer(bootstrap)
    await producer.stop()
