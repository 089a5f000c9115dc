"""What a stack's supervisor says of it, in one file that everybody may read and only the supervisor writes."""

from typing import Literal

from pydantic import BaseModel

from local_stack.process import ProcessIdentity
from local_stack.stack import Stack, write_whole

Phase = Literal["starting", "ready", "stopping", "failed"]
PartStatus = Literal["waiting", "starting", "ready", "restarting", "stopped"]


class PartState(BaseModel):
    """One part: its process while it has one, and how often it had to be started again."""

    status: PartStatus = "waiting"
    process: ProcessIdentity | None = None
    port: int
    url: str = ""
    restarts: int = 0
    exit_status: int | None = None
    stop_signal: int
    log: str


class StackState(BaseModel):
    """The whole stack; `message` says what it is doing, or why it failed."""

    stack: str
    phase: Phase = "starting"
    message: str = ""
    supervisor: ProcessIdentity
    parts: dict[str, PartState] = {}

    def write(self, stack: Stack) -> None:
        """Replace the file."""
        write_whole(stack.state_file, self.model_dump_json(indent=2))


def read_state(stack: Stack) -> StackState | None:
    """The last state that a supervisor wrote, or nothing. Its processes may have ended since: ask them."""
    try:
        return StackState.model_validate_json(stack.state_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
