"""The whole system as processes, for tests that a user could make: started, killed, watched."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from local_stack.addresses import addresses_of
from local_stack.part import Part
from local_stack.runner import Runner
from local_stack.services import SERVICES
from local_stack.supervisor import service_answers
from local_stack.world import World

KAFKA_SESSION_SECONDS = "6"
"""Short, so that the work of a killed process is soon taken over and the test stays short."""


class System:
    """Every service of one world as a process that is started again when it dies."""

    def __init__(self, world: World, folder: Path, environment: Mapping[str, str]) -> None:
        self.world = world
        self.addresses_file = folder / "addresses.json"
        self._runners = {
            spec.name: Runner(self._part(spec.name, folder, environment), changed=lambda: None) for spec in SERVICES
        }
        self._tasks: list[asyncio.Task[None]] = []
        self.addresses_file.write_text(addresses_of(world.surroundings, "test", folder).model_dump_json())

    def _part(self, service: str, folder: Path, environment: Mapping[str, str]) -> Part:
        port = self.world.surroundings.ports[service]
        return Part(
            name=service,
            command=(sys.executable, "-m", service),
            port=port,
            log=folder / f"{service}.log",
            is_ready=lambda: service_answers(port),
            environment=self.world.settings_env(service)
            | {"QONTABLE_KAFKA_SESSION_SECONDS": KAFKA_SESSION_SECONDS}
            | environment,
            url=self.world.http_url(service),
        )

    async def start(self) -> None:
        """Start every service and wait until each is ready."""
        self._tasks = [asyncio.create_task(runner.keep_running()) for runner in self._runners.values()]
        await asyncio.gather(*(runner.wait_ready() for runner in self._runners.values()))

    async def stop(self) -> None:
        """Stop every service as an operator would."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def kill(self, service: str) -> bool:
        """End a service's process without warning (SIGKILL); false when it is not running just now."""
        process = self.process(service)
        if process is None:
            return False
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return False
        return True

    def process(self, service: str) -> psutil.Process | None:
        """A service's process; nothing when it is not running just now."""
        identity = self._runners[service].state.process
        return identity.process() if identity else None

    async def run(self, *words: str) -> tuple[int, str]:
        """Run `qontable` against this system as a person would; exit status and what it printed."""
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("qontable")),
            *words,
            env=os.environ | {"QONTABLE_ADDRESSES": str(self.addresses_file)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        text = output.decode()
        return process.returncode or 0, text if text.strip() else errors.decode()


@asynccontextmanager
async def running_system(world: World, folder: Path, **environment: str) -> AsyncIterator[System]:
    """A system that runs inside the block."""
    system = System(world, folder, environment)
    try:
        await system.start()
        yield system
    finally:
        await system.stop()
