"""What intake makes of entries beyond what is bad about them (that is in `bad_input`)."""

from qontable.events.delivery import EntryStatusChanged

from .client import Client
from .house import House


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


async def arrived(house: House, client: Client) -> list[str]:
    """The entries of a client file in the order in which they count as arrived."""
    rows = await house.database.fetch(
        "select entry_id from entries.entries where file_id = $1 order by arrived", client.file_id
    )
    return [row["entry_id"] for row in rows]


async def test_entries_keep_the_order_in_which_they_were_validated(house: House) -> None:
    client = await house.client()
    said = [f"ent_{number}" for number in (7, 3, 9, 1, 5)]
    await house.say(*(client.validated(entry_id) for entry_id in said))
    await house.until(lambda: {order.entry.entry_id for order in house.orders(client)} == set(said))
    assert await arrived(house, client) == said


async def test_an_entry_waits_behind_earlier_ones_that_are_still_held_for_its_file(house: House) -> None:
    client = house.stranger()
    await house.say(client.validated("z_first"), client.validated("y_second"))
    held = "select count(*) = $2 from entries.held_records where file_id = $1"
    await house.until_true(held, client.file_id, 2)
    async with house.database.acquire() as connection, connection.transaction():
        await connection.execute("select from entries.held_records where file_id = $1 for update", client.file_id)
        await house.say(client.firm_created(), client.file_created())
        await house.until_true("select exists (select from entries.files where file_id = $1)", client.file_id)
        await house.say(client.validated("a_third"))
        await house.until_true(held, client.file_id, 3)
    await house.until_true("select count(*) = 3 from entries.entries where file_id = $1", client.file_id)
    assert await arrived(house, client) == ["z_first", "y_second", "a_third"]
