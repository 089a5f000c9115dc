"""A trace goes through a topic and a table, and logs say nothing that they must not."""

import asyncio
import gc
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from qontable import telemetry
from qontable.bus import Received
from qontable.events.hub import SyncRequested
from qontable.settings import Settings
from qontable.unit import Unit

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = SAMPLED[:-1] + "0"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is recorded; the tracer of this process is replaced for the length of the test."""
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


async def test_what_a_record_causes_is_published_in_its_trace(desk: Any, spans: InMemorySpanExporter) -> None:
    topic, after = await desk.new_topic(), await desk.new_topic()

    class Consequence(SyncRequested):
        @property
        def topic(self) -> str:
            return str(after)

    async def handler(unit: Unit, records: Sequence[Received[SyncRequested]]) -> None:
        for record in records:
            unit.publish(Consequence(**record.event.model_dump()), traceparent=record.traceparent)

    await desk.send(topic, desk.event("sampled"), headers={"traceparent": SAMPLED.encode()})
    await desk.send(topic, desk.event("unsampled"), headers={"traceparent": UNSAMPLED.encode()})
    await desk.send(topic, desk.event("none"))
    async with desk.running(desk.subscription(topic, handler)):
        records = await desk.eventually(lambda: _three(desk.on_topic(after)))
    contexts = {record.key.decode(): dict(record.headers).get("traceparent", b"").decode() for record in records}
    (span,) = spans.get_finished_spans()
    assert _place(span) == (SAMPLED.split("-")[1], SAMPLED.split("-")[2])
    assert span.name == f"process {topic}"
    assert (span.attributes or {})["messaging.message.id"]
    assert contexts == {
        "sampled": f"00-{SAMPLED.split('-')[1]}-{_own_id(span)}-01",
        "unsampled": UNSAMPLED,
        "none": "",
    }


def test_a_later_attempt_is_a_trace_of_its_own_linked_to_the_first(spans: InMemorySpanExporter) -> None:
    with telemetry.span("attempt", links=(SAMPLED,)):
        pass
    (span,) = spans.get_finished_spans()
    assert span.parent is None
    assert [format(link.context.trace_id, "032x") for link in span.links] == [SAMPLED.split("-")[1]]


@pytest.mark.parametrize("context", [None, "", "nonsense", "00-0-0-01"])
def test_an_unreadable_context_is_not_sampled(context: str | None) -> None:
    assert not telemetry.sampled(context)


def test_frames_say_where_an_error_arose_and_nothing_of_its_message() -> None:
    with pytest.raises(ValueError, match="Durand") as raised:
        raise ValueError("Key (label)=(Papeterie Durand) already exists")
    assert "test_telemetry.py" in telemetry.frames(raised.value)
    assert "Durand" not in telemetry.frames(raised.value)


def test_an_error_that_passes_through_a_span_leaves_its_type_and_none_of_its_words(
    spans: InMemorySpanExporter,
) -> None:
    with pytest.raises(ValueError, match="Durand"), telemetry.span("fetch document"):
        raise ValueError("Key (label)=(Papeterie Durand) already exists")
    (span,) = spans.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "Durand" not in span.to_json()


async def test_a_task_that_nobody_awaits_is_logged_by_where_it_failed(
    desk_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure("kit", desk_settings)

    async def fail() -> None:
        raise ValueError("Key (label)=(Papeterie Durand) already exists")

    asyncio.create_task(fail())  # noqa: RUF006 - that nobody keeps it is the point
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    (line,) = [json.loads(text) for text in "".join(capsys.readouterr()).splitlines()]
    assert line["event"] == "Task exception was never retrieved"
    assert (line["error"], "test_telemetry.py" in line["at"]) == ("ValueError", True)
    assert "Durand" not in json.dumps(line)


def test_a_library_that_repeats_an_errors_words_is_cut_short(
    desk_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure("kit", desk_settings)
    try:
        int("FR7630006000011234567890189")
    except ValueError as error:
        logging.getLogger("some.library").error("%s: %s", type(error).__name__, error, exc_info=error)
        structlog.get_logger().error("ours", exc_info=True)
    said = "".join(capsys.readouterr())
    assert [json.loads(line)["error"] for line in said.splitlines()] == ["ValueError", "ValueError"]
    assert "FR76" not in said


def test_libraries_say_nothing_at_debug_while_we_do(
    desk_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure("kit", desk_settings.model_copy(update={"log_level": "DEBUG"}))
    logging.getLogger("some.library").debug("GET /documents/1?signature=canary")
    structlog.get_logger().debug("ours")
    assert [json.loads(line)["event"] for line in "".join(capsys.readouterr()).splitlines()] == ["ours"]


def test_lines_of_libraries_and_our_own_are_json_with_the_service_in_them(
    desk_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure("kit", desk_settings)
    structlog.get_logger().info("said", topic="t")
    logging.getLogger("some.library").warning("said too")
    lines = [json.loads(line) for line in "".join(capsys.readouterr()).splitlines()]
    assert {line["event"] for line in lines} == {"said", "said too"}
    assert next(line for line in lines if line["event"] == "said")["service"] == "kit"


@pytest.fixture
def desk_settings() -> Settings:
    return Settings(kafka="k:1", database_url="postgres://d", http_port=1, storage_url="file:///s")


def _place(span: ReadableSpan) -> tuple[str, str]:
    context, parent = span.get_span_context(), span.parent
    assert context and parent
    return format(context.trace_id, "032x"), format(parent.span_id, "016x")


def _own_id(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context
    return format(context.span_id, "016x")


async def _three(records: Any) -> Any:
    found = await records
    return found if len(found) == 3 else None
