"""The AsyncAPI 3 document of the house, put together from the table of topics and the schemas of the events."""

from typing import Any

from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.schemas import contract_name, samples
from qontable.topics import DISPATCHED, MAX_INTAKE_BYTES, PARTITIONS, TOPICS, Topic

SCHEMAS = "../libs/common/src/qontable/schemas"
"""Where the schemas are, seen from the document."""
KAFKA_BINDING = "0.5.0"
HEADERS = {
    "ce_specversion": "CloudEvents version: 1.0.",
    "ce_id": "Identity of the event within its source: the same identity acts once.",
    "ce_type": "Type with major version.",
    "ce_source": "Who says it: /qontable/<service>.",
    "ce_time": "When it was said.",
    "ce_subject": "What it is about.",
    "ce_dataschema": "Name of the schema of the body.",
    "content-type": "application/json",
    "traceparent": "W3C trace context of what led to it.",
}
REQUIRED_HEADERS = ("ce_specversion", "ce_id", "ce_type", "ce_source")


def assemble() -> dict[str, Any]:
    """The whole document. Deterministic: the same topics and events give the same bytes."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Qontable Sync",
            "version": "1",
            "description": "What the services and the Qonto platform say to each other. Envelope: CloudEvents 1.0, "
            "Kafka protocol binding, binary mode. Consumers ignore unknown fields; a change that breaks a reader is a "
            f"new type. Intake refuses bodies over {MAX_INTAKE_BYTES} bytes. Written by `make schemas`.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"{service}.{action}.{topic.name}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "tags": [{"name": service}],
            }
            for topic in TOPICS
            for action, services in (("send", topic.senders), ("receive", topic.readers))
            for service in services
        },
        "components": {
            "messages": {contract_name(ce_type): _message(event) for ce_type, event in sorted(EVENT_TYPES.items())},
            "schemas": {"envelope": _envelope()},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    address = topic.name
    if topic.name == DISPATCHED:
        address = f"{topic.name}.{{connector}}"
        parameters = {"parameters": {"connector": {"description": "The connector by which the entry leaves."}}}
    settings = topic.settings()
    configuration = {
        "cleanup.policy": [settings["cleanup.policy"]],
        "max.message.bytes": int(settings["max.message.bytes"]),
    }
    if "retention.ms" in settings:
        configuration["retention.ms"] = int(settings["retention.ms"])
    return {
        "address": address,
        **parameters,
        "messages": {
            contract_name(ce_type): {"$ref": f"#/components/messages/{contract_name(ce_type)}"}
            for ce_type, event in sorted(EVENT_TYPES.items())
            if event.type_name == topic.type_name
        },
        "bindings": {
            "kafka": {
                "partitions": PARTITIONS,
                "topicConfiguration": configuration,
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _message(event: type[Event]) -> dict[str, Any]:
    name = contract_name(event.ce_type())
    return {
        "name": event.ce_type(),
        "summary": (event.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/envelope"},
        "payload": {"$ref": f"{SCHEMAS}/{name}.json"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING}},
        "x-samples": [f"{SCHEMAS}/samples/{name}/{sample.name}.json" for sample in samples(event.ce_type())],
    }


def _envelope() -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(REQUIRED_HEADERS),
        "properties": {name: {"type": "string", "description": text} for name, text in HEADERS.items()},
    }
