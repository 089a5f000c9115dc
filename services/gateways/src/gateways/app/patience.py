"""A database that does not answer is waited for: an answer in memory is worth more than asking the software again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from qontable.database import UNREACHABLE

log = structlog.get_logger()

Result = TypeVar("Result")
PATIENCE_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


async def until_written(write: Callable[[], Awaitable[Result]], what: str, **told: object) -> Result:
    """What `write` returns once the database answers. It must have done nothing when it raises.

    The log says `what` waits, and what is `told` of it.
    """
    failures = 0
    while True:
        try:
            return await write()
        except UNREACHABLE as error:
            log.warning(f"{what} wait for the database", error=type(error).__name__, **told)
            await asyncio.sleep(PATIENCE_SECONDS[min(failures, len(PATIENCE_SECONDS) - 1)])
            failures += 1
