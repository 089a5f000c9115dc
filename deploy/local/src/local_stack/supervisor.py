"""The process that owns a stack: starts its parts in order, keeps them running, stops them, and says so in one file.

It runs detached from any terminal (`python -m local_stack.supervisor`), so that closing a shell stops nothing and
`qontable local down` works from any other. A stack that belongs to a test run stops when its owner has ended.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from time import monotonic

from pydantic import BaseModel

from local_stack.addresses import write_addresses
from local_stack.kafka import prepare_kafka
from local_stack.part import Part, PartFailed, until
from local_stack.ports import HOST, NoFreePort, choose_ports
from local_stack.postgres import prepare_postgres, server_url
from local_stack.process import ProcessIdentity
from local_stack.provisioning import ensure_database, provision_system
from local_stack.runner import Runner
from local_stack.services import SERVICES, ServiceSpec, Surroundings
from local_stack.stack import Stack
from local_stack.state import Phase, StackState
from qontable.migrations import MigrationFailed

INFRASTRUCTURE = ("kafka", "postgres")
ALL_PARTS = (*INFRASTRUCTURE, *(spec.name for spec in SERVICES))
DATABASE = "qontable"
_OWNER_POLL_SECONDS = 1.0


class Order(BaseModel):
    """What a supervisor is asked to run; it travels on its command line."""

    stack: Stack
    parts: list[str]
    owner: ProcessIdentity | None = None

    def command_line(self) -> list[str]:
        """The command that carries this order out."""
        return [sys.executable, "-m", "local_stack.supervisor", self.model_dump_json()]


class Supervisor:
    """One run of a stack, from start to stop."""

    def __init__(self, order: Order) -> None:
        self._stack = order.stack
        self._names = order.parts
        self._owner = order.owner
        self._runners: dict[str, Runner] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self._state = StackState(stack=order.stack.name, supervisor=ProcessIdentity.of(os.getpid()))

    async def run(self) -> int:
        """Work until told to stop; exit status 1 when the stack could not be started, else 0."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        starting = asyncio.create_task(self._start())
        stopped = asyncio.create_task(self._stop.wait())
        orphaned = asyncio.create_task(self._owner_ended())
        try:
            await asyncio.wait({starting, stopped, orphaned}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await asyncio.wait({stopped, orphaned}, return_when=asyncio.FIRST_COMPLETED)
        except (PartFailed, NoFreePort, MigrationFailed) as error:
            await self._stop_parts("failed", str(error))
            return 1
        finally:
            for task in (starting, stopped, orphaned):
                task.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        await self._stop_parts("stopping", "stopping")
        self._stack.state_file.unlink()
        return 0

    async def _start(self) -> None:
        began = monotonic()
        names = [name for name in ALL_PARTS if name in self._names]
        ports = choose_ports(self._stack, [*names, *(["kafka_controller"] if "kafka" in names else [])])
        self._say("starting", "starting Kafka and PostgreSQL")
        await _together(self._start_infrastructure(name, ports) for name in INFRASTRUCTURE if name in names)
        if "postgres" in names:
            await ensure_database(server_url(self._stack, ports["postgres"]), DATABASE)
        surroundings = self._surroundings(ports)
        services = [spec for spec in SERVICES if spec.name in names]
        if services:
            self._say("starting", "applying migrations and topics")
            await provision_system(surroundings, services)
            self._say("starting", "starting services")
        write_addresses(self._stack, surroundings)
        await _together(self._start_part(self._service_part(spec, surroundings)) for spec in services)
        self._say("ready", f"ready after {monotonic() - began:.1f} s")

    async def _start_infrastructure(self, name: str, ports: dict[str, int]) -> None:
        if name == "kafka":
            part = await asyncio.to_thread(prepare_kafka, self._stack, ports[name], ports["kafka_controller"])
        else:
            part = await asyncio.to_thread(prepare_postgres, self._stack, ports[name])
        await self._start_part(part)

    async def _start_part(self, part: Part) -> None:
        runner = self._runners[part.name] = Runner(part, self._write)
        self._tasks[part.name] = asyncio.create_task(runner.keep_running(), name=part.name)
        await runner.wait_ready()

    def _surroundings(self, ports: dict[str, int]) -> Surroundings:
        return Surroundings(
            kafka=f"{HOST}:{ports['kafka']}" if "kafka" in ports else "",
            postgres_admin_url=server_url(self._stack, ports["postgres"], DATABASE) if "postgres" in ports else "",
            storage_url=self._stack.storage.as_uri(),
            gateway_keys=self._stack.gateway_keys,
            ports=ports,
        )

    def _service_part(self, spec: ServiceSpec, surroundings: Surroundings) -> Part:
        port = surroundings.ports[spec.name]
        return Part(
            name=spec.name,
            command=(sys.executable, "-m", spec.name),
            port=port,
            log=self._stack.logs / f"{spec.name}.log",
            is_ready=lambda: service_answers(port),
            environment=surroundings.environment(spec),
            url=surroundings.http_url(spec.name),
        )

    async def _stop_parts(self, phase: Phase, message: str) -> None:
        """Services first, while broker and database still answer them."""
        self._say(phase, message)
        for group in (set(self._tasks) - set(INFRASTRUCTURE), set(self._tasks) & set(INFRASTRUCTURE)):
            tasks = [self._tasks[name] for name in group]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._write()

    async def _owner_ended(self) -> None:
        async def ended() -> bool:
            return self._owner is not None and not self._owner.alive()

        await until(ended, every=_OWNER_POLL_SECONDS)

    def _say(self, phase: Phase, message: str) -> None:
        self._state.phase, self._state.message = phase, message
        self._write()

    def _write(self) -> None:
        self._state.parts = {name: runner.state for name, runner in self._runners.items()}
        self._state.write(self._stack)


async def service_answers(port: int) -> bool:
    """Whether a service says that it can do its work."""
    return await asyncio.to_thread(_says_ready, port)


def _says_ready(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


async def _together(coroutines: Iterable[Coroutine[None, None, None]]) -> None:
    """All at once; the first failure ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


def main() -> int:
    """Carry out the order on the command line."""
    order = Order.model_validate_json(sys.argv[1])
    return asyncio.run(Supervisor(order).run())


if __name__ == "__main__":
    sys.exit(main())
