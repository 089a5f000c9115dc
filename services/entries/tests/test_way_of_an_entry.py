"""An entry's way from validation to the books, as platform, gateway and accountant see it."""

from .house import House


async def test_a_validated_entry_leaves_at_once_and_is_synchronized(house: House) -> None:
    client = await house.client()
    await house.say(client.validated("ent_1"))
    order = await house.dispatched(client, "ent_1")
    assert (order.journal_code, order.software_file, order.sequence) == ("AC", client.software_file_id, 1)
    sending = await house.status(client, "ent_1", "sending")
    assert sending.summary["amount"] == "120.00"
    assert sending.summary["ack_code"] == order.ack_code
    await house.answer(order, "confirmed", software_entry_id="77")
    assert (await house.status(client, "ent_1", "synchronized")).software_entry_id == "77"
