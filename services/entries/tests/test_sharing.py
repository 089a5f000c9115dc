"""Several processes at once, and an entry that nobody can judge: the others go on, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from entries.bootstrap import build
from local_stack.world import World

from .client import line
from .house import House, settings_of


@asynccontextmanager
async def another_judge(world: World) -> AsyncIterator[None]:
    """A second process that judges what is due, in portions of its own."""
    service = await build(settings_of(world, entries_chunk=20))
    judging = asyncio.create_task(next(loop for loop in service.loops if loop.name == "evaluation").run())
    yield
    judging.cancel()
    await asyncio.gather(judging, return_exceptions=True)
    await service.database.close()


async def test_two_processes_share_the_work_and_dispatch_every_entry_once(house: House, world: World) -> None:
    async with another_judge(world):
        client = await house.client(active=False)
        await house.say(*(client.validated(f"ent_{number}") for number in range(200)))
        told = "select count(*) = 200 from entries.entries where file_id = $1 and version > 0"
        await house.until_true(told, client.file_id)
        await house.say(client.tied())
        await house.until(lambda: len(house.orders(client)) >= 200)
        await house.say(client.validated("marker"))
        await house.dispatched(client, "marker")
    orders = house.orders(client)
    assert len({order.entry.entry_id for order in orders}) == len(orders) == 201
    assert [order.sequence for order in orders] == list(range(1, 202))


async def test_an_entry_that_cannot_be_judged_does_not_hold_up_the_others(house: House) -> None:
    client = await house.client(active=False)
    await house.say(*(client.validated(f"ent_{number}") for number in range(10)))
    await house.waits_for(client, "ent_9", "activation")
    await house.database.execute(
        "update entries.revisions set content = '{}' where file_id = $1 and entry_id = 'ent_3'", client.file_id
    )
    await house.say(client.tied())
    await house.until(lambda: len(house.orders(client)) == 9)
    await house.until_true(
        """
        select check_due > now() + interval '30 minutes' and status = 'ready' from entries.entries
        where file_id = $1 and entry_id = 'ent_3'
        """,
        client.file_id,
    )


async def test_entries_of_two_thousand_lines_are_judged_like_others(house: House) -> None:
    client = await house.client()
    lines = [line("606400", "1.00", "0.00") for _ in range(2_000)] + [line("512000", "0.00", "2000.00")]
    await house.say(*(client.validated(f"ent_{number}", lines=lines) for number in range(12)))
    for number in range(12):
        returned = await house.status(client, f"ent_{number}", "to_verify")
        assert [finding.code for finding in returned.findings] == ["too_many_lines"]
