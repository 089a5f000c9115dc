"""Background work of a service: a step repeated for as long as it finds work, then again after a while or a wake-up.

And the end of such work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic

import structlog

from qontable import metrics
from qontable.telemetry import frames

log = structlog.get_logger()

Step = Callable[[], Awaitable[bool]]
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
AGAIN_SECONDS = 10.0
"""More than anything that ends takes for its cleaning up: a relay gives its producer and its connection five each."""


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks; return when all have ended. How they ended is not told.

    What fails while a task cleans up takes the place of its cancellation: a server that goes away in that moment makes
    of it one more failure to wait after. Whoever has not ended after `AGAIN_SECONDS` is cancelled again.
    """
    under_way = set(tasks)
    while under_way:
        for task in under_way:
            task.cancel()
        ended, under_way = await asyncio.wait(under_way, timeout=AGAIN_SECONDS)
        await asyncio.gather(*ended, return_exceptions=True)  # else asyncio complains of errors that nobody looked at


class Loop:
    """Repeats `step`, which does one portion of work and says whether there may be more at once.

    A step that raises is logged, counted and tried again after a growing pause; nothing it did not commit is lost.
    """

    def __init__(self, name: str, step: Step, *, idle_seconds: float) -> None:
        self.name = name
        self.last_turn = monotonic()
        self._step = step
        self.idle_seconds = idle_seconds
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be work: do not wait for the end of the pause."""
        self._wake.set()

    async def run(self) -> None:
        """Repeat until cancelled."""
        failures = 0
        while True:
            self._wake.clear()
            try:
                more = await self._step()
                failures = 0
            except Exception as error:  # noqa: BLE001 - a loop outlives whatever one turn meets, and says so
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                failures += 1
                metrics.LOOP_FAILURES.labels(self.name).inc()
                log.error("loop failed", loop=self.name, error=type(error).__name__, at=frames(error), retry_in=pause)
                await asyncio.sleep(pause)
                continue
            finally:
                self.last_turn = monotonic()
            if not more:
                await self._rest()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), timeout=self.idle_seconds)
        except TimeoutError:
            return
