"""What becomes of revisions as they come: newer, older, altered, taken back, too early, from the wrong firm."""

import uuid
from datetime import UTC, datetime

import orjson

from qontable.envelope import Envelope
from qontable.events.delivery import EntryStatusChanged

from .client import Client, line
from .house import House


async def revisions_of(house: House, client: Client, entry_id: str) -> list[int]:
    rows = await house.database.fetch(
        "select revision from entries.revisions where file_id = $1 and entry_id = $2 order by 1",
        client.file_id,
        entry_id,
    )
    return [row["revision"] for row in rows]


async def after(house: House, client: Client) -> None:
    """Until whatever was said of this file before has been taken in, judged and told."""
    marker = f"marker_{uuid.uuid4().hex[:8]}"
    await house.say(client.validated(marker))
    await house.dispatched(client, marker)


async def test_the_newest_revision_leaves_and_an_older_one_that_comes_later_is_only_kept(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent", 2), client.validated("ent", 1))
    await after(house, client)
    assert [order.entry.revision for order in house.orders(client, "ent")] == [2]
    assert await revisions_of(house, client, "ent") == [1, 2]


async def test_a_revision_that_comes_again_with_the_same_body_acts_once(house: House) -> None:
    client = await house.client()
    event = client.validated("ent")
    await house.say(event, event)
    await after(house, client)
    assert len(house.orders(client, "ent")) == 1
    assert await house.set_aside(client) == []


async def test_a_revision_that_comes_again_with_another_body_is_set_aside(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent"), client.validated("ent", label="Autre chose"))
    order = await house.dispatched(client, "ent")
    assert order.entry.label == "Papeterie Durand"
    await after(house, client)
    assert await house.set_aside(client) == ["revision_altered"]


async def test_an_entry_taken_back_before_it_is_seen_never_leaves(house: House) -> None:
    client = await house.client()
    await house.say(client.undone("ent"))
    assert (await house.status(client, "ent", "withdrawn")).revision == 1
    await house.say(client.validated("ent", 1))
    await after(house, client)
    assert not house.orders(client, "ent")
    await house.say(client.validated("ent", 2))
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_an_entry_taken_back_while_it_waits_is_withdrawn(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("ent"))
    await house.waits_for(client, "ent", "activation")
    await house.say(client.undone("ent"))
    await house.status(client, "ent", "withdrawn")
    await house.say(client.tied())
    await house.until_known(client)
    await after(house, client)
    assert not house.orders(client, "ent")


async def test_taking_back_an_older_revision_leaves_the_newer_one_alone(house: House) -> None:
    client = await house.client(active=False)
    await house.say(client.validated("ent", 1), client.validated("ent", 2))
    await house.waits_for(client, "ent", "activation")
    await house.say(client.undone("ent", 1), client.tied())
    assert (await house.dispatched(client, "ent")).entry.revision == 2


async def test_an_entry_that_comes_before_its_file_leaves_once_the_file_is_there(house: House) -> None:
    client = house.stranger()
    await house.say(client.firm_created(), client.validated("ent", 1), client.validated("ent", 2))
    await house.until_true("select count(*) = 2 from entries.held_records where file_id = $1", client.file_id)
    await house.say(client.file_created())
    await house.waits_for(client, "ent", "mapping")
    await house.say(client.connected(), client.refreshed(), client.tied())
    assert (await house.dispatched(client, "ent")).entry.revision == 2
    assert await revisions_of(house, client, "ent") == [1, 2]


async def test_an_entry_of_another_firms_file_is_set_aside(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent", firm_id="frm_other"), client.validated("own"))
    await house.dispatched(client, "own")
    assert await house.set_aside(client) == ["foreign_file"]


async def test_a_held_entry_whose_file_turns_out_to_be_another_firms_is_set_aside(house: House) -> None:
    client = house.stranger()
    await house.say(client.validated("ent", firm_id="frm_other"))
    await house.until_true("select count(*) = 1 from entries.held_records where file_id = $1", client.file_id)
    await house.say(client.file_created())
    await house.until_true("select count(*) = 1 from entries.set_aside where key = $1", client.file_id.encode())
    assert await house.set_aside(client) == ["foreign_file"]


async def test_an_entry_of_an_unknown_firm_is_held_and_set_aside_after_the_declared_time(house: House) -> None:
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
        "select reason, body, headers from entries.set_aside where key = $1", unknown.file_id.encode()
    )
    assert (kept["reason"], kept["body"]) == ("unknown_firm", event.body())
    assert "ce_id" in dict(orjson.loads(kept["headers"]))
    assert await house.fetchval("select count(*) from entries.held_records where file_id = $1", known.file_id) == 1


async def test_all_revisions_of_an_entry_share_a_code_that_no_other_entry_of_the_file_has(house: House) -> None:
    client = await house.client()
    events = [client.validated(f"ent_{number}") for number in range(300)]
    await house.say(*events, client.validated("ent_0", 2))
    await house.until(lambda: len({order.entry.entry_id for order in house.orders(client)}) == 300)
    orders = house.orders(client)
    codes = {order.entry.entry_id: order.ack_code for order in orders}
    assert len(set(codes.values())) == 300
    assert all(len(code) == 4 for code in codes.values())
    assert {
        status.summary["ack_code"] for status in house.all(EntryStatusChanged, file_id=client.file_id, entry_id="ent_0")
    } == {codes["ent_0"]}
    assert sorted(order.sequence for order in orders) == list(range(1, len(orders) + 1))


async def test_an_entry_that_cannot_be_constructed_is_returned_with_every_reason(house: House) -> None:
    client = await house.client()
    lines = [line("606400", "120.001", "0"), line("401000", "0", "x", "401DURAND")]
    await house.say(client.validated("ent", date="2026-02-30", lines=lines))
    returned = await house.status(client, "ent", "to_verify", detail="preflight")
    assert [finding.code for finding in returned.findings] == ["impossible_date", "invalid_amount", "invalid_amount"]
    await house.say(client.validated("unbalanced", lines=[line("606400", "1.00", "0"), line("512000", "0", "2.00")]))
    assert [f.code for f in (await house.status(client, "unbalanced", "to_verify")).findings] == ["unbalanced"]


async def test_strange_but_valid_content_is_accepted_as_it_is(house: House) -> None:
    client = await house.client()
    label = "Fournitures 🖇️ \u202eמִכְתָּב " + "x" * 10_000
    lines = [line("606400", "999999999.99", "0"), line("606400", "0", "0"), line("512000", "0", "999999999.99")]
    await house.say(client.validated("ent", label=label, lines=lines))
    assert (await house.dispatched(client, "ent")).entry.label == label


async def test_a_bad_record_does_not_hold_up_its_neighbours(house: House) -> None:
    client = await house.client()
    event = client.validated("bad")
    envelope = Envelope(uuid.uuid4().hex, event.ce_type(), "/test", datetime.now(UTC), event.subject)
    nul = event.body().replace(b"Papeterie Durand", b"Papeterie\\u0000Durand")
    await house.say(client.validated("before"))
    await house.send("entry.validated", event.key, nul, envelope.headers())
    await house.say(client.validated("after"))
    await house.dispatched(client, "before")
    await house.dispatched(client, "after")
    assert await house.set_aside(client) == ["invalid_event"]
