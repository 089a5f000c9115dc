"""A part of the stack: what is started, how it is known to be ready, how it is stopped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep running. `is_ready` asks it something that only a working one can answer."""

    name: str
    command: tuple[str, ...]
    port: int
    log: Path
    is_ready: Callable[[], Awaitable[bool]]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 20.0
    url: str = ""


async def until(answers: Callable[[], Awaitable[bool]], every: float = 0.1) -> None:
    """Return once `answers` says yes; asked every `every` seconds. The caller sets the limit."""
    while True:
        if await answers():
            return
        await asyncio.sleep(every)


def last_words(log: Path, lines: int = 15) -> str:
    """How a log ends, for a message about whoever wrote it."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class PartFailed(RuntimeError):
    """A part cannot be prepared or started; the message says what it said and what to do."""
