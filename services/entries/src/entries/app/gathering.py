"""What several ask for at the same time is done in one go: one transaction instead of one for each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from qontable.database import UNREACHABLE

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gathering(Generic[Asked, Answer]):
    """Calls that come while `act` is under way are gathered, and done together by the next.

    Nobody is waited for: a call that comes alone is done alone, at once. `act` answers what it is given in its order,
    and has done nothing when it raises: what was gathered is then done one by one, so that none fails for another.
    Where the surroundings failed, all of it has.
    """

    def __init__(self, act: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        self._act = act
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._acting: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        """The answer, once it is done; raises what `act` raised. Who stops waiting may be served all the same."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._acting is None or self._acting.done():
            self._acting = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        while self._waiting:
            gathered = [(asked, answer) for asked, answer in self._waiting if not answer.done()]
            self._waiting.clear()
            if gathered:
                await self._do(gathered)

    async def _do(self, gathered: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._act([asked for asked, _ in gathered])
        except Exception as error:  # noqa: BLE001 - nothing is hidden: whoever asked gets it
            if len(gathered) > 1 and not isinstance(error, UNREACHABLE):
                for one in gathered:
                    await self._do([one])
                return
            for _, answer in gathered:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for (_, answer), said in zip(gathered, answers, strict=True):
                if not answer.done():
                    answer.set_result(said)
