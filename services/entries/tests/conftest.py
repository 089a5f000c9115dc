"""Entries at work in a world of each test module's own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from local_stack.world import World

from .house import House, open_house


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(world: World) -> AsyncIterator[House]:
    """Entries in a world of this module's own."""
    async with open_house(world) as opened:
        yield opened
