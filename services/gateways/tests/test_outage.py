"""Three days without the software, on an injected clock: what is tried when, who is told, and how it ends."""

import sys
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from time import perf_counter
from typing import Any

import pytest

from gateways.domain.retry import PLAN
from qontable.events.delivery import EntryDispatched
from qontable.events.hub import DeliveriesResumeRequested

from .house import dispatched_entry
from .software import make_sheet
from .untimely import Untimely
from .workshop import Bench, Process, Workshop

FILES, PER_FILE = 6, 50
ENTRIES = FILES * PER_FILE
MOST_TURNS = 400
THREE_DAYS = timedelta(hours=72)


def _bench(shop: Workshop) -> Bench:
    sheet = make_sheet(request_timeout=20, settles=(30, "documented"))
    bench = Bench(shop, Untimely(sheet=sheet, clock=shop.clock))
    shop.run(bench.connect())
    return bench


def _entries(bench: Bench, files: int = FILES, per_file: int = PER_FILE) -> list[EntryDispatched]:
    return [
        dispatched_entry(
            delivery_id=f"dlv_{bench.connection_id}_{file}_{number}",
            connection_id=bench.connection_id,
            file_id=f"fil_{file}",
            entry_id=f"ent_{file}_{number:03}",
            firm_id=bench.firm_id,
            connector=bench.connector,
            sequence=number,
        )
        for number in range(per_file)
        for file in range(files)
    ]


def _owner(bench: Bench) -> Process:
    process = Process(bench, f"slot of {bench.connection_id}")
    bench.shop.run(process.start())
    return process


def _work_while_due(shop: Workshop, bench: Bench, owner: Process, until: timedelta) -> None:
    """Let time pass from one thing that is due to the next, for no longer than `until`."""
    ends = shop.clock.now + until
    for _ in range(MOST_TURNS):
        due_at = shop.run(bench.due_at())
        if due_at is None or due_at > ends:
            return
        shop.run(shop.clock.move_to(due_at))
        assert shop.run(owner.work(None))
        assert not shop.faults
    raise AssertionError(f"still something to do at {shop.clock.now}: {shop.run(bench.look())}")


def _press(shop: Workshop, bench: Bench) -> None:
    shop.run(
        bench.resume(
            DeliveriesResumeRequested(
                firm_id=bench.firm_id,
                connection_id=bench.connection_id,
                requested_by="usr_1",
                requested_at=shop.clock.now,
            )
        )
    )


def _states(shop: Workshop, bench: Bench) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in shop.run(bench.look()).deliveries:
        found[row["state"]] += 1
    return dict(found)


def test_a_software_dead_for_three_days_is_asked_as_declared_and_one_press_resumes_everything(
    shop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = _bench(shop)
    entries, owner, software = _entries(bench), _owner(bench), bench.software
    software.dead = True
    began = shop.clock.now
    shop.run(bench.dispatch(*entries))
    _work_while_due(shop, bench, owner, THREE_DAYS + timedelta(hours=2))

    _kept_to_the_plan([when for when, *_ in software.received])
    assert [event["health"] for event in shop.run(bench.said("connection.health_changed"))] == [
        "unreachable",
        "problem",
    ]
    assert _told_problem_after(shop, bench) == PLAN.problem_after
    assert _states(shop, bench) == {"parked": ENTRIES}
    parked = shop.run(bench.look()).deliveries
    assert {row["message"]["category"] for row in parked} == {"gave_up"}
    assert timedelta() <= shop.clock.now - began - THREE_DAYS <= PLAN.steps[-1] * (1 + PLAN.jitter)
    assert shop.run(bench.due_at()) is None, "a dead software is not asked for ever"

    software.dead = False
    software.received.clear()
    _press(shop, bench)
    started = perf_counter()
    _work_while_due(shop, bench, owner, timedelta(hours=1))
    rate = ENTRIES / (perf_counter() - started)
    with capsys.disabled():
        sys.stdout.write(f"\nback after 72 hours: {ENTRIES} entries booked, {rate:.0f} per second\n")

    assert _states(shop, bench) == {"confirmed": ENTRIES}
    assert set(software.entries.values()) == {1}
    _in_order_by_file(software)
    assert shop.run(bench.said("connection.health_changed"))[-1]["health"] == "connected"


def _kept_to_the_plan(tries: list[Any]) -> None:
    """Every pause is the declared one, or longer by no more than the declared jitter."""
    expected = [*PLAN.steps, *[PLAN.steps[-1]] * len(tries)]
    assert len(tries) > THREE_DAYS / (PLAN.steps[-1] * (1 + PLAN.jitter))
    for pause, (earlier, later) in zip(expected, pairwise(tries), strict=False):
        assert pause <= later - earlier <= pause * (1 + PLAN.jitter), f"after {earlier}"


def _told_problem_after(shop: Workshop, bench: Bench) -> int:
    """How many tries had been made when the problem was shown."""
    since = shop.run(bench.look()).lane["health_since"]
    return sum(when <= since for when, *_ in bench.software.received)


def _in_order_by_file(software: Untimely) -> None:
    by_file: dict[str, list[str]] = defaultdict(list)
    for _, file_id, entry_id in software.received:
        by_file[file_id].append(entry_id)
    assert len(by_file) == FILES
    for entries in by_file.values():
        assert entries == sorted(entries)
        assert len(entries) == PER_FILE


def test_a_press_while_the_software_is_still_dead_costs_one_try_and_loses_nothing(shop: Workshop) -> None:
    bench = _bench(shop)
    owner = _owner(bench)
    bench.software.dead = True
    shop.run(bench.dispatch(*_entries(bench, files=2, per_file=2)))
    _work_while_due(shop, bench, owner, THREE_DAYS + timedelta(hours=2))
    assert _states(shop, bench) == {"parked": 4}
    _press(shop, bench)
    _press(shop, bench)
    _work_while_due(shop, bench, owner, timedelta(hours=71))
    assert _states(shop, bench) == {"queued": 4}, "another three days begin"
    bench.software.dead = False
    _work_while_due(shop, bench, owner, timedelta(hours=1))
    assert _states(shop, bench) == {"confirmed": 4}


def test_a_press_asks_about_what_may_have_arrived_and_never_sends_it_unseen(shop: Workshop) -> None:
    bench = _bench(shop)
    owner = _owner(bench)
    booked, lost = _entries(bench, files=2, per_file=1)
    for entry, fate in ((booked, "booked unheard"), (lost, "lost")):
        bench.software.fate = fate  # type: ignore[assignment]
        shop.run(bench.dispatch(entry))
        shop.run(owner.work(None))
        shop.run(shop.clock.move(timedelta(seconds=1)))
    bench.software.dumb = True
    _work_while_due(shop, bench, owner, THREE_DAYS + timedelta(hours=2))
    assert _states(shop, bench) == {"parked": 2}
    bench.software.dumb = False
    _press(shop, bench)
    _work_while_due(shop, bench, owner, timedelta(hours=1))
    assert _states(shop, bench) == {"confirmed": 2}
    assert set(bench.software.entries.values()) == {1}
    sent = [entry_id for *_, entry_id in bench.software.received]
    assert (sent.count(booked.entry.entry_id), sent.count(lost.entry.entry_id)) == (1, 2)


def test_revoked_credentials_halt_their_own_lane_and_take_no_request_from_any_other(shop: Workshop) -> None:
    """Two firms with the same work, one of them with a revoked key: the other's requests are those of a day without."""
    alone, beside, revoked = _bench(shop), _bench(shop), _bench(shop)
    made = {bench: _made(shop, bench) for bench in (alone,)}
    revoked.software.revoked.add("good")
    shop.run(revoked.dispatch(*_entries(revoked, files=2, per_file=10)))
    halted = _owner(revoked)
    _work_while_due(shop, revoked, halted, timedelta(hours=1))
    made[beside] = _made(shop, beside)
    assert made[beside] == made[alone] == 20
    lane = shop.run(revoked.look()).lane
    assert (lane["health"], lane["due_at"]) == ("credentials_refused", None)
    assert len(revoked.software.received) == 1, "a key that was refused is not tried for each entry"
    assert _states(shop, revoked) == {"queued": 20}
    shop.run(revoked.connect(token="renewed"))
    _work_while_due(shop, revoked, halted, timedelta(hours=1))
    assert _states(shop, revoked) == {"confirmed": 20}


def _made(shop: Workshop, bench: Bench) -> int:
    """Requests that it takes to book twenty entries, at the same instant."""
    shop.run(bench.dispatch(*_entries(bench, files=2, per_file=10)))
    began = shop.clock.now
    shop.run(_owner(bench).work(None))
    assert shop.clock.now == began
    assert _states(shop, bench) == {"confirmed": 20}
    return len(bench.software.received)
