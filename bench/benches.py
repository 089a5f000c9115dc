"""Every bench by its name, in the order in which `make bench` runs them."""

from collections.abc import Awaitable, Callable, Mapping

from bench.delivery import delivery
from bench.documents import documents
from bench.evening import evening
from bench.intake import intake
from bench.latency import latency
from bench.neighbours import neighbours
from bench.pace import Findings
from bench.refresh import refresh
from bench.scale import Scale
from bench.stage import Stage

Bench = Callable[[Stage, Scale], Awaitable[Findings]]

BENCHES: Mapping[str, Bench] = {
    "intake": intake,
    "delivery": delivery,
    "neighbours": neighbours,
    "refresh": refresh,
    "latency": latency,
    "documents": documents,
    "evening": evening,
}
