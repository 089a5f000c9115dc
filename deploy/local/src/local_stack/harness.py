"""Real Kafka and real PostgreSQL for tests: a pytest plugin, loaded wherever this package is installed.

Fixtures:

* `kafka` (session): bootstrap servers, `host:port`.
* `postgres` (session): a superuser's address.
* `world` (module): a system of one's own on them: a database with every service's schema migrated, topics under a
  prefix, a storage folder, free ports, keys. See `local_stack.world.World`; a service's settings are
  `world.settings_env("entries")`.

Broker and server come from `QONTABLE_TEST_KAFKA` and `QONTABLE_TEST_POSTGRES` where these are set, else from
testcontainers where a Docker engine answers, else from local processes. A test run has one of each, started by the
first worker that asks and stopped when the run ends; what a killed run left behind, the next one removes.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from local_stack.run_folder import RunFolder

if TYPE_CHECKING:  # imported where they are used: runs that need neither broker nor server begin without them
    from local_stack.backends import Backends
    from local_stack.world import World

RUN_VARIABLE = "QONTABLE_TEST_RUN"


def pytest_configure(config: pytest.Config) -> None:
    """The process that begins the run names its folder; workers find the name in their environment."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN_VARIABLE] = str(RunFolder.begin().folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Workers have ended by now: stop what they used."""
    if not hasattr(config, "workerinput"):
        RunFolder(Path(os.environ.pop(RUN_VARIABLE))).end()


@pytest.fixture(scope="session")
def backends() -> "Backends":
    """Broker and server of this run."""
    from local_stack.backends import backends_of

    return backends_of(RunFolder(Path(os.environ[RUN_VARIABLE])))


@pytest.fixture(scope="session")
def kafka(backends: "Backends") -> str:
    """Bootstrap servers of a real broker without automatic topics."""
    return backends.kafka


@pytest.fixture(scope="session")
def postgres(backends: "Backends") -> str:
    """A superuser's address on a real server."""
    return backends.postgres


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(backends: "Backends", tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["World"]:
    """A system of this module's own; gone when the module is done."""
    from local_stack.world import make_world

    async with make_world(backends, tmp_path_factory.mktemp("world")) as made:
        yield made
