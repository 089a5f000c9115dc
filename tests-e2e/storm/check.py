"""Runs a storm, says what came of it, and fails for every fault, and for every planted one that was not found."""

from pathlib import Path

import pytest

from .judgement import WORDS
from .order import StormOrder
from .report import report
from .storm import run_storm


async def check_storm(order: StormOrder, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run and judge."""
    outcome = await run_storm(order, folder)
    with capsys.disabled():
        print("", *report(outcome), sep="\n")
    assert outcome.judgement.faults == []
    assert [fault for fault in outcome.planted if not fault.seen] == []
    assert {fault.word for fault in outcome.planted} == set(WORDS)
    assert sum(outcome.log.killed.values()) > 0 or not order.kills
