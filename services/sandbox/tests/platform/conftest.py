"""A stand-in platform that runs: its service on a real broker and a real database, spoken to over HTTP and topics."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from local_stack.world import World
from qontable.envelope import seal_envelope
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.service import Service
from qontable.settings import Settings
from sandbox.app.platform import PlatformParts, join_platform
from sandbox.entrypoints.platform_api import platform_application


@pytest.fixture(scope="module")
def settings(world: World) -> Settings:
    wanted = world.settings_env("sandbox") | {"QONTABLE_KAFKA_SESSION_SECONDS": "6"}
    before = dict(os.environ)
    os.environ.update(wanted)
    try:
        return Settings()
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def parts(world: World, settings: Settings) -> AsyncIterator[PlatformParts]:
    """The running platform."""
    service = await Service.open("sandbox", settings)
    joined = await join_platform(service, public_url=world.http_url("sandbox"), link_lifetime=timedelta(minutes=30))
    service.add_app("/platform", platform_application(joined))
    async with service.running():
        yield joined


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http(world: World, parts: PlatformParts) -> AsyncIterator[httpx.AsyncClient]:
    """The platform's API."""
    async with httpx.AsyncClient(base_url=f"{world.http_url('sandbox')}/platform") as client:
        for _ in range(100):
            try:
                await client.get("/files/none/progress")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        yield client


class Bus:
    """Says events to the platform and reads what it said."""

    def __init__(self, world: World, producer: AIOKafkaProducer) -> None:
        self._world = world
        self._producer = producer

    async def say(self, event: Event) -> None:
        """Put an event on its topic."""
        envelope = seal_envelope(event, "/test", None)
        await self._producer.send_and_wait(
            f"{self._world.topic_prefix}{event.topic}",
            key=event.key.encode(),
            value=event.body(),
            headers=[(name, value.encode()) for name, value in envelope.headers().items()],
        )

    async def heard(self, topic: str, wanted: Callable[[Any], bool], count: int = 1) -> list[Any]:
        """The first `count` events of a topic, from its beginning, that are wanted."""
        consumer = AIOKafkaConsumer(
            f"{self._world.topic_prefix}{topic}",
            bootstrap_servers=self._world.kafka,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        found: list[Any] = []
        try:
            async with asyncio.timeout(30):
                async for record in consumer:
                    event = decode(record)
                    if wanted(event):
                        found.append(event)
                    if len(found) == count:
                        return found
        finally:
            await consumer.stop()
        raise AssertionError("unreachable")


def decode(record: "ConsumerRecord[bytes, bytes]") -> Event:
    """The event of a record, whose envelope and key must be right."""
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_source"] == "/qontable/sandbox"
    event = EVENT_TYPES[headers["ce_type"]].model_validate(orjson.loads(record.value or b""))
    assert record.key == event.key.encode()
    return event


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(world: World) -> AsyncIterator[Bus]:
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka)
    await producer.start()
    yield Bus(world, producer)
    await producer.stop()
