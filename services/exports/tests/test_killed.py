"""A process that is killed or stopped while it writes leaves nothing half done: another writes the batch, once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local_stack.ports import free_port
from local_stack.world import World
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportCompleted

from .yard import load, surroundings

ENTRIES = 1_500
KILLS = 2
UNDER_WAY = "select true from batches where export_id = $1 and lease is not null and state = 'gathering'"


async def test_a_batch_is_written_once_whoever_is_killed(world: World, tmp_path: Path) -> None:
    batch = load(ENTRIES, format="xlsx")
    confirmed = {"state": "confirmed", "file_id": batch.opened.file_id}
    async with surroundings(world) as yard:
        for kill in range(KILLS):
            async with process(world, tmp_path) as victim:
                if not kill:
                    await yard.say(batch.opened, *batch.orders)
                await yard.until_true(UNDER_WAY, batch.export_id)
                victim.kill()
                await victim.wait()
            assert await yard.database.fetchval(UNDER_WAY, batch.export_id), "it was killed while it wrote"
            assert not yard.all(ExportCompleted, export_id=batch.export_id)
            await yard.database.execute("update batches set lease = null, leased_until = null")
        async with process(world, tmp_path):
            done = await yard.hear(ExportCompleted, export_id=batch.export_id)
            await yard.until(lambda: len(yard.all(EntryDeliveryChanged, **confirmed)) >= ENTRIES)
        assert (done.outcome, done.entries) == ("written", ENTRIES)
        told = yard.all(EntryDeliveryChanged, **confirmed)
        assert sorted(event.delivery_id for event in told) == sorted(order.delivery_id for order in batch.orders)
        assert len(yard.all(ExportCompleted, export_id=batch.export_id)) == 1
        assert await yard.database.fetchval("select count(*) from outbox") == 0


async def test_who_was_stopped_while_it_wrote_finds_it_written(world: World, tmp_path: Path) -> None:
    batch = load(ENTRIES, format="xlsx")
    async with surroundings(world) as yard, process(world, tmp_path) as stopped:
        await yard.say(batch.opened, *batch.orders)
        await yard.until_true(UNDER_WAY, batch.export_id)
        stopped.send_signal(signal.SIGSTOP)
        try:
            assert await yard.database.fetchval(UNDER_WAY, batch.export_id), "it was stopped while it wrote"
            await yard.database.execute("update batches set lease = null, leased_until = null")
            async with process(world, tmp_path, QONTABLE_HTTP_PORT=str(free_port())):
                await yard.until_true("select state = 'written' from batches where export_id = $1", batch.export_id)
        finally:
            stopped.send_signal(signal.SIGCONT)
        log = tmp_path / "exports.log"
        await yard.until(lambda: b"batch abandoned" in log.read_bytes())
        done = await yard.hear(ExportCompleted, export_id=batch.export_id)

        def confirmed() -> set[tuple[str, int]]:
            """A relay that wakes may say again what was said, as what it was: decision 6."""
            told = yard.all(EntryDeliveryChanged, state="confirmed", file_id=batch.opened.file_id)
            return {(event.delivery_id, event.version) for event in told}

        await yard.until(lambda: confirmed() == {(order.delivery_id, 2) for order in batch.orders})
        assert {event.completed_at for event in yard.all(ExportCompleted, export_id=batch.export_id)} == {
            done.completed_at
        }


@asynccontextmanager
async def process(world: World, folder: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m exports`, ended with the block."""
    given = world.settings_env("exports") | {
        "QONTABLE_EXPORTS_LEASE_SECONDS": "30",
        "QONTABLE_KAFKA_SESSION_SECONDS": "6",
        "QONTABLE_EXPORTS_FOLDER": str(folder),
        **settings,
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
