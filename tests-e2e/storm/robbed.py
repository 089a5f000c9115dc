"""What rages over each robbed system, and as what it must show."""

from dataclasses import replace
from pathlib import Path

import pytest

from local_stack.world import PARTITIONS
from sandbox.software.registry import usual_software

from .broken import ROBBERIES
from .judgement import WORDS
from .order import StormOrder
from .report import report
from .storm import Outcome, run_storm

STORMS = {
    "inbox": (StormOrder(150, 4, 11, unique=False, broken="inbox", patience_seconds=45), {"doubled"}),
    "fencing": (
        StormOrder(400, 0, 12, troubles=("pauses",), unique=False, broken="fencing", patience_seconds=45),
        {"doubled"},
    ),
    "doubt": (StormOrder(600, 2, 13, unique=False, broken="doubt", patience_seconds=45, replicas=1), {"doubled"}),
    "commits": (StormOrder(300, 12, 14, broken="commits", patience_seconds=45), {"lost", "silent"}),
    "snapshots": (StormOrder(60, 0, 15, broken="snapshots", patience_seconds=45), {"silent"}),
}
"""All of them in the software of which every trouble was seen.

A storm ends with the first thing found, so more entries cost nothing where they are not needed: with 150 in that of
doubt two runs of seven found nothing.
"""


async def check_found(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the storm and see what it finds."""
    order, found_as = STORMS[name]
    outcome = await run_storm(replace(order, connectors=(usual_software(),), partitions=PARTITIONS), folder)
    with capsys.disabled():
        print("", f"robbed: {ROBBERIES[name].what}", *report(outcome), _found(outcome), sep="\n")
    assert {word for word in WORDS if getattr(outcome.judgement, word)} & found_as


def _found(outcome: Outcome) -> str:
    after = outcome.first_fault
    return f"found after {after} entries" if after else f"found among {len(outcome.published)} entries"
