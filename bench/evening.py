"""The evening run: what an entry costs when everything is ready at once, many beside few (`bench.evening_cost`).

Each size runs in a process and a world of its own, for all processor time of its process is counted.
"""

import asyncio
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from bench.evening_cost import evening_cost
from bench.pace import Findings
from bench.scale import Scale
from bench.stage import Stage
from local_stack.backends import Backends
from local_stack.world import make_world

MOST_GROWTH = 1.3
FILES = 500


async def evening(stage: Stage, scale: Scale) -> Findings:
    """Cost per entry of many as a multiple of that of few."""
    few, many = [await _cost(stage, entries) for entries in (scale.evening // 100, scale.evening)]
    growth = many["each"] / few["each"]
    said = f"{scale.evening:,} entries cost {growth:.2f} times as much each as {scale.evening // 100:,}"
    costs = [
        f"{cost['entries']:,} entries: {cost['each'] * 1e6:,.0f} µs each, {cost['wall']:.1f} s" for cost in (few, many)
    ]
    missed = [f"evening: {said}, at most {MOST_GROWTH}"] if growth > MOST_GROWTH else []
    return Findings(remarks=[said, *costs], missed=missed)


async def _cost(stage: Stage, entries: int) -> dict[str, Any]:
    with TemporaryDirectory(prefix="qontable-evening-") as folder:
        Path(folder).chmod(0o755)
        order = {"backends": stage.backends.model_dump(), "folder": folder, "entries": entries}
        async with stage.script("bench.evening", **order) as (_, cost):
            return cost


async def _measure(order: dict[str, Any]) -> dict[str, Any]:
    entries = order["entries"]
    async with make_world(Backends.model_validate(order["backends"]), Path(order["folder"])) as world:
        cost = await evening_cost(world, entries, min(FILES, entries))
    return {"entries": entries, "each": cost.per_entry, "wall": cost.wall_seconds}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # what the service logs is no answer
        cost_found = asyncio.run(_measure(orjson.loads(sys.stdin.readline())))
    print(orjson.dumps(cost_found).decode(), flush=True)
