"""An evening on which everything is ready at once, shared by two processes that are killed in its middle.

`make evening ENTRIES=100000 FILES=500` runs a large one before one's eyes.
"""

import os
from pathlib import Path

import pytest

from evening.run import run_evening
from local_stack.world import World

ENTRIES = int(os.environ.get("EVENING_ENTRIES", "1000"))
FILES = int(os.environ.get("EVENING_FILES", "120"))
KILLS = int(os.environ.get("EVENING_KILLS", "2"))
SEED = int(os.environ.get("EVENING_SEED", "20261025"))


@pytest.mark.slow
@pytest.mark.timeout(60 + ENTRIES // 10)
async def test_every_entry_leaves_once_and_in_order_though_processes_are_killed_in_the_middle_of_the_evening(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tell(line: str) -> None:
        with capsys.disabled():
            print(line)

    tell("")
    report = await run_evening(world, tmp_path, entries=ENTRIES, files=FILES, kills=KILLS, seed=SEED, tell=tell)
    tell("\n".join(report.lines()))
    assert (report.lost, report.doubled, report.out_of_order) == (0, 0, 0)
    assert report.evenings == {"done": FILES}
    assert len(report.kills) == KILLS
