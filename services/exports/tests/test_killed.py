"""A process that is killed while it writes leaves nothing half done: the next one writes the batch, once."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local_stack.world import World
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportCompleted

from .yard import load, surroundings

ENTRIES = 1_500
KILLS = 2
UNDER_WAY = "select true from batches where export_id = $1 and lease is not null and state = 'gathering'"


async def test_a_batch_is_written_once_whoever_is_killed(world: World, tmp_path: Path) -> None:
    batch = load(ENTRIES, format="xlsx")
    async with surroundings(world) as yard:
        for kill in range(KILLS):
            async with process(world, tmp_path) as victim:
                if not kill:
                    await yard.say(batch.opened, *batch.orders)
                await yard.until_true(UNDER_WAY, batch.export_id)
                victim.kill()
                await victim.wait()
            assert await yard.database.fetchval(UNDER_WAY, batch.export_id), "it was killed while it wrote"
            assert not yard.all(ExportCompleted)
            await yard.database.execute("update batches set lease = null, leased_until = null")
        async with process(world, tmp_path):
            done = await yard.hear(ExportCompleted, export_id=batch.export_id)
            await yard.until(lambda: len(yard.all(EntryDeliveryChanged, state="confirmed")) >= ENTRIES)
        assert (done.outcome, done.entries) == ("written", ENTRIES)
        confirmed = yard.all(EntryDeliveryChanged, state="confirmed")
        assert sorted(event.delivery_id for event in confirmed) == sorted(order.delivery_id for order in batch.orders)
        assert len(yard.all(ExportCompleted)) == 1
        assert await yard.database.fetchval("select count(*) from outbox") == 0


@asynccontextmanager
async def process(world: World, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m exports`, ended with the block."""
    given = world.settings_env("exports") | {
        "QONTABLE_EXPORTS_LEASE_SECONDS": "30",
        "QONTABLE_KAFKA_SESSION_SECONDS": "6",
        "QONTABLE_EXPORTS_FOLDER": str(folder),
    }
    with (folder / "exports.log").open("ab") as log:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "exports", env=os.environ | given, stdout=log, stderr=log
        )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
            await started.wait()
