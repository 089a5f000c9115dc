"""What entries forgets, and what it must not."""

from datetime import date, timedelta
from typing import Any

from .house import House

LONG_AGO = date(2024, 3, 1)


async def evening(house: House, file_id: str, day: date, state: str) -> None:
    await house.database.execute(
        """
        insert into entries.schedules (file_id, day, cut_off, state, opened_at, ended_at)
        values ($1, $2, $2::date + time '19:00', $3, $2::date, $2::date)
        """,
        file_id,
        day,
        state,
    )


async def part(house: House, file_id: str, version: int) -> None:
    await house.database.execute(
        "insert into entries.reference_parts (file_id, version, full_state, part, event) values ($1, $2, false, 1, $3)",
        file_id,
        version,
        "{}",
    )


async def column(house: House, query: str, *values: Any) -> list[Any]:
    return [row[0] for row in await house.database.fetch(query, *values)]


async def test_evenings_long_over_are_forgotten_but_for_the_last_that_let_entries_go(house: House) -> None:
    last = LONG_AGO + timedelta(days=2)
    for number, state in enumerate(("done", "overtaken", "done", "void")):
        await evening(house, "fil_evenings", LONG_AGO + timedelta(days=number), state)
    await evening(house, "fil_open", LONG_AGO, "open")
    house.wake("forget_old")
    await house.until_true("select count(*) = 2 from entries.schedules where file_id = 'fil_evenings'")
    days = "select day from entries.schedules where file_id = $1 order by day"
    assert await column(house, days, "fil_evenings") == [last, last + timedelta(days=1)]
    assert await column(house, days, "fil_open") == [LONG_AGO]


async def test_parts_of_a_difference_that_a_newer_state_has_overtaken_are_forgotten(house: House) -> None:
    client = await house.client()
    await house.say(client.refreshed(5, 0, full=True))
    await house.until_true("select version = 5 from entries.reference_files where file_id = $1", client.file_id)
    for version in (4, 6):
        await part(house, client.file_id, version)
    house.wake("forget_old")
    await house.until_true("select count(*) = 1 from entries.reference_parts where file_id = $1", client.file_id)
    kept = await column(house, "select version from entries.reference_parts where file_id = $1", client.file_id)
    assert kept == [6]
