"""Keeps one part running: starts it, watches it, starts it again when it ends, stops it when told to."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import psutil

from local_stack.part import Part, PartFailed, last_words, until
from local_stack.process import ProcessIdentity
from local_stack.settings import PROJECT
from local_stack.state import PartState, PartStatus

READY_SECONDS = 60.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 15.0
HEALTHY_SECONDS = 30.0
ENDS_BEFORE_FAILURE = 4


class Runner:
    """One part's life. `changed` is called whenever its state is another."""

    def __init__(self, part: Part, changed: Callable[[], None]) -> None:
        self.part = part
        self.state = PartState(port=part.port, url=part.url, stop_signal=part.stop_signal, log=str(part.log))
        self._changed = changed
        self._ready = asyncio.Event()
        self._failed = asyncio.Event()
        self._ends = 0

    async def keep_running(self) -> None:
        """Run the part until cancelled, which stops it and waits for its end.

        An end is followed by a new start, later each time; a part that ran well for a while starts at once again.
        """
        delay = FIRST_DELAY
        while True:
            began = monotonic()
            await self._run_once()
            delay = FIRST_DELAY if monotonic() - began > HEALTHY_SECONDS else delay
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
            self.state.restarts += 1

    async def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when the part answers. Raises `PartFailed` when it ends again and again, or takes too long."""
        ready = asyncio.create_task(self._ready.wait())
        failed = asyncio.create_task(self._failed.wait())
        try:
            done, _ = await asyncio.wait({ready, failed}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if ready not in done:
                what = "ends again and again" if failed in done else f"does not answer after {seconds:.0f} s"
                raise PartFailed(f"{self.part.name} {what}; {self.part.log} ends with:\n{last_words(self.part.log)}")
        finally:
            ready.cancel()
            failed.cancel()

    async def _run_once(self) -> None:
        with self.part.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.part.command,
                cwd=PROJECT,
                env=os.environ | self.part.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.state.status = "starting"
        with suppress(psutil.NoSuchProcess):
            self.state.process = ProcessIdentity.of(process.pid)
        self._changed()
        watch = asyncio.create_task(self._watch_ready())
        try:
            self.state.exit_status = await process.wait()
            self._note_end("restarting")
        except asyncio.CancelledError:
            await self._stop(process)
            raise
        finally:
            watch.cancel()

    async def _watch_ready(self) -> None:
        await until(self.part.is_ready)
        self.state.status = "ready"
        self._ends = 0
        self._ready.set()
        self._changed()

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(self.part.stop_signal)
        try:
            self.state.exit_status = await asyncio.wait_for(process.wait(), self.part.stop_seconds)
        except TimeoutError:
            process.kill()
            self.state.exit_status = await process.wait()
        self._note_end("stopped")

    def _note_end(self, status: PartStatus) -> None:
        self._ends += 1
        if self._ends >= ENDS_BEFORE_FAILURE:
            self._failed.set()
        self.state = self.state.model_copy(update={"status": status, "process": None})
        self._changed()
