"""Starting and stopping a stack from outside its supervisor."""

import fcntl
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from local_stack.part import PartFailed, last_words
from local_stack.process import ProcessIdentity
from local_stack.stack import Stack
from local_stack.state import StackState, read_state
from local_stack.supervisor import ALL_PARTS, Order

START_SECONDS = 300.0
STOP_SECONDS = 90.0
_POLL_SECONDS = 0.1


def up(
    stack: Stack,
    names: Sequence[str] = ALL_PARTS,
    *,
    owner: ProcessIdentity | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> StackState:
    """Start what is not running and return when everything answers. Raises `PartFailed`.

    A stack that runs with these parts is left as it is, and restarted with more parts when it has fewer. What a killed
    supervisor left behind is ended first. `progress` hears what is being done. With an `owner`, the stack stops when
    that process ends.
    """
    with _only_one(stack):
        state = running_state(stack)
        if state is not None:
            if state.phase == "ready" and set(names) <= set(state.parts):
                return state
            names = [*names, *state.parts]
            _stop(stack, state)
        end_leftovers(stack)
        stack.create()
        with (stack.logs / "supervisor.log").open("ab") as log:
            supervisor = subprocess.Popen(
                Order(stack=stack, parts=list(names), owner=owner).command_line(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            return _wait_ready(stack, supervisor, progress)
        except BaseException:  # also Ctrl-C: what was begun here does not go on behind the user's back
            supervisor.terminate()
            supervisor.wait(STOP_SECONDS)
            raise


def down(stack: Stack) -> bool:
    """Stop everything of the stack, also one that is just starting; true when something ran."""
    state = running_state(stack)
    if state is not None:
        _stop(stack, state)
    with _only_one(stack):
        return end_leftovers(stack) or state is not None


def reset(stack: Stack) -> None:
    """Stop the stack and remove its data, logs, ports and passwords."""
    down(stack)
    shutil.rmtree(stack.folder, ignore_errors=True)


def running_state(stack: Stack) -> StackState | None:
    """The state of a stack whose supervisor lives, or nothing."""
    state = read_state(stack)
    return state if state is not None and state.supervisor.alive() else None


def end_leftovers(stack: Stack) -> bool:
    """End what a supervisor that was killed left running; true when there was something."""
    state = read_state(stack)
    if state is None or state.supervisor.alive():
        return False
    left = [part for part in state.parts.values() if part.process is not None and part.process.alive()]
    for part in left:
        if part.process is not None:
            part.process.end(part.stop_signal)
    stack.state_file.unlink()
    return bool(left)


def _wait_ready(stack: Stack, supervisor: subprocess.Popen[bytes], progress: Callable[[str], None]) -> StackState:
    ends, said = monotonic() + START_SECONDS, ""
    while monotonic() < ends:
        exit_status = supervisor.poll()
        state = read_state(stack)
        if state is not None and state.supervisor.pid == supervisor.pid:
            if state.phase == "ready":
                return state
            if state.phase == "failed" and exit_status is not None:
                stack.state_file.unlink()
                raise PartFailed(state.message)
            if state.phase == "starting" and state.message != said:
                progress(state.message)
                said = state.message
        if exit_status is not None:
            raise PartFailed(f"the stack was stopped while it started.\n{last_words(stack.logs / 'supervisor.log')}")
        sleep(_POLL_SECONDS)
    raise PartFailed(f"the stack is not ready after {START_SECONDS:.0f} s; see {stack.logs}")


def _stop(stack: Stack, state: StackState) -> None:
    state.supervisor.end(grace=STOP_SECONDS)
    end_leftovers(stack)


@contextmanager
def _only_one(stack: Stack) -> Iterator[None]:
    """Whoever starts or stops a stack does it alone; others wait. The lock ends with the process that holds it."""
    lock: Path = stack.lock_file
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
