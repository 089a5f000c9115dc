"""Logs as JSON lines, and traces that survive tables and topics.

A trace belongs to one entry: its context travels as `traceparent` in headers, outbox and delivery rows. Work on a
record that is not sampled makes no span but hands the context on. Names follow the messaging conventions of
OpenTelemetry (semantic-conventions, `docs/messaging`, 2026-08).
"""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from qontable.settings import Settings

_PROPAGATOR = TraceContextTextMapPropagator()
NOISY = ("aiokafka", "httpx", "httpcore", "uvicorn.access", "faststream")


def configure(service: str, settings: Settings) -> None:
    """Set up logs and traces of this process.

    Libraries that repeat themselves are thinned to errors, and none speaks at DEBUG, where they quote what they handle.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=max(level, logging.INFO), format="%(message)s", handlers=[_stdlib_handler()], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace,
            _say_where,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    structlog.contextvars.bind_contextvars(service=service)
    if settings.otlp_endpoint and not isinstance(trace.get_tracer_provider(), TracerProvider):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.trace_ratio)),
            resource=Resource.create({"service.name": service}),
        )
        exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        trace.set_tracer_provider(provider)


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    links: tuple[str, ...] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """A span under `parent` (a traceparent) or the present one; `links` are traceparents of earlier traces.

    Of an exception that passes through it keeps the type only: messages quote values, as logs must not either.
    """
    linked = [Link(trace.get_current_span(read_context(text)).get_span_context()) for text in links]
    context = read_context(parent) if parent else None
    tracer = trace.get_tracer("qontable")
    with tracer.start_as_current_span(
        name,
        context=context,
        kind=kind,
        links=linked,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(StatusCode.ERROR)
            raise


def start_span(name: str, kind: SpanKind, *, parent: str | None, attributes: Mapping[str, AttributeValue]) -> Span:
    """A span that the caller ends, for work that does not fit one block."""
    return trace.get_tracer("qontable").start_span(name, context=read_context(parent), kind=kind, attributes=attributes)


def traceparent_of(started: Span) -> str | None:
    """A span's context as a `traceparent`."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, context=trace.set_span_in_context(started))
    return carrier.get("traceparent")


def frames(error: BaseException) -> str:
    """Where an error arose, without its message: database errors quote values (DESIGN 8, rule 6)."""
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )


def read_context(traceparent: str | None) -> Context:
    """The trace context that a `traceparent` says; an unreadable one is an empty context."""
    return _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {}, context=Context())


def trace_id_of(traceparent: str | None) -> str | None:
    """The trace that a `traceparent` belongs to, as traces are looked up: 32 hexadecimal digits."""
    context = trace.get_current_span(read_context(traceparent)).get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None


def sampled(traceparent: str | None) -> bool:
    """Whether spans under this context would be recorded."""
    return trace.get_current_span(read_context(traceparent)).get_span_context().trace_flags.sampled


def current_traceparent() -> str | None:
    """The present span as a `traceparent`, or nothing outside any trace."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def _add_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
    return event


def _say_where(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """In place of a traceback: the error's type and where it arose. Libraries repeat its words in their own line."""
    error = _exception_of(event.pop("exc_info", None))
    if error is not None:
        line, words = _first_line(str(event["event"])), _first_line(str(error))
        event["event"] = line.replace(words, "…") if words else line
        event.update(error=type(error).__name__, at=frames(error))
    return event


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _exception_of(exc_info: Any) -> BaseException | None:
    """What is logged with a line: an exception, the triple that holds it, or a wish for the present one."""
    if isinstance(exc_info, BaseException):
        return exc_info
    return exc_info[1] if isinstance(exc_info, tuple) else sys.exception() if exc_info else None


def _stdlib_handler() -> logging.Handler:
    """Lines of libraries in the same JSON form as ours."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.processors.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _say_where,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    return handler
