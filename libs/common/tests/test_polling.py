"""How batches come from Kafka."""

import asyncio
from typing import Any

import pytest

from qontable import polling


async def test_a_partition_is_asked_for_again_as_soon_as_it_was_read(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker keeps a request for the other partitions alone open for longer than this test has patience."""
    monkeypatch.setattr(polling, "FETCH_WAIT_MS", 60_000)
    topic, busy, done = await desk.new_topic(), asyncio.Event(), asyncio.Event()

    async def handle(unit: Any, records: Any) -> None:
        busy.set()
        await done.wait()
        await desk.note_seen(unit, records)

    async with desk.running(desk.subscription(topic, handle)):
        await desk.send(topic, desk.event("first"))
        await busy.wait()
        await desk.send(topic, desk.event("meanwhile"))
        await asyncio.sleep(0.5)  # it lies ready by now, for longer than the tenth of a second
        done.set()
        await desk.eventually(lambda: _seen(desk, topic, 2))
        await desk.send(topic, desk.event("afterwards"))
        await desk.eventually(lambda: _seen(desk, topic, 3))


async def _seen(desk: Any, topic: str, count: int) -> bool:
    return len(await desk.seen(topic)) == count
