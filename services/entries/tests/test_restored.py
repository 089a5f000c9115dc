"""A backup of entries was restored: what left in an import file after it is known to be in the books (decision 19)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

from entries.bootstrap import build
from entries.entrypoints.command import bring_back
from local_stack.world import World
from qontable.clock import now
from qontable.events.delivery import EntryDispatched, EntryRecallRequested
from qontable.events.export import ExportOpened
from qontable.place import Place

from .client import Client
from .house import House, settings_of, surroundings
from .test_exports import batch, opened, ready, request

FORGET = """
    truncate entries.status_history, entries.deliveries, entries.exports, entries.inbox, entries.outbox;
    delete from entries.entries where entry_id = 'late';
    delete from entries.revisions where entry_id = 'late';
    update entries.entries set delivery_id = null, accepted_revision = null, status = 'ready', visible = '{}',
        version = version + 1000000, check_due = now();
"""
"""The backup has the file and its first entry, ready, and nothing of the export, nor of the entry that came later."""


@asynccontextmanager
async def entries_at_work(world: World, house: House) -> AsyncIterator[None]:
    """An entries process's worth, in this one."""
    service = await build(settings_of(world))
    async with service.running():
        house.service = service
        yield
    house.service = None


def place(world: World) -> Place:
    """Where the command works."""
    return Place("entries", world.database_url("entries"), world.kafka, world.topic_prefix)


async def written(house: House) -> tuple[Client, ExportOpened, list[EntryDispatched]]:
    """A client file whose two entries are in an import file."""
    client = await ready(house, "early", "late")
    asked = request(client)
    await house.say(asked)
    orders = await batch(house, asked)
    for order in orders:
        await house.answer(order, "queued", 1)
        await house.answer(order, "confirmed", 2)
        await house.status(client, order.entry.entry_id, "synchronized", detail="exported")
    return client, await opened(house, asked), orders


async def test_entries_of_a_written_file_are_in_the_books_and_in_no_file_again(world: World) -> None:
    since = now() - timedelta(minutes=1)
    async with surroundings(world) as house:
        async with entries_at_work(world, house):
            client, first, orders = await written(house)
            told = house.all(EntryDispatched)
        await house.database.execute(FORGET)
        assert await bring_back(place(world), since) == (1, 1)
        assert await bring_back(place(world), since) == (0, 1), "said twice it is said once"
        house.heard.clear()
        async with entries_at_work(world, house):
            await house.say(client.validated("late", date="2026-03-02"), client.validated("new"))
            for order in orders:
                booked = await house.status(client, order.entry.entry_id, "synchronized", detail="exported")
                assert (booked.delivery_id, booked.open_difference) == (order.delivery_id, False)
            await house.waits_for(client, "new", "mapping")
            again = request(client, export_id=first.export_id)
            fresh = request(client)
            await house.say(again, fresh)
            assert [order.entry.entry_id for order in await batch(house, fresh)] == ["new"]
            assert not house.all(ExportOpened, export_id=first.export_id), "the same export is not opened again"
            assert not [order for order in house.all(EntryDispatched) if order in told]


async def test_what_was_on_its_way_to_a_software_in_the_backup_and_was_exported_since_is_recalled(world: World) -> None:
    since = now() - timedelta(minutes=1)
    async with surroundings(world) as house:
        async with entries_at_work(world, house):
            house.numbers = count(100)
            client = await house.client()
            await house.say(client.validated("ent"))
            order = await house.dispatched(client, "ent")
            exported = house.told(order, "confirmed", 2, delivery_id="dlv_file", connector="export")
        await house.say(exported)
        await bring_back(place(world), since)
        async with entries_at_work(world, house):
            await house.hear(EntryRecallRequested, delivery_id=order.delivery_id, connector="myunisoft")
            await house.status(client, "ent", "synchronized", detail="exported")
