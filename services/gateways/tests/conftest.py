"""Gateways at work in a world of each test module's own, with a software that does what it is told."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from local_stack.world import World

from .house import House, open_house
from .software import Software
from .stand_in import running_stand_in
from .workshop import Workshop, open_workshop


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(world: World) -> AsyncIterator[House]:
    """One running gateway."""
    async with open_house(world, Software()) as opened:
        service = await opened.gateway(slot="gateways-1")
        async with service.running():
            yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def empty_house(world: World) -> AsyncIterator[House]:
    """No gateway runs: the test starts its own."""
    async with open_house(world, Software()) as opened:
        yield opened


@pytest.fixture(scope="module")
def shop(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Benches on an injected clock, without processes or topics. For tests that are no coroutines themselves."""
    with open_workshop(postgres, tmp_path_factory.mktemp("workshop") / "keys.json") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def control(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The stand-in software with one client file and one key."""
    async with running_stand_in(world) as client:
        yield client
