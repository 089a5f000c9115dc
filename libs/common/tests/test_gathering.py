"""What is asked for at the same time is done together, and what one provokes befalls nobody else."""

import asyncio
from collections.abc import Sequence

import pytest

from qontable.gathering import Gathering


class Counter:
    """Doubles numbers, as many at a time as it is given, when it is let; refuses a batch that holds a bad one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.open = asyncio.Event(), asyncio.Event()
        self._error = error or ValueError("bad")

    async def act(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self.begun.set()
        await self.open.wait()
        if any(number < 0 for number in numbers):
            raise self._error
        return [number * 2 for number in numbers]


async def asked(
    counter: Counter, *numbers: int, giving_up: int | None = None, one_by_one: bool = True
) -> list[int | BaseException]:
    """What came of these, all but the first asked for while the first was under way."""
    ask = Gathering(counter.act, one_by_one=one_by_one)
    tasks = [asyncio.create_task(ask(numbers[0]))]
    await counter.begun.wait()
    tasks += [asyncio.create_task(ask(number)) for number in numbers[1:]]
    await asyncio.sleep(0)
    if giving_up is not None:
        tasks[giving_up].cancel()
        await asyncio.sleep(0)
    counter.open.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_comes_alone_goes_at_once_and_who_comes_meanwhile_goes_together() -> None:
    counter = Counter()
    assert await asked(counter, 1, 2, 3, 4) == [2, 4, 6, 8]
    assert counter.batches == [[1], [2, 3, 4]]


async def test_one_that_is_refused_is_refused_alone() -> None:
    counter = Counter()
    first, second, bad, fourth = await asked(counter, 1, 2, -3, 4)
    assert (first, second, fourth) == (2, 4, 8)
    assert isinstance(bad, ValueError)
    assert counter.batches == [[1], [2, -3, 4], [2], [-3], [4]]


async def test_an_exception_is_everyone_s_where_a_portion_stands_or_falls_together() -> None:
    counter = Counter()
    first, *others = await asked(counter, 1, 2, -3, one_by_one=False)
    assert (first, [type(error) for error in others]) == (2, [ValueError, ValueError])
    assert counter.batches == [[1], [2, -3]]


async def test_where_the_surroundings_fail_all_fail() -> None:
    counter = Counter(ConnectionRefusedError())
    found = await asked(counter, 1, 2, -3)
    assert found[0] == 2
    assert [type(error) for error in found[1:]] == [ConnectionRefusedError, ConnectionRefusedError]
    assert counter.batches == [[1], [2, -3]]


@pytest.mark.parametrize("place", [0, 2])
async def test_who_stops_waiting_leaves_the_others_served(place: int) -> None:
    found = await asked(Counter(), 1, 2, 3, 4, giving_up=place)
    assert isinstance(found.pop(place), asyncio.CancelledError)
    assert found == [number * 2 for number in (1, 2, 3, 4) if number != place + 1]
