"""Scenarios of what may happen to an order on its way: twice, taken back, found twice, beside others, in order."""

from decimal import Decimal

from qontable.sheet import Sheet

from .desk import PATIENCE, Desk
from .entries import credit, debit
from .scenario import Scenario


async def duplicate_dispatch(desk: Desk) -> None:
    """Issued again under the same key, before the answer and after it: booked once."""
    delivery = desk.entry()
    await desk.house.say(delivery, delivery.model_copy(update={"issue": 2}))
    await desk.ends_booked_once(delivery)
    last = desk.entry("bank", sequence=2)
    await desk.house.say(delivery.model_copy(update={"issue": 3}), last)
    assert (await desk.settles(last)).state == "confirmed"
    assert [entry.journal for entry in await desk.books()] == ["ACH", "BQ"]


async def withdrawn_before(desk: Desk) -> None:
    """What was not sent is taken back, and never leaves."""
    await desk.connect(version=2, enabled=False)
    delivery, last = desk.entry(), desk.entry("bank", sequence=2)
    await desk.house.say(delivery, last)
    await desk.ends(delivery, ("queued",))
    await desk.house.recall(delivery)
    await desk.ends(delivery, ("recalled",))
    await desk.connect(version=3)
    assert (await desk.settles(last)).state == "confirmed"
    assert [entry.journal for entry in await desk.books()] == ["BQ"]


async def withdrawn_after(desk: Desk) -> None:
    """What may have been sent is not taken back: said to be too late, and seen in the books."""
    delivery = desk.entry()
    async with desk.struck("look_up", "server_error", count=None, surely=False), desk.struck("book", "book_and_cut"):
        await desk.house.say(delivery)
        await desk.ends(delivery, ("unknown",))
        await desk.house.recall(delivery)
        await desk.house.reaches(delivery, "too_late", patience=PATIENCE)
    await desk.ends_booked_once(delivery)


async def found_twice(desk: Desk) -> None:
    """Booked twice by the software itself and in doubt: never sent a third time, nor taken for settled by chance."""
    delivery = desk.entry()
    async with desk.struck("book", "book_extra", reply="cut"):
        await desk.house.say(delivery)
        ended = await desk.settles(delivery)
    assert ended.state == "confirmed", ended.message
    assert len(await desk.books()) == 2


def _unique(sheet: Sheet) -> str | None:
    fact = sheet.unique_references
    return f"the software refuses a reference twice ({fact.source})" if fact.value else None


async def side_by_side(desk: Desk) -> None:
    """While the software swallows the entries of one file, those of another file of the connection are booked."""
    other = await desk.open_file(f"{desk.code}B")
    stuck, free = desk.entry(), desk.entry(software_file=other)
    async with desk.struck("book", "refuse_connection", reply="late", seconds=9, count=None, software_file=desk.code):
        await desk.house.say(stuck, free)
        await desk.ends_booked_once(free)
        assert await desk.books() == []
    await desk.ends_booked_once(stuck)


async def in_order(desk: Desk) -> None:
    """Entries of one file are booked in the order of their sequence."""
    deliveries = [
        desk.entry(
            "miscellaneous",
            sequence=number,
            lines=(debit("658000", f"{number}.00"), credit("758000", f"{number}.00")),
        )
        for number in range(1, 8)
    ]
    await desk.house.say(*deliveries)
    for delivery in deliveries:
        assert (await desk.settles(delivery)).state == "confirmed"
    assert [entry.lines[0].debit for entry in await desk.books()] == [Decimal(number) for number in range(1, 8)]


SCENARIOS = (
    Scenario("duplicate dispatch", duplicate_dispatch),
    Scenario("look-up finds two", found_twice, _unique),
    Scenario("withdrawal before", withdrawn_before),
    Scenario("withdrawal after", withdrawn_after),
    Scenario("two files side by side", side_by_side),
    Scenario("order in one file", in_order),
)
