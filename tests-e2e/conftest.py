"""One running system for the tests that only look; tests that break things start their own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local_stack.world import World

from .system import System, running_system


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def system(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Every service of this module's world as a process."""
    async with running_system(world, tmp_path_factory.mktemp("system")) as made:
        yield made
