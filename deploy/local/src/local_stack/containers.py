"""Broker and server for tests as containers, where a Docker engine answers.

Containers carry the name of their test run and are removed by it. The library's own reaper is off: it ends containers
with the process that started them, which here is one worker of several.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import docker
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from local_stack.kafka import PROPERTIES, broker_answers
from local_stack.part import PartFailed, until
from local_stack.ports import HOST, free_port
from local_stack.postgres import THROWAWAY_SETTINGS, server_answers

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:18"
_LABEL = "qontable.test-run"
_READY_SECONDS = 90.0


def docker_answers() -> bool:
    """Whether a Docker engine is there and answers."""
    try:
        client = docker.from_env(timeout=3)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()


def start_containers(run: str, names: Sequence[str]) -> dict[str, str]:
    """Start what is named (`kafka`, `postgres`) and give its address when it answers. Raises `PartFailed`."""
    testcontainers_config.ryuk_disabled = True
    starters = {"kafka": _start_kafka, "postgres": _start_postgres}
    return {name: starters[name](run) for name in names}


def remove_containers(run: str) -> None:
    """Remove every container of a test run. Harmless when there is none, or no engine any more."""
    if not docker_answers():
        return
    client = docker.from_env()
    for container in client.containers.list(all=True, filters={"label": f"{_LABEL}={run}"}):
        container.remove(force=True, v=True)
    client.close()


def _start_kafka(run: str) -> str:
    port = free_port()
    properties = PROPERTIES | {
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": "1@localhost:9093",
    }
    container = DockerContainer(KAFKA_IMAGE, labels={_LABEL: run}).with_bind_ports(port, port)
    for name, value in properties.items():
        container.with_env(f"KAFKA_{name.replace('.', '_').upper()}", value)
    container.start()
    _wait(KAFKA_IMAGE, lambda: broker_answers(f"{HOST}:{port}"))
    return f"{HOST}:{port}"


def _start_postgres(run: str) -> str:
    password = secrets.token_urlsafe(16)
    settings = (THROWAWAY_SETTINGS | {"max_connections": "300"}).items()
    container = (
        DockerContainer(POSTGRES_IMAGE, labels={_LABEL: run})
        .with_env("POSTGRES_PASSWORD", password)
        .with_exposed_ports(5432)
        .with_command([word for name, value in settings for word in ("-c", f"{name}={value}")])
    )
    container.start()
    url = f"postgres://postgres:{password}@{container.get_container_host_ip()}:{container.get_exposed_port(5432)}/postgres"
    _wait(POSTGRES_IMAGE, lambda: server_answers(url))
    return url


def _wait(what: str, answers: Callable[[], Awaitable[bool]]) -> None:
    async def until_it_answers() -> None:
        async with asyncio.timeout(_READY_SECONDS):
            await until(answers)

    try:
        with ThreadPoolExecutor(1) as thread:  # the calling thread may have an event loop of its own
            thread.submit(asyncio.run, until_it_answers()).result()
    except TimeoutError:
        raise PartFailed(f"the container of {what} does not answer after {_READY_SECONDS:.0f} s") from None
