"""One trace from the entry to the vendor's answer; later tries are traces of their own, linked to it."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from qontable.events.base import Event
from qontable.events.delivery import EntryAttempted, EntryDispatched

from .house import House
from .software import book_and_time_out

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Every span that is made."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


def _span(exporter: InMemorySpanExporter, name: str, delivery: EntryDispatched) -> ReadableSpan:
    (found,) = [
        span
        for span in exporter.get_finished_spans()
        if span.name == name and delivery.delivery_id in (span.attributes or {}).get("qontable.delivery_ids", ())  # type: ignore[operator]
    ]
    return found


def _trace(span: ReadableSpan) -> str:
    assert span.context
    return format(span.context.trace_id, "032x")


def _trace_of_event(house: House, event: Event) -> str:
    (headers,) = [headers for said, headers in house.heard if said is event]
    return headers["traceparent"].split("-")[1]


async def test_the_first_try_is_in_the_entry_s_trace_and_the_look_up_is_linked_to_it(
    house: House, spans: InMemorySpanExporter
) -> None:
    delivery = house.dispatch(await house.connect())
    house.software.script[delivery.entry.entry_id] = [book_and_time_out]
    await house.say(delivery, traceparent=TRACEPARENT)
    confirmed = await house.reaches(delivery, "confirmed")
    send, find = _span(spans, "send myunisoft", delivery), _span(spans, "find myunisoft", delivery)
    assert _trace(send) == TRACE
    assert _trace(find) != TRACE
    assert [format(link.context.trace_id, "032x") for link in find.links] == [TRACE]
    assert (send.attributes or {})["qontable.outcomes"] == ("unknown",)
    assert _trace_of_event(house, confirmed) == _trace(find)
    sent = await house.hears(EntryAttempted, delivery_id=delivery.delivery_id, operation="send")
    assert _trace_of_event(house, sent) == TRACE
