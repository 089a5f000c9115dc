"""One part kept running, told with small programs."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from local_stack import runner as runner_module
from local_stack.part import Part, PartFailed
from local_stack.runner import Runner


def part(folder: Path, program: str, *, stop_seconds: float = 5) -> Part:
    """A part that is ready once it has said `up`."""
    log = folder / "trial.log"

    async def is_ready() -> bool:
        return "up" in log.read_text()

    return Part("trial", (sys.executable, "-c", program), 1, log, is_ready, stop_seconds=stop_seconds)


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_part_that_ends_again_and_again_fails_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "FIRST_DELAY", 0.01)
    runner = Runner(part(tmp_path, "raise SystemExit('no such schema')"), lambda: None)
    task = asyncio.create_task(runner.keep_running())
    with pytest.raises(PartFailed, match=r"trial ends again and again(.|\n)*no such schema"):
        await runner.wait_ready()
    await stop(task)


async def test_a_part_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(9)"
    )
    runner = Runner(part(tmp_path, program, stop_seconds=0.3), lambda: None)
    task = asyncio.create_task(runner.keep_running())
    await runner.wait_ready()
    await stop(task)
    assert (runner.state.status, runner.state.exit_status) == ("stopped", -9)
