"""Writes that gather: while one is under way, what comes in waits and goes together in the next.

One that comes alone goes alone, at once. One commit then serves everything that happened during the commit before it,
and the busier it gets the larger the portions. Where it is known that more is on its way, the first waits a moment for
company: a commit costs as much as several requests, and without the moment nearly every answer had one of its own
(docs/performance.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from qontable.database import UNREACHABLE

Item = TypeVar("Item")
Result = TypeVar("Result")
MOMENT_SECONDS = 0.02


class Gathering(Generic[Item, Result]):
    """`write` takes portions of items and returns one result for each, in order; its exception is everyone's.

    `more_to_come` says whether items are on their way. With `one_by_one` no item fails for another: a portion that
    fails is written again item by item, unless the surroundings failed. `write` must have done nothing when it raises.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        more_to_come: Callable[[], bool] = lambda: False,
        *,
        one_by_one: bool = False,
    ) -> None:
        self._write = write
        self._one_by_one = one_by_one
        self._more_to_come = more_to_come
        self._came = asyncio.Event()
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """Have `item` written with the next portion; its result once that is committed.

        A caller that is cancelled does not take the portion with it.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._came.set()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        return await future

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._wait_for_company()
                portion, self._waiting = self._waiting, []
                await self._write_portion(portion)
        finally:
            self._writer = None

    async def _wait_for_company(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT_SECONDS):
                while self._more_to_come():
                    self._came.clear()
                    await self._came.wait()

    async def _write_portion(self, portion: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([item for item, _ in portion])
        except Exception as error:  # noqa: BLE001 - it is raised where it belongs: to everyone who waits
            if self._one_by_one and len(portion) > 1 and not isinstance(error, UNREACHABLE):
                for one in portion:
                    await self._write_portion([one])
                return
            for _, future in portion:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), result in zip(portion, results, strict=True):
                if not future.done():
                    future.set_result(result)
