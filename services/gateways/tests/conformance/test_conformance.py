"""Every registered connector passes every scenario, or its sheet says why there is no case of it."""

import asyncio

import pytest

from gateways.connectors.registry import load_sheets
from qontable.sheet import Sheet

from .catalogue import CONNECTORS, SCENARIOS
from .conftest import Runs
from .desk import Blocked
from .scenario import Scenario

SHEETS = {name: sheet for name, sheet in load_sheets().items() if name in CONNECTORS}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("connector", SHEETS)
async def test_a_connector_passes(
    runs: Runs, request: pytest.FixtureRequest, connector: str, scenario: Scenario
) -> None:
    told = request.node.user_properties
    told += [("connector", connector), ("scenario", scenario.name)]
    reason = scenario.not_applicable(SHEETS[connector])
    if reason:
        told.append(("reason", reason))
        pytest.skip(f"{connector}: {reason}")
    block = await _walked(runs[connector, scenario.name])
    if block:
        told.append(("block", block))
        pytest.fail(block, pytrace=False)


async def _walked(run: asyncio.Task[None]) -> str | None:
    """What is to be mended before this scenario can be tried, if anything is. Raises what the scenario raises."""
    try:
        await run
    except Blocked as block:
        return str(block)
    return None


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_what_a_sheet_declares_not_applicable_is_a_scenario(sheet: Sheet) -> None:
    assert set(sheet.not_applicable) <= {scenario.name for scenario in SCENARIOS}
