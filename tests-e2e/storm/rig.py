"""The whole system on a broker and a server of its own, each part a process that can be killed or stopped."""

import asyncio
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil

from local_stack.addresses import addresses_of
from local_stack.kafka import prepare_kafka
from local_stack.part import Part
from local_stack.ports import HOST, free_port
from local_stack.postgres import prepare_postgres, server_url
from local_stack.provisioning import ensure_database
from local_stack.runner import Runner
from local_stack.services import SERVICES, Surroundings
from local_stack.stack import Stack
from local_stack.supervisor import service_answers
from qontable.addresses import Addresses

from .disk import Disk, small_disk
from .order import StormOrder
from .service import LEASE_SECONDS, SETTLES_SECONDS

HERE = Path(__file__).parent
DATABASE = "qontable"
KAFKA_SESSION_SECONDS = 6
DOCUMENT_SECONDS = 5.0
"""A document that a killed process was fetching is fetched by another ten seconds after these, not after seventy."""
START_SECONDS = 600.0
"""Nine processes start at once, beside whatever else the machine does: one that others keep busy takes minutes."""
REPLICATED = ("entries", "gateways")
INFRASTRUCTURE = ("kafka", "postgres")
EVENING_AFTER = timedelta(minutes=4)
KILLS_EACH, MOST_KILLS = 6, 3
"""The migration before a storm is killed once for so many kills in it, no more often than that."""


def soon_in_paris() -> str:
    """An evening that comes while a large storm rages, as clocks in Paris show it."""
    return (datetime.now(ZoneInfo("Europe/Paris")) + EVENING_AFTER).strftime("%H:%M")


@dataclass
class Rig:
    """Parts by name: `kafka`, `postgres`, and each service, replicas with a number behind the name."""

    order: StormOrder
    stack: Stack
    surroundings: Surroundings
    disk: Disk
    evening: str = field(default_factory=soon_in_paris)
    runners: dict[str, Runner] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)

    @property
    def addresses(self) -> Addresses:
        """As a person's commands would find the system."""
        return addresses_of(self.surroundings, "storm", self.stack.logs)

    @property
    def services(self) -> list[str]:
        """The names of the service processes."""
        return [name for name in self.runners if name not in INFRASTRUCTURE]

    async def start(self, part: Part) -> None:
        """Have a part running, and return when it answers."""
        self.runners[part.name] = Runner(replace(part, command=_with_us(part.command)), changed=lambda: None)
        self._keep(part.name)
        await self.runners[part.name].wait_ready(START_SECONDS)

    async def stop_all(self) -> None:
        """Services first."""
        for group in (self.services, INFRASTRUCTURE):
            tasks = [self._tasks[name] for name in group if name in self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @contextmanager
    def victim(self, name: str) -> Iterator[bool]:
        """Whether a part is nobody else's victim at the moment; it is ours for the length of the block."""
        if name in self._busy:
            yield False
            return
        self._busy.add(name)
        try:
            yield True
        finally:
            self._busy.discard(name)

    async def process(self, name: str) -> psutil.Process:
        """The running process of a part, as soon as there is one that answers."""
        while True:
            state = self.runners[name].state
            found = state.process.process() if state.process and state.status == "ready" else None
            if found:
                return found
            await asyncio.sleep(0.05)

    async def freeze(self, name: str) -> psutil.Process:
        """Stop a process where it stands (SIGSTOP)."""
        while True:
            process = await self.process(name)
            with suppress(psutil.NoSuchProcess):
                process.suspend()
                return process

    async def keep_away(self, name: str, seconds: float, how: signal.Signals = signal.SIGKILL) -> None:
        """End a part and start it again only after a while."""
        with suppress(psutil.NoSuchProcess):
            (await self.process(name)).send_signal(how)
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await asyncio.sleep(seconds)
        self._keep(name)
        await self.process(name)

    def _keep(self, name: str) -> None:
        self._tasks[name] = asyncio.create_task(self.runners[name].keep_running(), name=name)


@asynccontextmanager
async def open_rig(order: StormOrder, folder: Path) -> AsyncIterator[Rig]:
    """A rig whose broker and server run, and whose database was furnished although that was killed on the way."""
    with small_disk(folder / "disk") as disk:
        stack = Stack("storm", folder / "stack", throwaway=True)
        beside = Stack("storm-postgres", disk.folder / "stack", throwaway=True)
        for each in (stack, beside):
            each.create()
        ports = _ports(order)
        rig = Rig(order, stack, _surroundings(stack, beside, ports), disk)
        try:
            kafka = await asyncio.to_thread(prepare_kafka, stack, ports["kafka"], ports["controller"])
            postgres = await asyncio.to_thread(prepare_postgres, beside, ports["postgres"])
            await asyncio.gather(rig.start(kafka), rig.start(replace(postgres, log=stack.logs / "postgres.log")))
            await ensure_database(server_url(beside, ports["postgres"]), DATABASE)
            await furnish(rig, random.Random(order.seed), kills=min(order.kills // KILLS_EACH, MOST_KILLS))
            await asyncio.gather(*(rig.start(part) for part in _service_parts(rig, ports)))
            yield rig
        finally:
            await rig.stop_all()


async def furnish(rig: Rig, chance: random.Random, *, kills: int) -> None:
    """Make roles, tables and topics, killing the migration so many times in the middle before it may end."""
    own = rig.surroundings
    command = (sys.executable, str(HERE / "furnish.py"), own.kafka, own.postgres_admin_url, str(own.gateway_keys))
    for number in range(kills + 1):
        with (rig.stack.logs / "furnish.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, str(rig.order.partitions), stdout=log, stderr=log, start_new_session=True
            )
        if number < kills:
            await asyncio.sleep(chance.uniform(0.5, 2.0))
            kill_tree(process.pid)
        status = await process.wait()
    if status:
        raise RuntimeError(f"the database could not be furnished after {kills} kills: status {status}")


def kill_tree(pid: int) -> None:
    """SIGKILL for a process and all below it."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (*parent.children(recursive=True), parent):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _with_us(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command as one that ends when we do, however we end, where the system has a way to say so."""
    if command[0] == "setpriv":
        return command[0], "--pdeathsig=KILL", *command[1:]
    return ("setpriv", "--pdeathsig=KILL", "--", *command) if shutil.which("setpriv") else command


def _ports(order: StormOrder) -> dict[str, int]:
    ports: dict[str, int] = {}
    for name in (*INFRASTRUCTURE, "controller", *_service_names(order)):
        ports[name] = free_port(ports.values())
    return ports


def _service_names(order: StormOrder) -> list[str]:
    return [
        name if number == 1 else f"{name}-{number}"
        for name in (spec.name for spec in SERVICES)
        for number in range(1, 1 + (order.replicas if name in REPLICATED else 1))
    ]


def _surroundings(stack: Stack, beside: Stack, ports: dict[str, int]) -> Surroundings:
    return Surroundings(
        kafka=f"{HOST}:{ports['kafka']}",
        postgres_admin_url=server_url(beside, ports["postgres"], DATABASE),
        storage_url=stack.storage.as_uri(),
        gateway_keys=stack.gateway_keys,
        ports=ports,
    )


def _service_parts(rig: Rig, ports: dict[str, int]) -> Iterator[Part]:
    for name in _service_names(rig.order):
        spec = next(spec for spec in SERVICES if spec.name == name.partition("-")[0])
        own = replace(rig.surroundings, ports=ports | {spec.name: ports[name]})
        yield Part(
            name=name,
            command=_command(rig.order, spec.name),
            port=ports[name],
            log=rig.stack.logs / f"{name}.log",
            is_ready=lambda port=ports[name]: service_answers(port),
            environment=own.environment(spec)
            | {"QONTABLE_KAFKA_SESSION_SECONDS": str(KAFKA_SESSION_SECONDS)}
            | {"QONTABLE_EXPORTS_LEASE_SECONDS": str(LEASE_SECONDS)}
            | {"QONTABLE_LEASE_SECONDS": str(LEASE_SECONDS), "QONTABLE_TRACE_RATIO": "0"}
            | {"QONTABLE_CEGID_LOOP_IMPORT_RETRIED_SECONDS": str(SETTLES_SECONDS)}
            | {"QONTABLE_ENTRIES_DOCUMENT_SECONDS": str(DOCUMENT_SECONDS)}
            | {"QONTABLE_ENTRIES_ACKNOWLEDGE_SECONDS": "20", "QONTABLE_ENTRIES_REFRESH_SECONDS": "20"}
            | {"QONTABLE_EVENING": rig.evening}
            | {"QONTABLE_ENTRIES_RECHECK_SECONDS": "20", "QONTABLE_REFERENCE_DATA_ANSWER_SECONDS": "15"},
        )


def _command(order: StormOrder, service: str) -> tuple[str, ...]:
    words = [sys.executable, str(HERE / "service.py"), service]
    if not order.unique:
        words.append("--repeatable-references")
    if order.broken:
        words += ["--without", order.broken]
    return tuple(words)
