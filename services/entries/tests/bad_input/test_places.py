"""Entries in the wrong place: held until their file is there, waiting for its tie, set aside when it is another's."""

import orjson

from ..client import Client
from ..house import House


async def revisions_of(house: House, client: Client, entry_id: str) -> list[int]:
    rows = await house.database.fetch(
        "select revision from entries.revisions where file_id = $1 and entry_id = $2 order by 1",
        client.file_id,
        entry_id,
    )
    return [row["revision"] for row in rows]


async def test_entry_before_its_file_created_is_held_and_leaves_once_the_file_is_there(house: House) -> None:
    client = house.stranger()
    await house.say(client.firm_created(), client.validated("ent", 1), client.validated("ent", 2))
    await house.until_true("select count(*) = 2 from entries.held_records where file_id = $1", client.file_id)
    await house.say(client.file_created())
    await house.waits_for(client, "ent", "mapping")
    await house.say(client.connected(), client.refreshed(), client.tied())
    assert (await house.dispatched(client, "ent")).entry.revision == 2
    assert await revisions_of(house, client, "ent") == [1, 2]


async def test_entry_of_a_file_that_is_not_mapped_waits(house: House) -> None:
    client = house.stranger()
    await house.say(client.firm_created(), client.file_created(), client.validated("ent"))
    await house.waits_for(client, "ent", "mapping")
    await house.say(client.connected(), client.refreshed(), client.tied(active=False))
    await house.waits_for(client, "ent", "activation")
    await house.say(client.tied())
    await house.dispatched(client, "ent")


async def test_entry_of_another_firms_file_is_set_aside(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent", firm_id="frm_other"), client.validated("own"))
    await house.dispatched(client, "own")
    assert await house.set_aside(client) == ["foreign_file"]


async def test_entry_held_for_a_file_that_turns_out_to_be_another_firms_is_set_aside(house: House) -> None:
    client = house.stranger()
    await house.say(client.validated("ent", firm_id="frm_other"))
    await house.until_true("select count(*) = 1 from entries.held_records where file_id = $1", client.file_id)
    await house.say(client.file_created())
    await house.until_true("select count(*) = 1 from entries.set_aside where key = $1", client.file_id.encode())
    assert await house.set_aside(client) == ["foreign_file"]


async def test_entry_of_an_unknown_firm_is_held_and_set_aside_after_the_declared_time(house: House) -> None:
    unknown, known = house.stranger(), house.stranger()
    event = unknown.validated("ent")
    await house.say(known.firm_created(), event, known.validated("ent"))
    for client in (unknown, known):
        await house.until_true("select count(*) = 1 from entries.held_records where file_id = $1", client.file_id)
        await house.database.execute(
            "update entries.held_records set held_at = now() - interval '25 hours' where file_id = $1", client.file_id
        )
    await house.until_true("select count(*) = 1 from entries.set_aside where key = $1", unknown.file_id.encode())
    kept = await house.database.fetchrow(
        "select reason, detail, body, headers from entries.set_aside where key = $1", unknown.file_id.encode()
    )
    assert (kept["reason"], kept["body"]) == ("unknown_firm", event.body())
    assert kept["detail"] == "its firm did not become known"
    assert "ce_id" in dict(orjson.loads(kept["headers"]))
    assert await house.fetchval("select count(*) from entries.held_records where file_id = $1", known.file_id) == 1


async def test_held_records_that_cannot_be_read_any_more_hold_up_no_other(house: House) -> None:
    """What reads them may have become stricter since: theirs is the row set aside, not the others' time."""
    client = house.stranger()
    await house.say(client.firm_created(), client.validated("bad"), client.validated("good"))
    await house.until_true("select count(*) = 2 from entries.held_records where file_id = $1", client.file_id)
    broken = client.validated("bad").body().replace(b'"purchase"', b'"of yesterday"')
    await house.database.execute(
        "update entries.held_records set body = $2 where file_id = $1 and convert_from(body, 'UTF8') like '%bad%'",
        client.file_id,
        broken,
    )
    await house.say(client.file_created())
    await house.waits_for(client, "good", "mapping")
    assert await house.set_aside(client) == ["invalid_event"]
