"""The same thing again, altered, too late or taken back: once, set aside, kept as superseded, or as DESIGN 5 says."""

import uuid

from qontable.events.delivery import EntryRecallRequested

from ..client import Client
from ..house import House
from .records import TOPIC, Wire, post


async def after(house: House, client: Client) -> None:
    """Until whatever was said of this file before has been taken in, judged and told."""
    marker = f"marker_{uuid.uuid4().hex[:8]}"
    await house.say(client.validated(marker))
    await house.dispatched(client, marker)


async def detail_of(house: House, client: Client) -> str:
    return str(await house.fetchval("select detail from entries.set_aside where key = $1", client.file_id.encode()))


async def revisions_of(house: House, client: Client, entry_id: str) -> list[int]:
    rows = await house.database.fetch(
        "select revision from entries.revisions where file_id = $1 and entry_id = $2 order by 1",
        client.file_id,
        entry_id,
    )
    return [row["revision"] for row in rows]


async def test_same_ce_id_again_acts_once(house: House) -> None:
    client = await house.client()
    record = Wire(client.validated("ent").body(), {"ce_id": b"evt_again"})
    await post(house, TOPIC, client.file_id, record)
    await after(house, client)
    await post(house, TOPIC, client.file_id, record)
    await post(house, TOPIC, client.file_id, record)
    await after(house, client)
    assert len(house.orders(client, "ent")) == 1
    assert await house.set_aside(client) == []
    assert await house.fetchval("select repeats from entries.inbox where event_id = 'evt_again'") == 2


async def test_same_ce_id_with_another_body_is_set_aside(house: House) -> None:
    client = await house.client()
    for entry_id in ("first", "other"):
        await post(house, TOPIC, client.file_id, Wire(client.validated(entry_id).body(), {"ce_id": b"evt_taken"}))
    await after(house, client)
    await house.until_true("select count(*) = 1 from entries.set_aside where key = $1", client.file_id.encode())
    assert await house.set_aside(client) == ["identity_reused"]
    assert await detail_of(house, client) == "the same ce_source and ce_id came with another body"
    assert len(house.orders(client, "first")) == 1
    assert not house.orders(client, "other")


async def test_same_revision_with_the_same_body_under_another_ce_id_acts_once(house: House) -> None:
    client = await house.client()
    event = client.validated("ent")
    await house.say(event, event)
    await after(house, client)
    assert len(house.orders(client, "ent")) == 1
    assert await house.set_aside(client) == []


async def test_same_revision_with_another_body_is_set_aside(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"), client.validated("ent", label="Autre chose"))
    order = await house.dispatched(client, "ent")
    assert order.entry.label == "Papeterie Durand"
    await after(house, client)
    assert await house.set_aside(client) == ["revision_altered"]
    assert await detail_of(house, client) == "this revision came before with another body"


async def test_older_revision_after_newer_is_only_kept(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent", 2), client.validated("ent", 1))
    await after(house, client)
    assert [order.entry.revision for order in house.orders(client, "ent")] == [2]
    assert await revisions_of(house, client, "ent") == [1, 2]


async def test_undo_before_the_entry_is_seen_keeps_it_from_leaving(house: House) -> None:
    client = await house.client()
    await house.say(client.undone("ent"))
    assert (await house.status(client, "ent", "withdrawn")).revision == 1
    await house.say(client.validated("ent", 1))
    await after(house, client)
    assert not house.orders(client, "ent")
    await house.say(client.validated("ent", 2))
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_undo_between_validation_and_dispatch_withdraws_the_entry(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "activation")
    await house.say(client.undone("ent"))
    await house.status(client, "ent", "withdrawn")
    await house.say(client.tied())
    await house.until_known(client)
    await after(house, client)
    assert not house.orders(client, "ent")


async def test_undo_of_an_older_revision_leaves_the_newer_one_alone(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("ent", 1), client.validated("ent", 2))
    await house.waits_for(client, "ent", "activation")
    await house.say(client.undone("ent", 1), client.tied())
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_undo_after_dispatch_recalls_and_after_booking_shows_a_difference(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("under_way"), client.validated("booked"))
    await house.answer(await house.dispatched(client, "booked"), "confirmed")
    await house.status(client, "booked", "synchronized")
    order = await house.dispatched(client, "under_way")
    await house.say(client.undone("under_way"), client.undone("booked"))
    recall = await house.hear(EntryRecallRequested, file_id=client.file_id)
    assert recall.delivery_id == order.delivery_id
    await house.answer(order, "recalled")
    await house.status(client, "under_way", "withdrawn")
    await house.status(client, "booked", "synchronized", open_difference=True)


async def test_undo_twice_or_of_no_revision_known_changes_nothing_else(house: House) -> None:
    client = await house.client()
    await house.say(client.undone("ent", 3), client.undone("ent", 3), client.undone("ent", 1))
    assert (await house.status(client, "ent", "withdrawn")).revision == 3
    await house.say(client.validated("ent", 3), client.validated("ent", 4))
    assert (await house.dispatched(client, "ent")).entry.revision == 4
    assert await revisions_of(house, client, "ent") == [3, 4]
