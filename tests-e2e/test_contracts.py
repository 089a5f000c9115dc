"""Every golden sample is read by every service that reads its type: nobody stops reading what was once published."""

import asyncio
import uuid
from typing import get_args

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from entries.domain.exporting import LeftOut
from exports.domain.findings import catalogue
from local_stack.connectors import connectors
from local_stack.services import SERVICES
from qontable.clock import now
from qontable.envelope import Envelope
from qontable.events import EVENT_TYPES
from qontable.producer import open_producer
from qontable.schemas import samples
from qontable.topics import DISPATCHED, TOPICS, all_topics

from .system import System

SOURCE = "/golden"
UNREAD_BY_STAND_IN = {"accounts.refreshed"}
"""What the platform reads and its stand-in has no use for."""
UNREAD = {"not_cloudevents", "not_json", "invalid_event", "unreadable", "unknown_type", "handler_refused", "too_large"}
"""Reasons that mean that the contract was broken; others mean that a sample's firm or file is unknown here."""


async def test_every_reader_takes_every_golden_sample(system: System) -> None:
    expected = await publish_samples(system)
    database = await asyncpg.connect(system.world.admin_url)
    try:
        async with asyncio.timeout(60):
            while await consumed(database, SOURCE) < expected:
                await asyncio.sleep(0.2)
        for spec in SERVICES:
            rows = await database.fetch(f"select topic, reason, detail from {spec.name}.set_aside")
            broken = [tuple(row) for row in rows if row["reason"] in UNREAD]
            assert not broken, f"{spec.name} does not read what was published before: {broken}"
    except TimeoutError:
        pytest.fail(f"{await consumed(database, SOURCE)} of {expected} readings after a minute")
    finally:
        await database.close()


async def test_services_read_exactly_the_topics_that_the_table_of_access_gives_them(system: System) -> None:
    prefix = system.world.topic_prefix
    admin = AIOKafkaAdminClient(bootstrap_servers=system.world.kafka)
    await admin.start()
    try:
        groups = {group for group, *_ in await admin.list_consumer_groups() if group.startswith(prefix)}
    finally:
        await admin.close()
    allowed = {
        f"{prefix}{'sandbox' if reader == 'platform' else reader}.{topic.name}"
        for topic in all_topics(connectors())
        for reader in topic.readers
        if (reader, topic.name) not in {("platform", name) for name in UNREAD_BY_STAND_IN}
    }
    assert groups == allowed


async def publish_samples(system: System) -> int:
    """Publish every sample on its topic; how many readings that makes, each reader counted."""
    producer = await open_producer(system.world.kafka)
    readings = 0
    try:
        for topic in TOPICS:
            event_type = next(found for found in EVENT_TYPES.values() if found.type_name == topic.type_name)
            for sample in samples(event_type.ce_type()):
                event = event_type.read(sample.body)
                envelope = Envelope(uuid.uuid4().hex, event.ce_type(), SOURCE, now(), event.subject)
                name = f"{DISPATCHED}.{connectors()[0]}" if topic.name == DISPATCHED else topic.name
                await producer.send_and_wait(
                    f"{system.world.topic_prefix}{name}",
                    key=event.key.encode(),
                    value=sample.body,
                    headers=[(name, value.encode()) for name, value in envelope.headers().items()],
                )
                readings += len(topic.readers) - (topic.name in UNREAD_BY_STAND_IN)
    finally:
        await producer.stop()
    return readings


async def consumed(database: asyncpg.Connection, source: str) -> int:
    """Readings so far: in an inbox, or set aside without having been entered there."""
    count = 0
    for spec in SERVICES:
        count += await database.fetchval(f"select count(*) from {spec.name}.inbox where source = $1", source)
        count += await database.fetchval(
            f"""select count(*) from {spec.name}.set_aside
            where not entered and exists (select from jsonb_array_elements(headers) h where h->>1 = $1)""",
            source,
        )
    return count


def test_every_reason_for_which_an_entry_stays_has_its_words_in_the_report() -> None:
    told = {code.removeprefix("stays_") for code in catalogue() if code.startswith("stays_")}
    assert told - {"other"} == set(get_args(LeftOut))
