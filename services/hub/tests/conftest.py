"""A hub on real Kafka and PostgreSQL, the topics around it, and firms that use it over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from services.hub.tests.browser import Browser, signed_in
from services.hub.tests.firm import Firm
from services.hub.tests.town import SAID_BY_HUB, SHEET, Town, eventually, running_hub

from local_stack.world import World
from qontable.events.platform import Administrator, FirmCreated


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(world: World) -> AsyncIterator[Town]:
    """A running hub and its surroundings, where one software can be connected."""
    topics = [f"{world.topic_prefix}{kind.type_name}" for kind in SAID_BY_HUB]
    async with (
        running_hub(world),
        AIOKafkaProducer(bootstrap_servers=world.kafka) as producer,
        AIOKafkaConsumer(*topics, bootstrap_servers=world.kafka, auto_offset_reset="earliest") as consumer,
    ):
        town = Town(world, producer, consumer)
        await town.introduce(SHEET)
        yield town


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def new_firm(town: Town) -> AsyncIterator[Callable[[], Awaitable[Firm]]]:
    """Makes firms: the platform creates them and signs their administrators in."""
    async with AsyncExitStack() as clients:

        async def make() -> Firm:
            firm_id = f"frm_{uuid4().hex[:8]}"
            administrator = Administrator(user_id="usr_ada", name="Ada Martin", email="ada@cabinet.example")
            await town.say(FirmCreated(firm_id=firm_id, name="Cabinet Martin", administrator=administrator))
            async with town.client(town.platform_secret) as platform:
                answer = await eventually(
                    lambda: platform.post(f"/firms/{firm_id}/tokens", json={}),
                    lambda answer: answer.status_code == 201,
                )
            admin = await clients.enter_async_context(town.client(answer.json()["token"]))
            return Firm(firm_id, town, admin)

        yield make


@pytest_asyncio.fixture(loop_scope="session")
async def firm(new_firm: Callable[[], Awaitable[Firm]]) -> Firm:
    """A firm that no other test uses."""
    return await new_firm()


@pytest_asyncio.fixture(loop_scope="session")
async def other_firm(new_firm: Callable[[], Awaitable[Firm]]) -> Firm:
    """Another firm."""
    return await new_firm()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(firm: Any, town: Any) -> AsyncIterator[Browser]:
    """The administrator's browser."""
    made = await signed_in(firm, town)
    yield made
    await made.client.aclose()
