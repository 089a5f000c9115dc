"""Every topic as data, and the one function that makes a broker agree with it (DESIGN 4).

Topics are never created by the way: brokers have auto-creation off, and `ensure_topics` runs before the services.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

PARTITIONS = 12
RETENTION_MS = 7 * 24 * 3600 * 1000
MAX_RECORD_BYTES = 4 * 1024 * 1024
MAX_INTAKE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, who writes it and who reads it; `compacted` ones keep the last record of each key for ever."""

    name: str
    senders: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    compacted: bool = False

    @property
    def type_name(self) -> str:
        """The type of event that it carries, by its name."""
        return DISPATCHED if self.name.startswith(f"{DISPATCHED}.") else self.name

    def settings(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        limits = {"max.message.bytes": str(MAX_RECORD_BYTES)}
        if self.compacted:
            return limits | {"cleanup.policy": "compact"}
        return limits | {"cleanup.policy": "delete", "retention.ms": str(RETENTION_MS)}


DISPATCHED = "entry.dispatched"
EXPORT = "export"
"""What stands in a connector's place where an entry leaves in an import file."""
TOPICS = (
    Topic("firm.created", ("platform",), ("hub", "entries"), compacted=True),
    Topic("file.created", ("platform",), ("hub", "entries"), compacted=True),
    Topic("file.closed", ("platform",), ("hub", "reference_data", "entries"), compacted=True),
    Topic("entry.validated", ("platform",), ("hub", "entries")),
    Topic("entry.review_undone", ("platform",), ("entries",)),
    Topic("file.creation_requested", ("hub",), ("platform",)),
    Topic("entry.correction_requested", ("hub",), ("platform",)),
    Topic("document.link_requested", ("entries",), ("platform",)),
    Topic("document.link_renewed", ("platform",), ("entries",)),
    Topic("connector.announced", ("gateways",), ("hub", "entries"), compacted=True),
    Topic("connection.check_requested", ("hub",), ("gateways",)),
    Topic("connection.checked", ("gateways",), ("hub",)),
    Topic("connection.changed", ("hub",), ("reference_data", "entries", "gateways"), compacted=True),
    Topic("connection.health_changed", ("gateways",), ("hub", "entries")),
    Topic("connection.resealed", ("gateways",), ("hub",)),
    Topic("file.integration_changed", ("hub",), ("reference_data", "entries"), compacted=True),
    Topic("accounts.refresh_requested", ("reference_data", "hub", "entries"), ("gateways", "reference_data")),
    Topic("accounts.fetched", ("gateways",), ("reference_data", "hub")),
    Topic("accounts.refreshed", ("reference_data",), ("platform", "hub", "entries")),
    Topic("accounts.full_requested", ("entries", "hub"), ("reference_data",)),
    Topic("accounts.creation_requested", ("reference_data",), ("gateways",)),
    Topic("sync.requested", ("hub",), ("entries",)),
    Topic("entry.duplicate_answered", ("hub",), ("entries",)),
    Topic("entry.creation_allowed", ("hub",), ("entries",)),
    Topic("document.resend_requested", ("hub",), ("gateways",)),
    Topic("format.announced", ("exports",), ("hub",), compacted=True),
    Topic("export.requested", ("hub",), ("entries",)),
    Topic("export.opened", ("entries",), ("exports",)),
    Topic("export.completed", ("exports",), ("hub",)),
    Topic(DISPATCHED, ("entries",), ("gateways",)),
    Topic(f"{DISPATCHED}.{EXPORT}", ("entries",), ("exports",)),
    Topic("entry.recall_requested", ("entries",), ("gateways", "exports")),
    Topic("delivery.resolution_requested", ("hub",), ("gateways",)),
    Topic("deliveries.resume_requested", ("hub",), ("gateways",)),
    Topic("entry.delivery_changed", ("gateways", "exports"), ("entries",)),
    Topic("entry.attempted", ("gateways",), ("hub",)),
    Topic("entry.status_changed", ("entries",), ("platform", "hub")),
)
"""As the plan has them (DESIGN 4). Of `entry.dispatched` there is one per connector, with its name behind a dot; import
files are a connector of every house."""


def all_topics(connectors: Iterable[str]) -> tuple[Topic, ...]:
    """Every topic of a house with these connectors: one `entry.dispatched.<connector>` for each of them."""
    dispatched = tuple(connectors)
    return tuple(
        replace(topic, name=f"{topic.name}.{connector}") if topic.name == DISPATCHED else topic
        for topic in TOPICS
        for connector in (dispatched if topic.name == DISPATCHED else ("",))
    )


def is_topic(name: str) -> bool:
    """Whether a house has such a topic, whatever its connectors."""
    return any(name == topic.name for topic in TOPICS if topic.name != DISPATCHED) or (
        name.startswith(f"{DISPATCHED}.") and len(name) > len(DISPATCHED) + 1
    )


async def ensure_topics(
    bootstrap: str,
    prefix: str = "",
    *,
    topics: Iterable[Topic],
    partitions: int = PARTITIONS,
    replication: int = 1,
) -> None:
    """Create the topics that are missing. Idempotent; raises the broker's error for any other refusal."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [
            NewTopic(f"{prefix}{topic.name}", partitions, replication, topic_configs=topic.settings())
            for topic in topics
        ]
        response = await admin.create_topics(wanted)
        for name, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name} could not be created")
    finally:
        await admin.close()
