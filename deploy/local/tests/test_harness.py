"""What tests rely on: worlds that do not touch each other, one broker per run, nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from local_stack.backends import Backends
from local_stack.connectors import connectors
from local_stack.world import World, make_world
from qontable.topics import all_topics

WORKERS = """
import os, time
import pytest

@pytest.mark.parametrize("number", range(2))
def test_says_who_serves_it(kafka, postgres, number, worker_id):
    open(os.path.join({folder!r}, worker_id), "w").write(kafka + " " + postgres)
    time.sleep({pause})
"""


async def test_a_service_sees_its_own_schema_and_no_other(world: World) -> None:
    connection = await asyncpg.connect(world.database_url("hub"))
    try:
        assert await connection.fetchval("select current_schema()") == "hub"
        assert await connection.fetchval("select count(*) from inbox") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("select count(*) from entries.inbox")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create table public.stray (id int)")
    finally:
        await connection.close()


async def test_worlds_share_no_rows_and_no_topics(world: World, backends: Backends, tmp_path: Path) -> None:
    async with make_world(backends, tmp_path) as other:
        connection = await asyncpg.connect(world.database_url("entries"))
        await connection.execute("insert into outbox (topic, key, headers, body) values ('t', 'k', '{}', '')")
        await connection.close()
        elsewhere = await asyncpg.connect(other.database_url("entries"))
        assert await elsewhere.fetchval("select count(*) from outbox") == 0
        await elsewhere.close()
        assert world.topic_prefix != other.topic_prefix
        assert len(await _topics(backends, other.topic_prefix)) == len(all_topics(connectors()))
    for _ in range(100):
        if not await _topics(backends, other.topic_prefix):
            break
        await asyncio.sleep(0.1)
    assert await _topics(backends, other.topic_prefix) == []
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(other.admin_url)


@pytest.mark.slow
def test_workers_of_a_run_share_one_server_which_ends_with_the_run(tmp_path: Path) -> None:
    run = _start_run(tmp_path, pause=0.5)
    assert run.wait(120) == 0, (tmp_path / "output").read_text()
    served = {(tmp_path / worker).read_text() for worker in ("gw0", "gw1")}
    assert len(served) == 1
    assert _left_in(tmp_path) == []


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_running(tmp_path: Path) -> None:
    run = _start_run(tmp_path, pause=60)
    _until((tmp_path / "gw0").exists, 60)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    _until(lambda: not _left_in(tmp_path), 60)


async def _topics(backends: Backends, prefix: str) -> list[str]:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=backends.kafka)
    await admin.start()
    topics = [topic for topic in await admin.list_topics() if topic.startswith(prefix)]
    await admin.close()
    return topics


def _start_run(folder: Path, pause: float) -> "subprocess.Popen[bytes]":
    """A test run of its own with two workers and a temporary folder of its own; its broker is given, for speed."""
    (folder / "test_two.py").write_text(WORKERS.format(folder=str(folder), pause=pause))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "QONTABLE_TEST"))}
    own = {"TMPDIR": str(folder), "QONTABLE_TEST_KAFKA": "given:1", "DOCKER_HOST": "tcp://127.0.0.1:9"}
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-n",
                "2",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:schemathesis",
                "test_two.py",
            ],
            cwd=folder,
            env=inherited | own,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _left_in(folder: Path) -> list[str]:
    """Processes that run on data below a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(folder / "qontable") in word for word in words):
            found.append(" ".join(words))
    return found


def _until(done: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.1)
