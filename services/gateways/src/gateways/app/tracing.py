"""Spans of tries: the first try of an entry belongs to the entry's own trace, later ones are traces linked to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.trace import Span

from gateways.adapters.attempts import Operation
from gateways.domain.delivery import Delivery
from qontable.telemetry import span


@contextmanager
def try_span(operation: Operation, deliveries: Sequence[Delivery], *, first: bool) -> Iterator[Span]:
    """A span around one call for these deliveries, which are of one file."""
    traces = tuple(delivery.traceparent for delivery in deliveries if delivery.traceparent)
    head = deliveries[0]
    with span(
        f"{operation} {head.connector}",
        parent=traces[0] if first and traces else None,
        links=traces[1:] if first else traces,
        attributes={
            "qontable.connector": head.connector,
            "qontable.firm_id": head.firm_id,
            "qontable.file_id": head.file_id,
            "qontable.connection_id": head.connection_id,
            "qontable.delivery_ids": [delivery.delivery_id for delivery in deliveries],
        },
    ) as current:
        yield current
