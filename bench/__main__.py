"""`python -m bench [NAME…]`: measure, and say what is missed. Exit status 1 when a target is."""

import asyncio
import logging
from typing import Annotated

import orjson
import typer
from rich.console import Console

from bench.benches import BENCHES
from bench.pace import Findings
from bench.report import content, missed, show
from bench.scale import FULL, SMOKE, Scale


def bench(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which of {', '.join(BENCHES)}; all when none.")] = None,
    *,
    smoke: Annotated[
        bool, typer.Option(help="Next to nothing of each, to see that it works; no target counts.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Measure the system beside bare loops on this machine."""
    chosen = names or list(BENCHES)
    if unknown := sorted(set(chosen) - set(BENCHES)):
        raise typer.BadParameter(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics have no leader for a moment, and it says so
    found = asyncio.run(_measure(chosen, SMOKE if smoke else FULL))
    if as_json:
        print(orjson.dumps(content(found), option=orjson.OPT_INDENT_2).decode())
    else:
        show(found, Console(width=200))
    late = [] if smoke else missed(found)
    for line in late:
        print(f"missed: {line}")
    raise typer.Exit(1 if late else 0)


async def _measure(names: list[str], scale: Scale) -> dict[str, Findings]:
    progress, turn = Console(stderr=True), asyncio.Semaphore(scale.at_once)

    async def measured(name: str) -> Findings:
        async with turn:
            progress.print(f"measuring {name}")
            return await BENCHES[name](scale)

    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(measured(name)) for name in names}
    return {name: task.result() for name, task in tasks.items()}


if __name__ == "__main__":
    typer.run(bench)
