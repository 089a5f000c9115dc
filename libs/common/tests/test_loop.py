"""Background work that outlives what it meets."""

import asyncio

import pytest

from qontable.loop import Loop, end


class _Work:
    """A step that does what it is told, one word per turn: more, done, fail."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.turns = 0

    async def step(self) -> bool:
        self.turns += 1
        word = self.words.pop(0) if self.words else "done"
        if word == "fail":
            raise RuntimeError("the turn met something")
        return word == "more"


async def _turned(work: _Work, turns: int, loop: Loop, *, wake: bool = False) -> None:
    running = asyncio.create_task(loop.run())
    try:
        async with asyncio.timeout(5):
            while work.turns < turns:
                if wake:
                    loop.wake()
                await asyncio.sleep(0.01)
    finally:
        running.cancel()


async def test_it_goes_on_at_once_while_there_is_more_and_then_rests() -> None:
    work = _Work("more", "more", "done")
    await _turned(work, 3, Loop("l", work.step, idle_seconds=60))
    await asyncio.sleep(0.1)
    assert work.turns == 3


async def test_a_turn_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qontable.loop.BACKOFF_SECONDS", (0.01,))
    work = _Work("fail", "fail", "done")
    await _turned(work, 3, Loop("l", work.step, idle_seconds=60))


async def test_who_is_woken_does_not_wait_for_the_end_of_the_pause() -> None:
    work = _Work()
    await _turned(work, 3, Loop("l", work.step, idle_seconds=60), wake=True)


async def test_a_call_that_comes_during_a_turn_is_not_lost() -> None:
    loop: Loop

    class Waking(_Work):
        async def step(self) -> bool:
            if self.turns == 0:
                loop.wake()
            return await super().step()

    work = Waking()
    loop = Loop("l", work.step, idle_seconds=60)
    await _turned(work, 2, loop)


async def test_one_whose_cleaning_up_failed_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure takes the place of the cancellation, and the loop goes on with its next turn."""
    monkeypatch.setattr("qontable.loop.AGAIN_SECONDS", 0.05)
    begun = asyncio.Event()

    async def step() -> bool:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            raise ConnectionError("the server went away at that moment")

    running = asyncio.create_task(Loop("l", step, idle_seconds=60).run())
    await begun.wait()
    async with asyncio.timeout(5):
        await end([running])
    assert running.cancelled()
