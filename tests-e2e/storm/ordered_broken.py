"""Every robbed system in its storm: `make storm-broken`."""

from pathlib import Path

import pytest

from .broken import ROBBERIES
from .robbed import check_found


@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", ROBBERIES)
async def test_the_storm_finds_a_robbed_system(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await check_found(name, tmp_path, capsys)
