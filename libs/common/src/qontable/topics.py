"""Every topic as data, and the one function that makes a broker agree with it (DESIGN 4).

Topics are never created by the way: brokers have auto-creation off, and `ensure_topics` runs before the services.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

PARTITIONS = 12
RETENTION_MS = 7 * 24 * 3600 * 1000
MAX_RECORD_BYTES = 4 * 1024 * 1024
MAX_INTAKE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: `compacted` ones keep the last record of each key for ever, others keep 7 days."""

    name: str
    compacted: bool = False

    def settings(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        limits = {"max.message.bytes": str(MAX_RECORD_BYTES)}
        if self.compacted:
            return limits | {"cleanup.policy": "compact"}
        return limits | {"cleanup.policy": "delete", "retention.ms": str(RETENTION_MS)}


COMPACTED = (
    "firm.created",
    "file.created",
    "file.closed",
    "connector.announced",
    "connection.changed",
    "file.integration_changed",
)
PLAIN = (
    "entry.validated",
    "entry.review_undone",
    "entry.correction_requested",
    "document.link_requested",
    "document.link_renewed",
    "connection.check_requested",
    "connection.checked",
    "connection.health_changed",
    "connection.resealed",
    "accounts.refresh_requested",
    "accounts.fetched",
    "accounts.refreshed",
    "accounts.full_requested",
    "accounts.creation_requested",
    "sync.requested",
    "entry.recall_requested",
    "delivery.resolution_requested",
    "entry.delivery_changed",
    "entry.attempted",
    "entry.status_changed",
)
CONNECTORS = ("myunisoft",)


def all_topics(connectors: Iterable[str] = CONNECTORS) -> tuple[Topic, ...]:
    """Every topic of the house, with one `entry.dispatched.<connector>` per connector."""
    return (
        *(Topic(name, compacted=True) for name in COMPACTED),
        *(Topic(name) for name in PLAIN),
        *(Topic(f"entry.dispatched.{connector}") for connector in connectors),
    )


async def ensure_topics(
    bootstrap: str,
    prefix: str = "",
    *,
    partitions: int = PARTITIONS,
    replication: int = 1,
    topics: Iterable[Topic] | None = None,
) -> None:
    """Create the topics that are missing. Idempotent; raises the broker's error for any other refusal."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [
            NewTopic(f"{prefix}{topic.name}", partitions, replication, topic_configs=topic.settings())
            for topic in (topics or all_topics())
        ]
        response = await admin.create_topics(wanted)
        for name, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name} could not be created")
    finally:
        await admin.close()
