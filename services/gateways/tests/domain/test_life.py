"""The life of a delivery: what each outcome makes of it, and that no order of events doubles or loses an entry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.domain import life
from gateways.domain.delivery import CLOSED, Delivery
from gateways.domain.life import Moment
from gateways.domain.outcome import (
    Accepted,
    CouldNotAsk,
    Exchange,
    Found,
    HandedOver,
    JobAccepted,
    NotFound,
    NotSent,
    Rejected,
    StillPending,
    Throttled,
    Unknown,
)
from gateways.domain.retry import PLAN
from gateways.domain.rules import SendingRules
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import Throttle

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
WORDS = SoftwareMessage(category="test")
HERE = Exchange(http_status=200)
UNIQUE = SendingRules(
    unique_references=True,
    settles_within=30 * SECOND,
    settles_assumed=True,
    attempt=75 * SECOND,
    entries_per_call=1,
    throttle=Throttle(requests=20, seconds=10, concurrent=10),
)
REPEATABLE = replace(UNIQUE, unique_references=False, settles_assumed=False)
GUESSED = replace(REPEATABLE, settles_assumed=True)


def delivery(**changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "delivery_id": "dlv_1", "firm_id": "frm_1", "file_id": "fil_1", "entry_id": "ent_1", "revision": 1,
        "connector": "myunisoft", "connection_id": "con_1", "software_file": "soc", "sequence": 1, "state": "sending",
        "version": 2, "queued_at": NOON, "changed_at": NOON,
    }  # fmt: skip
    return Delivery(**(values | changes))


def at(now: datetime = NOON, rules: SendingRules = UNIQUE) -> Moment:
    return Moment(now, rules, PLAN)


SENT = [
    (Accepted(exchange=HERE, software_entry_id="7"), "confirmed", None),
    (JobAccepted(exchange=HERE, handle="job-1", poll_after=5 * SECOND), "handed_over", 5 * SECOND),
    (HandedOver(exchange=HERE, verify_after=HOUR), "handed_over", HOUR),
    (Rejected(exchange=HERE, message=WORDS), "rejected", None),
    (Throttled(exchange=HERE, message=WORDS), "queued", 5 * SECOND),
    (Throttled(exchange=HERE, message=WORDS, retry_after=HOUR), "queued", HOUR),
    (NotSent(exchange=HERE, message=WORDS), "queued", 5 * SECOND),
    (NotSent(exchange=HERE, message=WORDS, cause="credentials"), "queued", timedelta()),
    (NotSent(exchange=HERE, message=WORDS, cause="plugin_off"), "queued", 5 * SECOND),
    (Unknown(exchange=HERE, message=WORDS), "unknown", 5 * SECOND),
    (Unknown(exchange=HERE, message=WORDS, reference_taken=True), "unknown", timedelta()),
]


@pytest.mark.parametrize(("outcome", "state", "pause"), SENT)
def test_what_each_answer_to_a_send_comes_to(outcome: Any, state: str, pause: timedelta | None) -> None:
    after = life.sent(delivery(), outcome, NOON + 75 * SECOND, at())
    assert after.state == state
    assert after.due_at == (NOON + pause if pause is not None else None)


@pytest.mark.parametrize(("outcome", "state", "_pause"), SENT)
def test_an_entry_recalled_on_its_way_stops_wherever_it_surely_is_not_in_the_books(
    outcome: Any, state: str, _pause: timedelta | None
) -> None:
    after = life.sent(delivery(recall_requested=True), outcome, NOON, at())
    assert after.state == ("recalled" if state == "queued" else state)


def test_a_not_found_before_the_entry_must_have_settled_does_not_count() -> None:
    doubtful = life.sent(delivery(), Unknown(exchange=HERE, message=WORDS), NOON + 75 * SECOND, at())
    settled = NOON + 105 * SECOND
    early = life.looked_up(doubtful, NotFound(exchange=HERE), NOON + 10 * SECOND, at(NOON + 10 * SECOND))
    assert (early.state, early.absences, early.due_at) == ("unknown", 0, settled)
    first = life.looked_up(early, NotFound(exchange=HERE), settled, at(settled))
    assert (first.state, first.absences) == ("unknown", 1)
    again = settled + 5 * SECOND
    assert life.looked_up(first, NotFound(exchange=HERE), again, at(again)).state == "queued"


@pytest.mark.parametrize("cause", ["unreachable", "credentials", "plugin_off", "throttled", "refused"])
def test_any_other_answer_to_a_look_up_leaves_it_unknown(cause: Any) -> None:
    doubtful = delivery(state="unknown", settled_at=NOON, absences=1, failing_since=NOON)
    after = life.looked_up(doubtful, CouldNotAsk(exchange=HERE, message=WORDS, cause=cause), NOON, at())
    assert (after.state, after.absences) == ("unknown", 1)


RESENDS = [
    # rules, orphaned, owner proven dead → sent again once absent
    (UNIQUE, False, False, True),
    (UNIQUE, True, False, True),
    (REPEATABLE, False, False, True),
    (REPEATABLE, True, False, False),
    (REPEATABLE, True, True, True),
    (GUESSED, False, False, False),
    (GUESSED, True, True, False),
]


@pytest.mark.parametrize(("rules", "orphan", "dead", "resent"), RESENDS)
def test_when_an_absent_entry_may_leave_again(rules: SendingRules, orphan: bool, dead: bool, resent: bool) -> None:  # noqa: FBT001
    doubtful = delivery(
        state="unknown", settled_at=NOON, absences=1, orphan_slot="slot" if orphan else None, owner_dead=dead
    )
    after = life.looked_up(doubtful, NotFound(exchange=HERE), NOON, at(rules=rules))
    assert after.state == ("queued" if resent else "parked")
    assert after.in_doubt is not resent


def test_a_software_that_contradicts_itself_is_given_longer_pauses_and_then_a_person() -> None:
    """It refuses the reference as taken, and has no such entry."""
    row, now, pauses = delivery(), NOON, []
    while row.state != "parked":
        taken = Unknown(exchange=HERE, message=WORDS, reference_taken=True)
        row = life.sent(replace(row, state="sending"), taken, now, at(now))
        while row.state == "unknown":
            assert row.due_at is not None
            now = max(now, row.due_at)
            row = life.looked_up(row, NotFound(exchange=HERE), now, at(now))
        pauses += [row.due_at - now] if row.due_at else []
    assert pauses == list(PLAN.steps[: PLAN.problem_after - 1])
    assert row.message is not None
    assert (row.message.category, set(row.message.remedy)) == ("taken_but_absent", {"fr", "en"})
    assert life.recalled(row).state == "parked", "it may be in the books"
    again = life.resolved(row, "not_in_books", now)
    assert (again.state, again.contradictions) == ("queued", 0)


def test_a_job_that_cannot_be_asked_about_for_72_hours_is_a_person_s_and_may_be_in_the_books() -> None:
    handed, hours = delivery(state="handed_over", handle="job-1", failing_since=None), 0
    while handed.state == "handed_over" and hours < 100:
        handed = life.verified(handed, CouldNotAsk(exchange=HERE, message=WORDS), at(NOON + hours * HOUR))
        hours += 1
    assert (handed.state, hours - 1) == ("parked", 72)
    assert handed.in_doubt
    assert life.recalled(handed).state == "parked"


def test_an_answer_about_a_job_begins_the_72_hours_anew() -> None:
    asked = delivery(state="handed_over", handle="job-1", failing_since=NOON - 71 * HOUR, failures=9)
    for outcome in (StillPending(exchange=HERE, ask_after=SECOND), NotFound(exchange=HERE)):
        assert life.verified(asked, outcome, at()).failing_since is None


ANSWERS = [
    # state, lane stands still, seconds after it settled → the person's answer holds
    ("unknown", False, 1, False),
    ("unknown", True, -1, False),
    ("unknown", True, 0, True),
    ("handed_over", True, 1, False),
    ("queued", True, 1, False),
    ("parked", False, -1, True),
    ("missing", False, -1, True),
]


@pytest.mark.parametrize(("state", "still", "seconds", "theirs"), ANSWERS)
def test_what_is_in_doubt_is_a_person_s_to_decide_once_nobody_else_will_ask(
    state: Any,
    still: bool,  # noqa: FBT001
    seconds: int,
    theirs: bool,  # noqa: FBT001
) -> None:
    doubtful = delivery(state=state, settled_at=NOON)
    after = life.resolved(doubtful, "in_books", NOON + seconds * SECOND, stands_still=still)
    assert after.state == ("confirmed" if theirs else state)


def test_a_job_is_asked_about_until_it_has_a_verdict() -> None:
    handed = delivery(state="handed_over", handle="job-1")
    pending = life.verified(handed, StillPending(exchange=HERE, ask_after=9 * SECOND), at())
    assert (pending.state, pending.due_at) == ("handed_over", NOON + 9 * SECOND)
    assert life.verified(handed, Rejected(exchange=HERE, message=WORDS), at()).state == "rejected"
    assert life.verified(handed, Found(exchange=HERE, software_entry_id="7"), at()).state == "confirmed"
    once = life.verified(handed, NotFound(exchange=HERE), at())
    assert once.state == "handed_over"
    assert life.verified(once, NotFound(exchange=HERE), at()).state == "missing"


def test_retries_end_after_72_hours_and_not_before() -> None:
    failing = NotSent(exchange=HERE, message=WORDS)
    waiting = delivery(failing_since=NOON, failures=9)
    assert life.sent(waiting, failing, NOON, at(NOON + 72 * HOUR - SECOND)).state == "queued"
    parked = life.sent(waiting, failing, NOON, at(NOON + 72 * HOUR))
    assert parked.state == "parked"
    assert not parked.in_doubt
    resumed = life.resolved(parked, "not_in_books", NOON + 80 * HOUR)
    assert (resumed.state, resumed.failing_since, resumed.due_at) == ("queued", None, NOON + 80 * HOUR)


def test_doubt_that_cannot_be_cleared_for_72_hours_is_a_person_s() -> None:
    doubtful = delivery(state="unknown", settled_at=NOON, failing_since=NOON)
    after = life.looked_up(doubtful, CouldNotAsk(exchange=HERE, message=WORDS), NOON, at(NOON + 72 * HOUR))
    assert after.state == "parked"
    assert after.in_doubt


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        *product(
            ["queued", "sending", "handed_over", "confirmed", "rejected", "unknown", "recalled"], ["in_books", "drop"]
        )
    ],
)
def test_a_person_decides_only_what_is_theirs(state: Any, answer: Any) -> None:
    row = delivery(state=state)
    assert life.resolved(row, answer, NOON) == row


def test_a_recall_takes_back_what_surely_is_not_in_the_books_and_nothing_else() -> None:
    assert life.recalled(delivery(state="queued")).state == "recalled"
    assert life.recalled(delivery(state="parked")).state == "recalled"
    for state in ("sending", "unknown", "handed_over", "missing"):
        late = life.recalled(delivery(state=state, settled_at=NOON))
        assert (late.state, late.recall_requested) == (state, True)
    assert life.recalled(delivery(state="parked", settled_at=NOON)).state == "parked"
    for state in CLOSED:
        assert life.recalled(delivery(state=state)) == delivery(state=state)


def test_a_recall_that_came_too_late_still_holds_when_a_person_says_that_the_entry_is_not_there() -> None:
    late = life.recalled(delivery(state="parked", settled_at=NOON))
    assert life.resolved(late, "not_in_books", NOON).state == "recalled"
    assert life.resolved(late, "in_books", NOON).state == "confirmed"


class Software:
    """Books what it was sent at once, later, or never; a second copy is what must never be."""

    def __init__(self) -> None:
        self.booked = 0
        self.late_until: datetime | None = None

    def knows(self, now: datetime) -> bool:
        return self.booked > 0 and (self.late_until is None or now >= self.late_until)


FATES = st.sampled_from(
    ["accepted", "rejected", "not_sent", "throttled", "lost", "booked_then_lost", "booked_late", "orphaned"]
)
STEPS = st.lists(st.tuples(FATES, st.sampled_from([True, True, False]), st.sampled_from([0, 0, 30, 400])), max_size=12)


@settings(max_examples=600)
@given(STEPS, st.sampled_from([UNIQUE, REPEATABLE, GUESSED]))
def test_no_order_of_fates_books_an_entry_twice_or_forgets_it(
    fates: list[tuple[str, bool, int]], rules: SendingRules
) -> None:
    """The software refuses no reference twice here; an entry is findable within the sheet's time."""
    software, now = Software(), NOON
    row = delivery(state="queued", due_at=NOON)
    for fate, answered, wait in fates:
        now = max(now + wait * SECOND, row.due_at or now)
        if row.state == "queued":
            row = _send(
                software, replace(row, state="sending", attempts=row.attempts + 1), fate, Moment(now, rules, PLAN)
            )
        elif row.state == "unknown":
            found = Found(exchange=HERE, software_entry_id="7") if software.knows(now) else NotFound(exchange=HERE)
            outcome = found if answered else CouldNotAsk(exchange=HERE, message=WORDS)
            row = life.looked_up(row, outcome, now, Moment(now, rules, PLAN))
        assert software.booked <= 1
        assert row.due_at is not None or row.state in CLOSED | {"parked"}
        if row.state in ("queued", "rejected"):
            assert software.booked == 0


def _send(software: Software, row: Delivery, fate: str, moment: Moment) -> Delivery:
    deadline = moment.now + moment.rules.attempt
    if fate in ("accepted", "booked_then_lost", "booked_late", "orphaned"):
        software.booked += 1
        software.late_until = deadline + moment.rules.settles_within if fate == "booked_late" else moment.now
    match fate:
        case "accepted":
            return life.sent(row, Accepted(exchange=HERE), deadline, moment)
        case "rejected":
            return life.sent(row, Rejected(exchange=HERE, message=WORDS), deadline, moment)
        case "not_sent":
            return life.sent(row, NotSent(exchange=HERE, message=WORDS), deadline, moment)
        case "throttled":
            return life.sent(row, Throttled(exchange=HERE, message=WORDS), deadline, moment)
        case "orphaned":
            return life.orphaned(replace(row, orphan_slot="slot"), deadline, moment)
        case _:
            return life.sent(row, Unknown(exchange=HERE, message=WORDS), deadline, moment)
