"""The stack as a user meets it: it starts, answers, stops, starts again, and survives being killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from local_stack import control
from local_stack.kafka import cluster_id, prepare_kafka
from local_stack.ports import is_free
from local_stack.process import ProcessIdentity
from local_stack.stack import Stack
from local_stack.state import StackState
from qontable.addresses import Addresses

BOTH = ["kafka", "postgres"]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack("trial", tmp_path / "trial")
    yield stack
    control.reset(stack)


def addresses(stack: Stack) -> Addresses:
    return Addresses.model_validate_json(stack.addresses_file.read_text())


def processes(state: StackState) -> dict[str, ProcessIdentity]:
    return {name: part.process for name, part in state.parts.items() if part.process}


def kill(identity: ProcessIdentity) -> None:
    psutil.Process(identity.pid).kill()
    assert identity.wait(10)


async def remember(stack: Stack) -> None:
    """Leave a table and a topic behind."""
    connection = await asyncpg.connect(addresses(stack).postgres_admin_url)
    await connection.execute("create table remembered as select 42 as answer")
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses(stack).kafka)
    await admin.start()
    await admin.create_topics([NewTopic("remembered", 1, 1)])
    await admin.close()


async def remembered(stack: Stack) -> bool:
    connection = await asyncpg.connect(addresses(stack).postgres_admin_url)
    answer = await connection.fetchval("select answer from remembered")
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses(stack).kafka)
    await admin.start()
    topics = await admin.list_topics()
    await admin.close()
    return answer == 42 and "remembered" in topics


@pytest.mark.slow
async def test_what_was_written_is_there_after_a_stop_and_after_a_killed_supervisor(stack: Stack) -> None:
    first = control.up(stack, BOTH)
    await remember(stack)
    running = processes(first)

    assert control.down(stack)
    assert not any(process.alive() for process in running.values())
    assert all(is_free(part.port) for part in first.parts.values())

    second = control.up(stack, BOTH)
    assert {name: part.port for name, part in second.parts.items()} == {
        name: part.port for name, part in first.parts.items()
    }
    assert await remembered(stack)

    kill(second.supervisor)
    left = processes(second)
    assert all(process.alive() for process in left.values())
    third = control.up(stack, BOTH)
    assert not any(process.alive() for process in left.values())
    assert {name: part.status for name, part in third.parts.items()} == {"kafka": "ready", "postgres": "ready"}
    assert await remembered(stack)


@pytest.mark.slow
def test_kafka_starts_in_a_folder_whose_cluster_id_looks_like_an_option(tmp_path: Path) -> None:
    folders = (tmp_path / f"stack-{number}" for number in range(10_000))
    stack = Stack("dash", next(folder for folder in folders if cluster_id(folder).startswith("-")))
    stack.folder.mkdir()
    prepare_kafka(stack, 9092, 9093)
    assert cluster_id(stack.folder) in (stack.kafka_data / "meta.properties").read_text()


async def test_everything_killed_at_once_is_recovered(stack: Stack) -> None:
    first = control.up(stack, BOTH)
    await remember(stack)
    for process in (first.supervisor, *processes(first).values()):
        kill(process)
    (stack.folder / "postgres.new" / "base").mkdir(parents=True)
    (stack.folder / "kafka.new").mkdir()
    control.up(stack, BOTH)
    assert await remembered(stack)


def test_a_process_that_has_a_recorded_number_by_chance_is_left_alone(stack: Stack) -> None:
    control.up(stack, ["postgres"])
    state = control.running_state(stack)
    assert state is not None
    control.down(stack)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = ProcessIdentity.of(stranger.pid)
    try:
        earlier = identity.model_copy(update={"started": identity.started - 3600})
        state.supervisor = earlier
        state.parts["postgres"].process = earlier
        state.write(stack)
        (stack.postgres_data / "postmaster.pid").write_text(f"{stranger.pid}\n{stack.postgres_data}\n0\n")
        control.up(stack, ["postgres"])
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_stack_with_an_owner_stops_when_the_owner_is_killed(stack: Stack) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    state = control.up(stack, ["postgres"], owner=ProcessIdentity.of(owner.pid))
    owner.kill()
    owner.wait()
    assert state.supervisor.wait(20)
    assert not processes(state)["postgres"].alive()
    assert control.running_state(stack) is None


def run_beside(stack: Stack, *words: str) -> "subprocess.Popen[str]":
    """`qontable local run` in a process of its own, as a shell would start it."""
    named = {"QONTABLE_STACK": stack.name, "QONTABLE_LOCAL_FOLDER": str(stack.folder.parent)}
    command = [str(Path(sys.executable).with_name("qontable")), "local", "run", "--only", "postgres", *words]
    return subprocess.Popen(command, env=os.environ | named, start_new_session=True, stderr=subprocess.PIPE, text=True)


def test_run_stops_the_stack_after_the_command_and_ends_as_the_command_did(stack: Stack) -> None:
    assert run_beside(stack, "--", "sh", "-c", "exit 7").wait(60) == 7
    assert control.running_state(stack) is None


@pytest.mark.parametrize("pressed", [signal.SIGINT, signal.SIGTERM])
def test_run_stops_everything_when_it_is_interrupted(stack: Stack, pressed: signal.Signals) -> None:
    running = run_beside(stack, "--stay", "--", "sh", "-c", "exit 7")
    assert running.stderr is not None
    assert any("Ctrl-C stops it" in line for line in iter(running.stderr.readline, ""))
    state = control.running_state(stack)
    assert state is not None
    running.send_signal(pressed)
    assert running.wait(30) == 7
    assert not state.supervisor.alive()
