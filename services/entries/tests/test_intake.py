"""What intake makes of entries beyond what is bad about them (that is in `bad_input`)."""

from qontable.events.delivery import EntryStatusChanged

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
