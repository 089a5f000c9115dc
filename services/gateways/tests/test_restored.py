"""PostgreSQL of an hour ago with the software's books of now: nothing is sent unseen, and the truth comes back."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from gateways.adapters.restorations import mark
from gateways.app.parts import Parts
from gateways.app.restoring import beat, judge_pulse
from gateways.domain.restoration import Restoration
from gateways.entrypoints.command import app
from qontable.events.delivery import EntryDispatched, EntryRecallRequested

from .boundaries import Gate
from .house import dispatched_entry
from .software import make_sheet
from .untimely import Fate, Untimely
from .workshop import Bench, Process, Workshop

HOUR = timedelta(hours=1)
MOST_TURNS = 100
TABLES = (
    "deliveries", "attempts", "recalls", "slots", "connections", "lanes", "jobs", "books", "outbox", "pulse",
    "restorations", "document_links",
)  # fmt: skip


class Story:
    """One firm's deliveries before a backup, in the hour after it, and after it was restored."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        shop.run(shop.clock.begin_again())
        shop.run(shop.clock.admin.execute(f"truncate {', '.join(f'gateways.{table}' for table in TABLES)}"))
        shop.run(shop.clock.admin.execute("insert into gateways.pulse (beat) values (0)"))
        shop.run(mark(shop.storage, 0))
        sheet = make_sheet(request_timeout=20, unique=(False, "documented"), settles=(30, "documented"))
        self.software = Untimely(sheet=sheet, clock=shop.clock)
        self.bench = Bench(shop, self.software)
        self.parts: Parts = self.bench.parts(shop.pool, Gate())
        self.told: dict[str, int] = {}
        self.runs = 0
        shop.run(self.bench.connect())

    def entry(self, name: str, *, delivery: str = "first") -> EntryDispatched:
        """An entry validated now."""
        return dispatched_entry(
            delivery_id=f"dlv_{self.bench.connection_id}_{name}_{delivery}",
            connection_id=self.bench.connection_id,
            file_id=f"fil_{name}",
            entry_id=name,
            firm_id=self.bench.firm_id,
            connector=self.bench.connector,
            validated_at=self.shop.clock.now,
        )

    def happens(self, event: EntryDispatched, fate: Fate) -> None:
        """It is dispatched and tried, once nothing keeps it from leaving."""
        self.software.fates[event.entry.entry_id] = fate
        self.shop.run(self.bench.dispatch(event))
        self.shop.run(self.shop.clock.move(timedelta(minutes=1)))
        self.shop.run(self.owner().work(None))

    def owner(self) -> Process:
        self.runs += 1
        process = Process(self.bench, f"slot {self.runs} of {self.bench.connection_id}")
        self.shop.run(process.start())
        return process

    def backup(self) -> None:
        self.shop.run(beat(self.parts))
        self.shop.run(_copy(self.shop, "gateways", "backup"))

    def an_hour_later(self) -> None:
        self.shop.run(self.shop.clock.move(HOUR))
        self.shop.run(beat(self.parts))
        for event in self.shop.run(self.bench.said()):
            self.told[event["delivery_id"]] = max(event["version"], self.told.get(event["delivery_id"], 0))

    def restore(self) -> Restoration | None:
        """The backup is put in place, and a gateway starts."""
        self.shop.run(_copy(self.shop, "backup", "gateways"))
        self.software.received.clear()
        self.software.fates.clear()
        return self.shop.run(judge_pulse(self.parts))

    def comes_to_rest(self) -> None:
        owner = self.owner()
        for _ in range(MOST_TURNS):
            due_at = self.shop.run(self.bench.due_at())
            if due_at is None:
                return
            self.shop.run(self.shop.clock.move_to(due_at))
            self.shop.run(owner.work(None))
        raise AssertionError("it never came to rest")

    def states(self) -> dict[str, str]:
        return {row["entry_id"]: row["state"] for row in self.shop.run(self.bench.look()).deliveries}

    def sent(self) -> Counter[str]:
        return Counter(entry_id for *_, entry_id in self.software.received)


async def _copy(shop: Workshop, source: str, target: str) -> None:
    """Every table of one schema as it is into another, as the superuser that restores a backup."""
    admin = shop.clock.admin
    await admin.execute(f"create schema if not exists {target}")
    for table in TABLES:
        await admin.execute(f"create table if not exists {target}.{table} as table {source}.{table} with no data")
    await admin.execute(f"truncate {', '.join(f'{target}.{table}' for table in TABLES)} cascade")
    for table in TABLES:
        await admin.execute(f"insert into {target}.{table} overriding system value table {source}.{table}")


@pytest.fixture
def story(shop: Workshop) -> Iterator[Story]:
    yield Story(shop)
    assert not shop.faults


def _lost_hour(story: Story) -> dict[str, EntryDispatched]:
    """Deliveries of every kind, with a backup in the middle; those said again after it are returned."""
    waits, doubted = story.entry("queued-then-booked"), story.entry("queued-then-booked-unheard")
    story.happens(story.entry("booked-before"), "accepted")
    story.happens(waits, "not sent")
    story.happens(doubted, "not sent")
    story.backup()
    for event, fate in ((waits, "accepted"), (doubted, "booked unheard")):
        story.happens(event, fate)
    later: dict[str, Fate] = {
        "dispatched-and-booked": "accepted",
        "dispatched-and-booked-unheard": "booked unheard",
        "dispatched-and-not-sent": "not sent",
    }
    events = {name: story.entry(name) for name in later}
    for name, fate in later.items():
        story.happens(events[name], fate)
    story.an_hour_later()
    return events


def test_nothing_is_sent_before_it_was_looked_up_and_every_entry_is_booked_once(story: Story) -> None:
    again = _lost_hour(story)
    assert story.restore() is not None
    story.shop.run(story.bench.dispatch(*again.values()))
    story.comes_to_rest()
    assert set(story.states().values()) == {"confirmed"}
    assert len(story.states()) == 6
    assert set(story.software.entries.values()) == {1}
    assert story.sent() == {"dispatched-and-not-sent": 1}


def test_the_house_believes_what_is_said_after_a_restoration(story: Story) -> None:
    """Versions win, not arrival: those of before the loss have been heard, though they are forgotten here."""
    again = _lost_hour(story)
    story.restore()
    story.shop.run(story.bench.dispatch(*again.values()))
    story.comes_to_rest()
    last = {event["delivery_id"]: event for event in story.shop.run(story.bench.said())}
    assert set(last) == set(story.told)
    assert {event["state"] for event in last.values()} == {"confirmed"}
    said_anew = {name for name, event in last.items() if event["version"] > story.told[name]}
    assert set(last) - said_anew == {story.entry("booked-before").delivery_id}


def test_an_entry_dispatched_anew_under_another_delivery_is_found_by_its_reference(story: Story) -> None:
    """Entries was restored as well, and does not know that it had dispatched them."""
    again = _lost_hour(story)
    story.restore()
    anew = [event.model_copy(update={"delivery_id": f"{event.delivery_id}-anew"}) for event in again.values()]
    story.shop.run(story.bench.dispatch(*anew))
    story.comes_to_rest()
    assert set(story.software.entries.values()) == {1}
    assert story.sent() == {"dispatched-and-not-sent": 1}


def test_an_entry_recalled_after_it_was_booked_is_not_said_to_have_been_taken_back(story: Story) -> None:
    again = _lost_hour(story)
    story.restore()
    for event in again.values():
        story.shop.run(story.bench.recall(_recall(event)))
    story.shop.run(story.bench.dispatch(*again.values()))
    story.comes_to_rest()
    states = story.states()
    assert [states[name] for name in again] == ["confirmed", "confirmed", "recalled"]
    assert not story.sent()


def _recall(event: EntryDispatched) -> EntryRecallRequested:
    return EntryRecallRequested(
        firm_id=event.firm_id,
        file_id=event.file_id,
        entry_id=event.entry.entry_id,
        delivery_id=event.delivery_id,
        connector=event.connector,
        connection_id=event.connection_id,
        requested_at=event.dispatched_at,
    )


def test_an_entry_validated_long_after_a_restoration_is_sent_at_once(story: Story) -> None:
    _lost_hour(story)
    story.restore()
    story.comes_to_rest()
    story.shop.run(story.shop.clock.move(2 * HOUR))
    fresh = story.entry("fresh")
    story.happens(fresh, "accepted")
    assert story.states()["fresh"] == "confirmed"
    assert story.sent() == {"fresh": 1}


def test_an_owner_of_before_that_still_lives_writes_nothing(story: Story) -> None:
    story.happens(story.entry("booked-before"), "accepted")
    story.backup()
    story.shop.run(story.bench.dispatch(story.entry("held")))
    held = story.owner()
    story.shop.run(held.work(12))
    assert held.working
    story.an_hour_later()
    story.restore()
    before = story.shop.run(story.bench.look())
    story.shop.run(held.go_on(None))
    assert story.shop.run(story.bench.look()).deliveries == before.deliveries


def test_a_database_that_is_not_behind_its_mark_is_left_alone(story: Story) -> None:
    _lost_hour(story)
    assert story.shop.run(judge_pulse(story.parts)) is None
    assert story.shop.run(judge_pulse(story.parts)) is None
    assert story.shop.run(story.shop.pool.fetchval("select count(*) from restorations")) == 0


def test_without_its_mark_a_restored_backup_would_book_twice(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """That these stories can fail."""

    async def nothing(_: Any) -> int:
        return 0

    again = _lost_hour(story)
    monkeypatch.setattr("gateways.adapters.restorations.marked", nothing)
    assert story.restore() is None
    story.shop.run(story.bench.dispatch(*again.values()))
    story.comes_to_rest()
    assert max(story.software.entries.values()) == 2


def test_a_person_says_what_no_mark_can_show(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backup is a few seconds old, or object storage was restored with it."""
    again = _lost_hour(story)
    story.shop.run(mark(story.shop.storage, 0))
    assert story.restore() is None
    monkeypatch.setattr("gateways.entrypoints.restored.load_sheets", lambda: {"made": story.software.sheet})
    done = CliRunner().invoke(app, ["restored", "--database-url", story.shop.url])
    assert done.exit_code == 0, done.output
    story.shop.run(story.bench.dispatch(*again.values()))
    story.comes_to_rest()
    assert set(story.software.entries.values()) == {1}
    assert story.sent() == {"dispatched-and-not-sent": 1}
