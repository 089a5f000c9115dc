"""How a bare loop is told what to do: a line with its order, a line for each run, an answer to each."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson

Order = dict[str, Any]
Run = Callable[[int], Awaitable[None]]
"""Does `count` of whatever it does."""


def obey(prepare: Callable[[Order], AbstractAsyncContextManager[Run]]) -> None:
    """Prepare, say so, then run as often as told; each answer says how long it took."""
    asyncio.run(_obey(prepare))


async def _obey(prepare: Callable[[Order], AbstractAsyncContextManager[Run]]) -> None:
    async with prepare(orjson.loads(await _line())) as run:
        _say({})
        while line := await _line():
            count = orjson.loads(line)["count"]
            started = time.monotonic()
            await run(count)
            _say({"seconds": time.monotonic() - started})


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _say(answer: Order) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()
