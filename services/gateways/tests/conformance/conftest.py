"""The suite's bench, on which all selected scenarios run side by side, and the table at the end."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateways.connectors.registry import load_sheets
from gateways.entrypoints.documents import serve_documents
from local_stack.world import World
from qontable.storage import open_storage

from ..house import open_house
from ..software import Software
from ..stand_in import running_stand_in
from .catalogue import DOCUMENT_BYTES, SCENARIOS
from .crash import SLOT, crash_in_the_middle
from .desk import Bench, Blocked, open_desk
from .first import stumbling_block
from .scenario import Scenario
from .terms import hurried_connectors

AT_ONCE = 20


MARKS = {"passed": "[green]pass[/green]", "failed": "[red]FAIL[/red]", "skipped": "–"}

Runs = Mapping[tuple[str, str], asyncio.Task[None]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runs(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Runs]:
    """Every scenario that was selected and has a case, under way, by connector and name."""
    chosen = [item.callspec.params for item in request.session.items if "runs" in getattr(item, "fixturenames", ())]
    wanted = [(params["connector"], params["scenario"]) for params in chosen]
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in world.settings_env("gateways").items():
            patch.setenv(name, value)
        connectors = hurried_connectors(sorted({name for name, _ in wanted}), DOCUMENT_BYTES)
        control = await stack.enter_async_context(running_stand_in(world))
        house = await stack.enter_async_context(open_house(world, Software()))
        secrets = {name: world.surroundings.partner_secret(name) for name in connectors}
        bench = Bench(house, control, open_storage(world.storage_url), connectors, secrets)
        blocks = {name: await stumbling_block(bench, name) for name in connectors}
        await crash_in_the_middle(bench, [name for name in connectors if blocks[name] is None])
        service = await house.gateway(slot=SLOT, connectors=connectors, documents=serve_documents)
        await stack.enter_async_context(service.running())
        places = asyncio.Semaphore(AT_ONCE)
        tasks = {
            (connector, scenario.name): asyncio.create_task(_run(bench, scenario, connector, blocks[connector], places))
            for connector, scenario in wanted
            if scenario.not_applicable(load_sheets()[connector]) is None
        }
        yield tasks
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _run(bench: Bench, scenario: Scenario, connector: str, block: str | None, places: asyncio.Semaphore) -> None:
    if block is not None:
        raise Blocked(block)
    async with places:
        await scenario.run(await open_desk(bench, connector, connect=scenario.connects))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table connector x scenario, and why what is not applicable is not."""
    told: dict[str, dict[str, str]] = defaultdict(dict)
    reasons: list[tuple[str, str, str]] = []
    blocks: dict[str, str] = {}  # methods to be written have numbers: the first is the next
    for outcome, mark in MARKS.items():
        for report in terminalreporter.stats.get(outcome, []):
            words = dict(getattr(report, "user_properties", ()))
            if "scenario" in words:
                told[words["scenario"]][words["connector"]] = mark
                if "block" in words:
                    blocks[words["connector"]] = min(words["block"], blocks.get(words["connector"], words["block"]))
                if outcome == "skipped":
                    reasons.append((words["scenario"], words["connector"], words["reason"]))
    if told:
        _show(told, reasons, blocks)


def _show(told: dict[str, dict[str, str]], reasons: list[tuple[str, str, str]], blocks: dict[str, str]) -> None:
    """The table, then why what is not applicable is not, then what comes first where nothing works yet."""
    console = Console(width=140)
    connectors = sorted({name for row in told.values() for name in row})
    table = Table("scenario", *connectors, title="Conformance", title_justify="left")
    for scenario in SCENARIOS:
        if scenario.name in told:
            table.add_row(scenario.name, *(told[scenario.name].get(name, "") for name in connectors))
    console.print(table)
    for name, connector, reason in reasons:
        console.print(f"– {connector}, {name}: {reason}", highlight=False)
    for connector, block in blocks.items():
        console.print(f"[bold]Next, for {connector}:[/bold] {escape(block)}", highlight=False)
