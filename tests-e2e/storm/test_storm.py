"""Nothing lost, nothing doubled, nothing silent, whatever dies. `make storm` runs a large one before one's eyes."""

from pathlib import Path

import pytest

from local_stack.world import PARTITIONS

from .check import check_storm
from .order import StormOrder

SMALL = StormOrder(entries=120, kills=6, seed=7, partitions=PARTITIONS)


@pytest.mark.slow
async def test_a_small_storm_loses_doubles_and_hides_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await check_storm(SMALL, tmp_path, capsys)
