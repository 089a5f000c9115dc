"""Where a test run's broker and server come from: given addresses, containers, or local processes."""

import os

from pydantic import BaseModel

from local_stack.containers import docker_answers, start_containers
from local_stack.control import up
from local_stack.run_folder import RunFolder
from local_stack.stack import write_whole
from local_stack.supervisor import INFRASTRUCTURE
from qontable.addresses import Addresses

GIVEN = {"kafka": "QONTABLE_TEST_KAFKA", "postgres": "QONTABLE_TEST_POSTGRES"}


class Backends(BaseModel):
    """A broker's bootstrap servers and a superuser's database address."""

    kafka: str
    postgres: str


def backends_of(run: RunFolder) -> Backends:
    """The run's broker and server, started by whoever asks first. Raises `PartFailed`."""
    file = run.folder / "backends.json"
    with run.locked():
        if not file.exists():
            write_whole(file, _start(run).model_dump_json())
    return Backends.model_validate_json(file.read_text(encoding="utf-8"))


def _start(run: RunFolder) -> Backends:
    given = {name: os.environ[variable] for name, variable in GIVEN.items() if os.environ.get(variable)}
    missing = [name for name in INFRASTRUCTURE if name not in given]
    if missing and docker_answers():
        run.containers_mark.touch()
        return Backends.model_validate(given | start_containers(run.folder.name, missing))
    if missing:
        up(run.stack, missing, owner=run.owner())
        addresses = Addresses.model_validate_json(run.stack.addresses_file.read_text(encoding="utf-8"))
        given = {"kafka": addresses.kafka, "postgres": addresses.postgres_admin_url} | given
    return Backends.model_validate(given)
