"""A stack that runs: what it says of itself, and what happens beside it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from local_stack import control
from local_stack.entrypoints import app
from local_stack.part import PartFailed
from local_stack.stack import Stack
from local_stack.state import PartState


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack("trial", tmp_path_factory.mktemp("stacks") / "trial")
    control.up(stack, ["postgres"])
    yield stack
    control.reset(stack)


@pytest.fixture
def other(stack: Stack) -> Iterator[Stack]:
    """A second stack, not started."""
    other = Stack("other", stack.folder.with_name("other"))
    yield other
    control.reset(other)


def database(stack: Stack) -> PartState:
    """The one part of these stacks."""
    state = control.running_state(stack)
    assert state is not None
    return state.parts["postgres"]


@pytest.fixture(autouse=True)
def _named_by_the_environment(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QONTABLE_STACK", stack.name)
    monkeypatch.setenv("QONTABLE_LOCAL_FOLDER", str(stack.folder.parent))


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    before = database(stack)
    control.up(stack, ["postgres"])
    assert database(stack) == before


def test_status_tells_programs_what_runs(stack: Stack) -> None:
    said = CliRunner().invoke(app, ["status", "--json"])
    state = json.loads(said.stdout)
    assert (said.exit_code, state["phase"], state["parts"]["postgres"]["status"]) == (0, "ready", "ready")
    assert psutil.pid_exists(state["parts"]["postgres"]["process"]["pid"])


def test_status_of_a_stack_that_does_not_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QONTABLE_STACK", "never")
    said = CliRunner().invoke(app, ["status", "--json"])
    assert (said.exit_code, json.loads(said.stdout)["phase"]) == (3, "stopped")


def test_passwords_are_for_their_owner_only(stack: Stack) -> None:
    readable = [file.name for file in stack.folder.iterdir() if file.is_file() and file.stat().st_mode & 0o077]
    assert readable == []
    assert stack.postgres_data.stat().st_mode & 0o077 == 0


def test_run_leaves_a_stack_that_ran_before(stack: Stack) -> None:
    command = [str(Path(sys.executable).with_name("qontable")), "local", "run", "--only", "postgres", "--", "true"]
    assert subprocess.run(command, env=os.environ, check=False).returncode == 0
    assert control.running_state(stack) is not None


def test_two_stacks_run_side_by_side(stack: Stack, other: Stack) -> None:
    control.up(other, ["postgres"])
    assert database(stack).port != database(other).port
    control.down(other)
    assert control.running_state(stack) is not None


def test_a_port_that_settings_name_and_somebody_has_stops_the_start_with_its_name(stack: Stack, other: Stack) -> None:
    taken = database(stack).port
    wanting = Stack(other.name, other.folder, fixed_ports={"postgres": taken})
    with pytest.raises(PartFailed, match=f"port {taken}, which the settings name for postgres, is taken"):
        control.up(wanting, ["postgres"])


def test_a_killed_part_is_started_again_on_its_port(stack: Stack) -> None:
    before = database(stack)
    assert before.process is not None
    psutil.Process(before.process.pid).kill()
    ends = time.monotonic() + 60
    while (now := database(stack)).restarts == before.restarts or now.status != "ready":
        assert time.monotonic() < ends
        time.sleep(0.1)
    assert now.port == before.port
