"""One run of the tests, known to all its processes by a folder."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local_stack.process import ProcessIdentity
from local_stack.stack import Stack, write_whole


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run and what it has started; it belongs to the process that began it."""

    folder: Path

    @classmethod
    def begin(cls) -> Self:
        """A new run of this process. Ends the runs whose owner was killed."""
        runs = Path(tempfile.gettempdir()) / f"qontable-tests-{os.getuid()}"
        runs.mkdir(mode=0o755, exist_ok=True)
        for left in map(cls, runs.glob("run-*")):
            if not left.owner_lives():
                left.end()
        run = cls(runs / f"run-{os.getpid()}-{os.urandom(3).hex()}")
        fresh = run.folder.with_name(f"new-{run.folder.name}")
        fresh.mkdir(mode=0o755)
        write_whole(fresh / "owner.json", ProcessIdentity.of(os.getpid()).model_dump_json())
        fresh.rename(run.folder)
        return run

    def end(self) -> None:
        """Stop what the run started, and forget it."""
        if self.stack.folder.exists():
            from local_stack.control import down

            down(self.stack)
        if self.containers_mark.exists():
            from local_stack.containers import remove_containers

            remove_containers(self.folder.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def stack(self) -> Stack:
        """The run's local processes, if it has any."""
        return Stack("test", self.folder / "stack", throwaway=True)

    @property
    def containers_mark(self) -> Path:
        """There when the run may have containers."""
        return self.folder / "containers"

    def owner(self) -> ProcessIdentity:
        """The process that began the run."""
        return ProcessIdentity.model_validate_json((self.folder / "owner.json").read_text(encoding="utf-8"))

    def owner_lives(self) -> bool:
        """Whether the run goes on. A folder that another process is just removing has no owner."""
        try:
            return self.owner().alive()
        except FileNotFoundError:
            return False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process of the run at a time."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
