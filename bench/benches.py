"""Every bench by its name, in the order in which `make bench` runs them."""

from collections.abc import Awaitable, Callable, Mapping

from bench.delivery import delivery
from bench.documents import documents
from bench.evening import evening
from bench.exports import exports
from bench.intake import intake
from bench.latency import latency
from bench.neighbours import neighbours
from bench.pace import Findings
from bench.pages import pages
from bench.refresh import refresh
from bench.scale import Scale
from bench.stage import Stage, open_stage

Bench = Callable[[Scale], Awaitable[Findings]]


def _staged(bench: Callable[[Stage, Scale], Awaitable[Findings]]) -> Bench:
    """A bench that plays on a stage of its own."""

    async def on_stage(scale: Scale) -> Findings:
        async with open_stage(scale) as stage:
            return await bench(stage, scale)

    return on_stage


BENCHES: Mapping[str, Bench] = {
    "intake": _staged(intake),
    "delivery": _staged(delivery),
    "neighbours": _staged(neighbours),
    "refresh": _staged(refresh),
    "latency": _staged(latency),
    "documents": _staged(documents),
    "evening": _staged(evening),
    "pages": _staged(pages),
    "exports": exports,
}
