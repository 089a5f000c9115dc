"""Gateways at work in a world of each test module's own, with a software that does what it is told."""

from collections.abc import AsyncIterator

import pytest_asyncio

from local_stack.world import World

from .house import House, open_house
from .software import Software


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
