"""Credentials, links, IBANs and labels lie where they belong and nowhere else (DESIGN 8, rule 6).

The search first finds what was planted in every sink; then it goes through all that a day of work and trouble left.
"""

import os
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local_stack.harness import RUN_VARIABLE
from local_stack.ports import free_port
from local_stack.run_folder import RunFolder
from local_stack.services import SERVICES
from local_stack.world import World

from ..otlp import otlp_receiver
from ..system import running_system
from .day import Day, live_a_day
from .places import belongs
from .planting import PLANTED, planted
from .search import Canary, Search
from .sinks import Sinks


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sinks(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sinks]:
    """A system that says as much as it can."""
    folder = tmp_path_factory.mktemp("system")
    async with (
        otlp_receiver(free_port(world.surroundings.ports.values())) as receiver,
        running_system(world, folder, QONTABLE_OTLP_ENDPOINT=receiver.url, QONTABLE_LOG_LEVEL="DEBUG") as system,
    ):
        logs = [folder / f"{spec.name}.log" for spec in SERVICES]
        yield Sinks(system, receiver, [*logs, *_servers_logs()], pages=[])


def _servers_logs() -> list[Path]:
    """PostgreSQL's and Kafka's, where this run has processes of its own."""
    logs = sorted(RunFolder(Path(os.environ[RUN_VARIABLE])).stack.logs.glob("*.log"))
    if not logs:
        print("the logs of PostgreSQL and Kafka are not searched: this run was given servers or containers")
    return logs


async def where(sinks: Sinks, canaries: list[Canary]) -> dict[str, set[str]]:
    """The names of the canaries found, by sink; every sink that was looked into is there."""
    search = Search(canaries)
    found: defaultdict[str, set[str]] = defaultdict(set)
    async for sink, content in sinks.contents():
        found[sink] |= search.find(content)
    return found


async def test_the_search_finds_what_was_planted_in_every_sink_in_every_form(sinks: Sinks) -> None:
    async with planted(sinks) as expected:
        found = await where(sinks, list(PLANTED.values()))
    missed = {sink: canaries - found[sink] for sink, canaries in expected.items() if canaries - found[sink]}
    assert not missed


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_after_a_day_of_work_and_trouble_every_canary_is_where_it_belongs_and_nowhere_else(
    sinks: Sinks, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day: Day = await live_a_day(sinks, tmp_path)
    found = await where(sinks, day.canaries)
    kinds = {canary.name: canary.kind for canary in day.canaries}
    leaks = {
        sink: leaked
        for sink, names in sorted(found.items())
        if (leaked := {name for name in names if not belongs(sink, kinds[name], name)})
    }
    with capsys.disabled():
        print(f"\n{len(day.canaries)} canaries in {len(found)} sinks: {sum(map(bool, found.values()))} hold some")
    assert not leaks, "\n".join(f"{sink}: {', '.join(sorted(names))}" for sink, names in leaks.items())
    seen = set().union(*found.values())
    assert seen >= set(kinds) - day.never_seen, "a canary that is nowhere proves nothing"
