"""Topics as data, and the broker that agrees with them."""

from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from qontable.events import EVENT_TYPES
from qontable.topics import Topic, all_topics, ensure_topics, is_topic

OWN = (Topic("kept", compacted=True), Topic("passing"))


async def test_topics_are_made_with_their_settings_and_a_second_time_is_harmless(desk: Any) -> None:
    prefix = f"{desk.world.topic_prefix}made."
    for _ in range(2):
        await ensure_topics(desk.world.kafka, prefix, partitions=1, topics=OWN)
    kept = await desk.eventually(lambda: _settings(desk.world.kafka, f"{prefix}kept"))
    passing = await desk.eventually(lambda: _settings(desk.world.kafka, f"{prefix}passing"))
    assert kept >= {("cleanup.policy", "compact")}
    assert passing == {
        ("cleanup.policy", "delete"),
        ("retention.ms", "604800000"),
        ("max.message.bytes", "4194304"),
    }


@pytest.mark.parametrize("event", EVENT_TYPES.values(), ids=lambda event: event.type_name)
def test_every_event_has_its_topic(event: Any) -> None:
    names = {topic.name for topic in all_topics(connectors=["ledgerly"])}
    assert event.type_name in names or f"{event.type_name}.ledgerly" in names


def test_every_connector_has_a_topic_of_its_own() -> None:
    one, two = (all_topics(connectors) for connectors in (["ledgerly"], iter(["ledgerly", "bookly"])))
    assert {topic.name for topic in two} - {topic.name for topic in one} == {"entry.dispatched.bookly"}
    assert all(is_topic(topic.name) for topic in two)


@pytest.mark.parametrize("name", ["entry.dispatched", "entry.dispatched.", "entry", "entry.validated.ledgerly", ""])
def test_what_no_house_has_is_no_topic(name: str) -> None:
    assert not is_topic(name)


async def _settings(kafka: str, topic: str) -> set[tuple[str, str]]:
    """Those that our table names; none until the broker has made the topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(Topic(topic).settings()))
        (answer,) = await admin.describe_configs([asked])
    finally:
        await admin.close()
    return {(entry[0], entry[1]) for entry in answer.resources[0][4]}
