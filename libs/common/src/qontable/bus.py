"""Topics into handlers, in batches, with no record lost, doubled, or in the way of another.

FastStream polls and commits (`qontable.polling`); everything that decides about records is here, because its own
parser and validation take a whole batch down with one bad record (`docs/decisions/0002`). A batch is decoded record by
record, cleared of what was consumed before, handed to the handler inside one transaction, and only then committed to
Kafka. A record that the schema or the handler refuses is found by halving and set aside as bytes. If most of what comes
would be set aside, the consumer stops and says so: that is a bad deploy, not bad data.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, TypeAlias, TypeVar

import orjson
import structlog
from aiokafka import ConsumerRecord
from opentelemetry.trace import Span, SpanKind
from pydantic import ValidationError

from qontable import metrics
from qontable.clock import now
from qontable.database import UNREACHABLE
from qontable.envelope import Envelope, EnvelopeRefused, body_hash, read_envelope
from qontable.events import EVENT_TYPES
from qontable.events.base import Event
from qontable.guard import Guard, TooManySetAside
from qontable.inbox import take_new
from qontable.set_aside import SetAsideRecord, set_aside_record
from qontable.telemetry import frames, sampled, start_span, traceparent_of
from qontable.topics import MAX_RECORD_BYTES
from qontable.unit import Unit, Units

log = structlog.get_logger()

E = TypeVar("E", bound=Event)
KafkaRecord: TypeAlias = "ConsumerRecord[bytes, bytes]"
MAX_BATCH = 1_000
STOPPING: tuple[type[BaseException], ...] = (*UNREACHABLE, TooManySetAside)
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)


class BatchFailed(RuntimeError):
    """A batch that must come again. It names the error only: who logs it must not quote values (DESIGN 8, rule 6)."""


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """One record, decoded: the event, its envelope, and the raw record to set aside should the handler refuse it.

    `traceparent` is the context of this record's processing, under which its consequences are published.
    """

    event: E
    envelope: Envelope
    hash: bytes
    record: Any
    topic: str
    consumer: str
    traceparent: str | None
    span: Span | None = None

    def refused(self, reason: str, detail: str = "") -> SetAsideRecord:
        """What to set aside of this record; `detail` quotes no business data."""
        kept = set_aside_record(self.record, consumer=self.consumer, topic=self.topic, reason=reason, detail=detail)
        return dataclasses.replace(kept, traceparent=self.traceparent)


Handler = Callable[[Unit, Sequence[Received[E]]], Awaitable[None]]
Aside = Callable[[Unit, Sequence[SetAsideRecord]], Awaitable[None]]
"""Tells the house of records set aside, in the transaction that keeps them."""


async def untold(_unit: Unit, _records: Sequence[SetAsideRecord]) -> None:
    """Of these records nobody hears but who looks at what was set aside."""


@dataclass(frozen=True, slots=True)
class Subscription(Generic[E]):
    """A topic, the type expected on it, and what handles it; `aside` tells the house of records set aside.

    The handler gets new records only, in topic order, inside one transaction, and may see the same records again if
    that transaction fails. It publishes through the unit, sets single records aside through it, and raises for
    nothing but bugs and failures of the surroundings.
    """

    event: type[E]
    handler: Handler[E]
    topic: str = ""
    max_bytes: int = MAX_RECORD_BYTES
    aside: Aside = untold

    @property
    def topic_name(self) -> str:
        """The topic without prefix: the type's own unless another is named."""
        return self.topic or self.event.type_name


class Consumer(Generic[E]):
    """Processes batches of one subscription for one service."""

    def __init__(self, subscription: Subscription[E], units: Units, service: str, guard: Guard) -> None:
        self.subscription = subscription
        self.topic = subscription.topic_name
        self.name = f"{service}.{self.topic}"
        self._units = units
        self._guard = guard
        self._failures = 0

    async def process(self, records: Sequence[KafkaRecord]) -> None:
        """Process a batch; when this returns its offsets may be committed. Raises `BatchFailed`, after a pause."""
        started = monotonic()
        metrics.RECORDS_CONSUMED.labels(self.topic).inc(len(records))
        oldest = min(record.timestamp for record in records) / 1000
        metrics.LAG_AGE_SECONDS.labels(self.topic).set(max(0.0, now().timestamp() - oldest))
        try:
            await self._process(records)
        except Exception as error:  # noqa: BLE001 - nothing is hidden: the batch comes again, its offsets stay
            metrics.CONSUMERS_STOPPED.labels(self.topic).set(isinstance(error, TooManySetAside))
            await self._pause(error)
            raise BatchFailed(type(error).__name__) from None
        self._failures = 0
        metrics.CONSUMERS_STOPPED.labels(self.topic).set(0)
        metrics.BATCH_SECONDS.labels(self.topic).observe(monotonic() - started)
        if len(records) < MAX_BATCH:
            metrics.LAG_AGE_SECONDS.labels(self.topic).set(0)

    async def _process(self, records: Sequence[KafkaRecord]) -> None:
        received: list[Received[E]] = []
        refused: list[SetAsideRecord] = []
        for record in records:
            decoded = self.decode(record)
            if isinstance(decoded, Received):
                received.append(decoded)
            else:
                refused.append(decoded)
        try:
            refused += await self._handle(received)
        finally:
            for item in received:
                if item.span:
                    item.span.end()
        self._guard.judge(len(records), len(refused))
        await self._keep([item for item in refused if not item.entered])
        self._guard.note(len(records), len(refused))

    async def _keep(self, refused: Sequence[SetAsideRecord]) -> None:
        """Write what was refused before or beside the handler; what it set aside itself went with its transaction."""
        if not refused:
            return
        async with self._units.unit() as unit:
            for item in refused:
                unit.set_aside(item, entered=False)
            await self.subscription.aside(unit, refused)

    def decode(self, record: KafkaRecord) -> Received[E] | SetAsideRecord:
        """The event in a record, or the record as it is to be set aside. Never raises for what a record holds."""
        try:
            return self._decode(record)
        except EnvelopeRefused as error:
            return self._refuse(record, "not_cloudevents", str(error))
        except ValidationError as error:
            return self._refuse(record, *describe_validation(error))
        except Exception as error:  # noqa: BLE001 - an event that breaks its own model must not stop its neighbours
            return self._refuse(record, "unreadable", type(error).__name__)

    def _decode(self, record: KafkaRecord) -> Received[E] | SetAsideRecord:
        body = record.value
        if body is None:
            return self._refuse(record, "no_body", "a record without a body says nothing here")
        if len(body) > self.subscription.max_bytes:
            return self._refuse(record, "too_large", f"{len(body)} bytes, at most {self.subscription.max_bytes}")
        envelope = read_envelope(record.headers)
        if EVENT_TYPES.get(envelope.type) is not self.subscription.event:
            return self._refuse(record, "unknown_type", f"{self.subscription.event.ce_type()} is read here")
        if _names_no_number(body):
            return self._refuse(record, "not_json", "the body is not JSON")
        event = self.subscription.event.read(body)
        received = Received(event, envelope, body_hash(body), record, self.topic, self.name, envelope.traceparent)
        return self._traced(received) if sampled(envelope.traceparent) else received

    def _traced(self, received: Received[E]) -> Received[E]:
        """The record with a span of its own, which `process` ends; unsampled ones hand their context on as it came."""
        attributes = {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": self.topic,
            "messaging.consumer.group.name": self.name,
            "messaging.message.id": received.envelope.event_id,
        }
        started = start_span(
            f"process {self.topic}", SpanKind.CONSUMER, parent=received.envelope.traceparent, attributes=attributes
        )
        return dataclasses.replace(received, span=started, traceparent=traceparent_of(started))

    def _refuse(self, record: KafkaRecord, reason: str, detail: str) -> SetAsideRecord:
        return set_aside_record(record, consumer=self.name, topic=self.topic, reason=reason, detail=detail)

    async def _handle(self, received: Sequence[Received[E]]) -> list[SetAsideRecord]:
        """Apply records, halving around those that are refused; returns what was or is to be set aside of them."""
        if not received:
            return []
        try:
            return await self._apply(received)
        except STOPPING:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a single record provokes must not stop its neighbours
            if len(received) == 1:
                log.error("record refused", topic=self.topic, error=type(error).__name__, at=frames(error))
                return [received[0].refused("handler_refused", type(error).__name__)]
        middle = len(received) // 2
        return await self._handle(received[:middle]) + await self._handle(received[middle:])

    async def _apply(self, received: Sequence[Received[E]]) -> list[SetAsideRecord]:
        async with self._units.unit() as unit:
            new, repeats, impostors = await take_new(unit.connection, self.name, received)
            if new:
                await self.subscription.handler(unit, new)
            self._guard.judge(len(received), len(unit.aside))
            if unit.aside:
                await self.subscription.aside(unit, unit.aside)
        metrics.RECORDS_REPEATED.labels(self.topic).inc(len(repeats))
        return [
            *unit.aside,
            *(
                item.refused("identity_reused", "the same ce_source and ce_id came with another body")
                for item in impostors
            ),
        ]

    async def _pause(self, error: Exception) -> None:
        pause = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        what = f"consumer stopped: {error}" if isinstance(error, TooManySetAside) else "batch failed"
        log.error(what, topic=self.topic, error=type(error).__name__, at=frames(error), retry_in=pause)
        await asyncio.sleep(pause)


def _names_no_number(body: bytes) -> bool:
    """Whether a body says NaN or Infinity: pydantic takes them for numbers, JSON and PostgreSQL do not."""
    if b"NaN" not in body and b"Infinity" not in body:
        return False
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return True
    return False


def describe_validation(error: ValidationError) -> tuple[str, str]:
    """The reason, and where and why validation failed, without the values."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)[:10]
    if errors[0]["type"] == "json_invalid":
        return "not_json", "the body is not JSON"
    places = [".".join(str(part) for part in item["loc"])[:200] for item in errors]
    return "invalid_event", "; ".join(f"{place}: {item['type']}" for place, item in zip(places, errors, strict=True))
