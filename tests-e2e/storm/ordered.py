"""The storm that `make storm` orders; not among the tests that `make test` finds by itself."""

from pathlib import Path

import pytest

from .check import check_storm
from .order import StormOrder


@pytest.mark.timeout(0)
async def test_the_storm_that_was_ordered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await check_storm(StormOrder.from_environment(), tmp_path, capsys)
