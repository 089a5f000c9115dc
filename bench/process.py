"""Processes as a bench sees them: processor time used so far, and the most memory they ever held."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import orjson
import psutil

from local_stack.part import last_words
from local_stack.settings import PROJECT
from local_stack.supervisor import service_answers

READY_SECONDS = 120


class Meter:
    """A process and its children: what a server does for one client, another of its processes may do for the next."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self._process = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds of processor time, of children that have ended too."""
        ended = self._process.cpu_times()
        family = [self._process, *self._process.children(recursive=True)]
        return sum(_cpu(member) for member in family) + float(ended.children_user + ended.children_system)

    def peak(self) -> int:
        """The most bytes that the process itself held in memory at any time (VmHWM)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(kilobytes) * 1024

    def pause(self) -> None:
        """Stop the process where it is, until `resume`."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


@asynccontextmanager
async def running_service(name: str, port: int, environment: Mapping[str, str], log: Path) -> AsyncIterator[Meter]:
    """A service of the house as production starts it, inside the block. Raises `TimeoutError` with its last words."""
    async with _running("-m", name, environment=environment, log=log) as process:
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await service_answers(port):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"{name} is not ready:\n{last_words(log)}") from None
        yield Meter(name, process.pid)


class Script:
    """A module of this bench in a process of its own: it is told its order, says that it is ready, then waits to go."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.meter = Meter(name, process.pid)
        self._process = process
        self._log = log

    @classmethod
    @asynccontextmanager
    async def ready(cls, module: str, log: Path, **order: Any) -> AsyncIterator[tuple[Self, dict[str, Any]]]:
        """The script inside the block, once it is ready, with what it said then."""
        async with _running("-m", module, environment={}, log=log) as process:
            script = cls(module, process, log)
            yield script, await script.tell(order)

    async def tell(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """One line to the script and its answer. Raises `ChildProcessError` with its last words if it has ended."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(orjson.dumps(order) + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"{self.meter.name} ended:\n{last_words(self._log)}")
        answer: dict[str, Any] = orjson.loads(line)
        return answer


@asynccontextmanager
async def _running(*words: str, environment: Mapping[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            cwd=PROJECT,
            env=os.environ | dict(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if words[1].startswith("bench.") else errors,
            stderr=errors,
            limit=16 * 1024 * 1024,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
