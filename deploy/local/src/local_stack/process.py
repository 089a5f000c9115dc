"""Processes that outlive whoever started them, recognised again without mistake.

A process number alone is not an identity: after a crash or a reboot it may belong to somebody else's process. Number
and start time together do not come twice.
"""

import signal
from contextlib import suppress
from time import monotonic, sleep
from typing import Self

import psutil
from pydantic import BaseModel

_CLOCK_STEP_SECONDS = 2.0
_POLL_SECONDS = 0.05


class ProcessStays(RuntimeError):
    """A process that cannot be ended."""


class ProcessIdentity(BaseModel):
    """One process: its number and the time it was started, seconds since 1970."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """The identity of a running process. Raises `psutil.NoSuchProcess`."""
        return cls(pid=pid, started=psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The very process, or nothing when it has ended (even if another has its number now)."""
        try:
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.started) > _CLOCK_STEP_SECONDS:
                return None
            if found.status() == psutil.STATUS_ZOMBIE:
                return None
        except psutil.NoSuchProcess:
            return None
        return found

    def alive(self) -> bool:
        """Whether the very process still runs."""
        return self.process() is not None

    def end(self, stop_signal: int = signal.SIGTERM, grace: float = 15.0) -> None:
        """Ask the process to stop, and after `grace` seconds make it. Harmless when it has ended already.

        Raises `ProcessStays`.
        """
        for number in (stop_signal, signal.SIGKILL):
            found = self.process()
            if found is None:
                return
            with suppress(psutil.NoSuchProcess):
                found.send_signal(number)
            if self.wait(grace):
                return
        raise ProcessStays(f"process {self.pid} does not end, not even when it is killed")

    def wait(self, seconds: float) -> bool:
        """Wait for its end; true when it has ended. A zombie has ended, reaped or not."""
        ends = monotonic() + seconds
        while self.alive():
            if monotonic() > ends:
                return False
            sleep(_POLL_SECONDS)
        return True
