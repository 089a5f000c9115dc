"""What leaves this evening and what tomorrow: by when it was validated, and by how its file stood at the cut-off."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from local_stack.moved_clock import MovedClock, moved_clock
from local_stack.world import World
from qontable.clock import PARIS, now
from qontable.events.delivery import EntryStatusChanged

from .client import Client
from .house import House, open_house

DAYS = iter(date(2026, 10, 1) + timedelta(days=5 * number) for number in range(200))
"""A day for each test; its evening is the first that the test's files have."""


class Evenings:
    """A house whose clock the test sets, with client files of connections that send daily."""

    def __init__(self, house: House, clock: MovedClock) -> None:
        self.house = house
        self._clock = clock
        self.today = next(DAYS)
        self.set("12:00:00")

    def moment(self, clock: str, *, days: int = 0) -> datetime:
        """An instant on the clocks of Paris, `days` from today."""
        return datetime.fromisoformat(f"{self.today + timedelta(days=days)}T{clock}").replace(tzinfo=PARIS)

    def set(self, clock: str, *, days: int = 0) -> None:
        """It is this late in Paris now."""
        self._clock.set(self.moment(clock, days=days))
        self.house.wake("evening")
        self.house.wake("evaluation")

    async def client(self, frequency: str = "daily", **integration: Any) -> Client:
        """A client file whose connection sends at this frequency from now on."""
        client = self.house.stranger()
        await self.house.say(client.firm_created(), client.file_created(), client.connected(frequency=frequency))
        await self.house.say(client.refreshed(), client.tied(**integration))
        await self.house.until_known(client)
        return client

    async def connected(self, client: Client, version: int, **options: Any) -> None:
        """The connection has changed, and entries has heard of it."""
        await self.house.say(client.connected(version, **options))
        await self.house.until_true(
            "select version = $2 from entries.connections where connection_id = $1", client.connection_id, version
        )

    async def comes(self, client: Client, entry_id: str, validated: str, revision: int = 1, **content: Any) -> None:
        """An entry arrives that was validated at this time of today."""
        await self.house.say(client.validated(entry_id, revision, validated_at=self.moment(validated), **content))

    async def waits(self, client: Client, entry_id: str, reason: str = "evening", revision: int = 1) -> None:
        """The entry has been told to wait for this, and has not left by the next look at it."""
        await self.house.status(client, entry_id, "ready", waiting_for=(reason,), revision=revision)
        await self.turns()
        assert revision not in {order.entry.revision for order in self.house.orders(client, entry_id)}

    async def turns(self) -> None:
        """The run and the evaluation have had a whole turn each."""
        assert self.house.service is not None
        for loop in self.house.service.loops:
            for _ in range(2 if loop.name in ("evening", "evaluation") else 0):
                before = loop.last_turn
                loop.wake()
                await self.house.until(lambda loop=loop, before=before: loop.last_turn > before)

    async def evenings(self, client: Client) -> dict[int, str]:
        """The states of the file's evenings, by days from today."""
        rows = await self.house.database.fetch(
            "select day, state from entries.schedules where file_id = $1 order by day", client.file_id
        )
        return {(row["day"] - self.today).days: row["state"] for row in rows}

    async def over(self, client: Client, *, days: int = 0) -> None:
        """Until the file's evening is over."""
        query = "select state = 'done' from entries.schedules where file_id = $1 and day = $2"
        await self.house.until_true(query, client.file_id, self.today + timedelta(days=days))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(world: World) -> AsyncIterator[tuple[House, MovedClock]]:
    """Entries on a clock of this module's own."""
    with moved_clock(datetime(2026, 9, 30, 12, tzinfo=PARIS)) as clock:
        async with open_house(world) as house:
            yield house, clock


@pytest.fixture
def evening(town: tuple[House, MovedClock]) -> Evenings:
    """Noon of a day of the test's own."""
    return Evenings(*town)


async def test_an_entry_validated_before_the_cut_off_leaves_this_evening_even_if_it_arrives_later(
    evening: Evenings,
) -> None:
    client = await evening.client()
    await evening.comes(client, "there", "11:00:00")
    await evening.waits(client, "there")
    evening.set("20:00:02")
    await evening.house.dispatched(client, "there")
    await evening.over(client)
    evening.set("20:05:00")
    await evening.comes(client, "just_in_time", "19:59:59")
    await evening.comes(client, "just_late", "20:00:00")
    await evening.comes(client, "late", "20:00:01")
    await evening.house.dispatched(client, "just_in_time")
    await evening.waits(client, "just_late")
    await evening.waits(client, "late")
    evening.set("20:00:02", days=1)
    await evening.house.dispatched(client, "just_late")
    await evening.house.dispatched(client, "late")
    assert [order.sequence for order in evening.house.orders(client)] == [1, 2, 3, 4]


async def test_what_still_waits_for_its_documents_leaves_when_they_have_come(evening: Evenings) -> None:
    client = await evening.client()
    expiry = evening.moment("23:00:00", days=1)
    document = evening.house.documents.document("doc_late", url_expires_at=expiry)
    evening.house.documents.put("doc_late", status=503)
    await evening.comes(client, "ent", "11:00:00", documents=[document])
    await evening.house.waits_for(client, "ent", "documents", "evening")
    evening.set("20:00:02")
    await evening.house.waits_for(client, "ent", "documents")
    evening.house.documents.put("doc_late")
    evening.set("20:30:00")
    await evening.house.dispatched(client, "ent")


async def test_a_rejected_entry_leaves_with_the_next_evening_after_it_was_validated_again(evening: Evenings) -> None:
    client = await evening.client()
    await evening.comes(client, "ent", "11:00:00")
    await evening.waits(client, "ent")
    evening.set("20:00:02")
    await evening.house.answer(await evening.house.dispatched(client, "ent"), "rejected")
    await evening.house.status(client, "ent", "to_verify")
    evening.set("20:00:02", days=1)
    await evening.over(client, days=1)
    assert len(evening.house.orders(client, "ent")) == 1
    evening.set("21:00:00", days=1)
    await evening.house.say(client.validated("ent", 2, validated_at=now()))
    await evening.waits(client, "ent", revision=2)
    evening.set("20:00:02", days=2)
    assert (await evening.house.dispatched(client, "ent", 2)).entry.revision == 2


@pytest.mark.parametrize(
    ("before", "after", "changed", "leaves"),
    [
        ("manual", "daily", "19:59:58", "this evening"),
        ("manual", "daily", "20:00:00", "tomorrow"),
        ("daily", "manual", "19:59:58", "at Synchronize"),
        ("daily", "real_time", "19:59:58", "at once"),
    ],
)
async def test_a_frequency_changed_around_the_cut_off(
    evening: Evenings, before: str, after: str, changed: str, leaves: str
) -> None:
    client = await evening.client(before)
    await evening.comes(client, "ent", "11:00:00")
    await evening.waits(client, "ent", {"manual": "synchronize", "daily": "evening"}[before])
    evening.set(changed)
    await evening.connected(client, 2, frequency=after)
    if leaves == "at once":
        await evening.house.dispatched(client, "ent")
        return
    await evening.waits(client, "ent", {"manual": "synchronize", "daily": "evening"}[after])
    evening.set("20:00:02")
    if leaves == "tomorrow":
        evening.set("19:59:58", days=1)
        await evening.waits(client, "ent")
        evening.set("20:00:02", days=1)
    if leaves == "at Synchronize":
        await evening.turns()
        await evening.waits(client, "ent", "synchronize")
        await evening.house.say(client.synchronize(now()))
    await evening.house.dispatched(client, "ent")


async def test_after_a_change_from_daily_nothing_of_a_past_evening_leaves_by_itself(evening: Evenings) -> None:
    client = await evening.client()
    evening.set("20:00:02")
    await evening.over(client)
    await evening.connected(client, 2, frequency="manual")
    await evening.comes(client, "ent", "11:00:00")
    await evening.waits(client, "ent", "synchronize")


async def test_a_file_has_an_evening_only_if_it_stood_ready_at_the_cut_off(evening: Evenings) -> None:
    deactivated, unmapped = await evening.client(), await evening.client()
    disabled, closed = await evening.client(), await evening.client()
    for client in (deactivated, unmapped, disabled, closed):
        await evening.comes(client, "ent", "11:00:00")
        await evening.waits(client, "ent")
    evening.set("19:00:00")
    await evening.house.say(deactivated.tied(active=False), closed.closed())
    await evening.house.say(unmapped.tied(connection_id=None, connector=None, software_file=None, active=False))
    await evening.connected(disabled, 2, frequency="daily", enabled=False)
    await evening.waits(deactivated, "ent", "activation")
    await evening.waits(unmapped, "ent", "mapping")
    await evening.waits(disabled, "ent", "connection")
    evening.set("20:00:02")
    await evening.turns()
    assert [await evening.evenings(client) for client in (deactivated, unmapped, disabled, closed)] == [{}] * 4
    evening.set("20:10:00")
    await evening.house.say(deactivated.tied(), unmapped.tied())
    await evening.connected(disabled, 3, frequency="daily")
    for client in (deactivated, unmapped, disabled):
        await evening.house.hear(
            EntryStatusChanged, count=2, file_id=client.file_id, entry_id="ent", waiting_for=("evening",)
        )
    assert not any(evening.house.orders(client) for client in (deactivated, unmapped, disabled))
    evening.set("20:00:02", days=1)
    for client in (deactivated, unmapped, disabled):
        await evening.house.dispatched(client, "ent")
    assert await evening.evenings(closed) == {}


async def test_after_three_days_without_a_run_the_latest_evening_alone_is_made_up(evening: Evenings) -> None:
    client = await evening.client()
    await evening.comes(client, "old", "11:00:00")
    await evening.waits(client, "old")
    evening.set("09:00:00", days=3)
    await evening.house.dispatched(client, "old")
    await evening.over(client, days=2)
    assert await evening.evenings(client) == {2: "done"}
    await evening.house.say(client.validated("today", validated_at=now()))
    await evening.waits(client, "today")


async def test_a_change_that_was_made_in_time_but_heard_of_late_still_counts(evening: Evenings) -> None:
    client = await evening.client("manual")
    await evening.comes(client, "ent", "11:00:00")
    await evening.waits(client, "ent", "synchronize")
    evening.set("20:10:00")
    await evening.turns()
    await evening.house.say(client.connected(2, frequency="daily"), at=evening.moment("19:00:00"))
    await evening.house.waits_for(client, "ent", "evening")
    evening.house.wake("evening")
    await evening.house.dispatched(client, "ent")
    assert await evening.evenings(client) == {0: "done"}


async def test_a_change_that_a_clock_ahead_has_said_counts_from_when_it_was_heard(evening: Evenings) -> None:
    client = await evening.client("manual")
    await evening.comes(client, "ent", "11:00:00")
    await evening.house.say(client.connected(2, frequency="daily"), at=evening.moment("12:00:00", days=400))
    await evening.waits(client, "ent")
    evening.set("20:00:02")
    await evening.house.dispatched(client, "ent")


async def test_evenings_opened_by_a_wrong_clock_are_voided_and_come_again_in_their_time(evening: Evenings) -> None:
    client = await evening.client()
    evening.set("20:00:02", days=2)
    await evening.over(client, days=2)
    evening.set("13:00:00")
    await evening.house.until_true(
        "select true from entries.schedules where file_id = $1 and state = 'void'", client.file_id
    )
    await evening.comes(client, "ent", "12:30:00")
    await evening.waits(client, "ent")
    evening.set("20:00:02")
    await evening.house.dispatched(client, "ent")
    assert await evening.evenings(client) == {0: "done", 2: "void"}
    evening.set("20:00:02", days=2)
    await evening.over(client, days=2)
