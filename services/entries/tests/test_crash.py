"""The process is killed in the middle of its work, at no moment in particular, and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local_stack.world import World

from .house import surroundings

ENTRIES = 300
IMPATIENT = {"QONTABLE_KAFKA_SESSION_SECONDS": "6", "QONTABLE_ENTRIES_DOCUMENT_SECONDS": "2"}
"""What a killed process held, another takes over after a few seconds."""


@asynccontextmanager
async def process(world: World, log: Path) -> AsyncIterator[None]:
    """`python -m entries` in this world; killed without a word at the end of the block."""
    environment = {**os.environ, **world.settings_env("entries"), **IMPATIENT}
    with log.open("ab") as output:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "entries", env=environment, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        started.send_signal(signal.SIGKILL)
        await started.wait()


@pytest.mark.slow
async def test_what_was_under_way_when_the_process_was_killed_leaves_once(world: World, tmp_path: Path) -> None:
    log = tmp_path / "entries.log"
    async with surroundings(world) as house:
        async with process(world, log):
            client = await house.client()
            documents = [[house.documents.document(f"doc_{number}")] for number in range(ENTRIES)]
            for number in range(ENTRIES // 2):
                await house.say(client.validated(f"ent_{number}", documents=documents[number]))
            await house.until_true("select count(*) > 20 from entries.deliveries")
        assert await house.fetchval("select count(*) from entries.deliveries") < ENTRIES
        for number in range(ENTRIES // 2, ENTRIES):
            await house.say(client.validated(f"ent_{number}", documents=documents[number]))
        async with process(world, log):
            await house.until_true("select count(*) > 170 from entries.entries")
        async with process(world, log):
            await house.until(lambda: len({order.entry.entry_id for order in house.orders(client)}) == ENTRIES)
    orders = {order.entry.entry_id: order for order in house.orders(client)}
    assert len({order.delivery_id for order in house.orders(client)}) == ENTRIES
    assert sorted(order.sequence for order in orders.values()) == list(range(1, ENTRIES + 1))
    assert all(len(order.documents) == 1 for order in orders.values())
