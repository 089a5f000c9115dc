"""The life of a delivery: what each outcome makes of it, and that no order of events doubles or loses an entry."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.adapters.deliveries import Work
from gateways.app.sending import portions
from gateways.domain import life
from gateways.domain.delivery import CLOSED, Delivery
from gateways.domain.life import Moment
from gateways.domain.outcome import (
    Accepted,
    BatchRefused,
    CouldNotAsk,
    Exchange,
    Found,
    FoundSeveral,
    HandedOver,
    JobAccepted,
    NotFound,
    NotSent,
    Rejected,
    StillPending,
    Throttled,
    Unknown,
    VerifyOutcome,
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
    shows_within=30 * SECOND,
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
    (BatchRefused(exchange=HERE, message=WORDS, together=1), "rejected", None),
    (BatchRefused(exchange=HERE, message=WORDS, together=2), "queued", timedelta()),
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


def test_pauses_between_questions_about_a_job_grow() -> None:
    taken = JobAccepted(exchange=HERE, handle="job-1", poll_after=3 * SECOND)
    row, now, pauses = life.sent(delivery(), taken, NOON, at()), NOON, []
    for _ in range(30):
        assert row.due_at is not None
        pauses.append(row.due_at - now)
        now = row.due_at
        row = life.verified(row, StillPending(exchange=HERE, ask_after=3 * SECOND), at(now))
    assert pauses[0] == 3 * SECOND
    grown = [pause for pause in pauses if pause < PLAN.longest_poll]
    assert grown == sorted(set(grown))
    assert pauses[-1] == PLAN.longest_poll
    assert life.verified(row, StillPending(exchange=HERE, ask_after=HOUR), at(now)).due_at == now + HOUR


def test_a_job_without_an_end_is_a_person_s_after_72_hours() -> None:
    handed = delivery(state="handed_over", handle="job-1", handed_over_at=NOON)
    pending = StillPending(exchange=HERE, ask_after=SECOND)
    assert life.verified(handed, pending, at(NOON + 72 * HOUR - SECOND)).state == "handed_over"
    parked = life.verified(handed, pending, at(NOON + 72 * HOUR))
    assert (parked.state, parked.in_doubt) == ("parked", True)
    assert parked.message is not None
    assert parked.message.category == "job_without_end"


SECRETIVE = replace(GUESSED, settles_within=24 * HOUR, shows_within=60 * SECOND, entries_per_call=20)
"""A software that may carry out a call a day later, and shows what a job booked a minute after it ended."""
REFUSED = BatchRefused(exchange=HERE, message=WORDS)


def refused(together: int, rules: SendingRules = SECRETIVE, **changes: Any) -> Delivery:
    """One of so many entries of a job that has just failed."""
    taken = JobAccepted(exchange=HERE, handle="job-1", poll_after=SECOND, together=together)
    handed = life.sent(delivery(**changes), taken, NOON, at(rules=rules))
    return life.verified(handed, REFUSED, at(NOON, rules))


def not_found_twice(row: Delivery, rules: SendingRules = SECRETIVE) -> Delivery:
    """Asked whenever it is due, it is never there."""
    for _ in range(2):
        assert row.state == "unknown"
        assert row.due_at is not None
        row = life.looked_up(row, NotFound(exchange=HERE), row.due_at, at(row.due_at, rules))
    return row


@pytest.mark.parametrize(("together", "next_"), [(20, 10), (5, 2), (3, 1), (2, 1)])
def test_entries_refused_together_leave_again_in_halves_once_they_were_not_found(together: int, next_: int) -> None:
    doubtful = refused(together)
    assert (doubtful.state, doubtful.settled_at) == ("unknown", NOON + 60 * SECOND)
    early = life.looked_up(doubtful, NotFound(exchange=HERE), NOON + SECOND, at(NOON + SECOND, SECRETIVE))
    assert (early.state, early.absences) == ("unknown", 0), "before its books must show it, nothing counts"
    again = not_found_twice(doubtful)
    assert (again.state, again.batch, again.handle, again.in_doubt) == ("queued", next_, None, False)


def test_an_entry_refused_alone_is_rejected_in_the_software_s_words_once_it_was_not_found() -> None:
    row = not_found_twice(refused(1))
    assert (row.state, row.message) == ("rejected", WORDS)


def test_what_a_refused_job_booked_nevertheless_is_confirmed() -> None:
    found = life.looked_up(refused(20), Found(exchange=HERE, software_entry_id="7"), NOON, at(rules=SECRETIVE))
    assert (found.state, found.refusal) == ("confirmed", None)


def test_an_entry_recalled_while_its_job_failed_stays_out_of_the_books() -> None:
    assert not_found_twice(refused(20, recall_requested=True)).state == "recalled"


def test_a_refused_job_proves_nothing_about_what_a_restored_database_forgot() -> None:
    handed = delivery(state="handed_over", handle="job-1", batch=20, settled_at=NOON + 25 * HOUR)
    doubtful = life.verified(handed, REFUSED, at(rules=SECRETIVE))
    assert (doubtful.refusal, doubtful.settled_at) == (None, NOON + 25 * HOUR)


def test_a_person_who_says_that_it_is_not_there_lets_it_leave_with_as_many_as_any_other() -> None:
    parked = life.unasked(refused(20), NOON)
    again = life.resolved(parked, "not_in_books", NOON)
    assert (again.state, again.batch, again.refusal) == ("queued", None, None)


def test_what_is_in_doubt_for_long_is_looked_for_meanwhile() -> None:
    doubtful = life.sent(delivery(), Unknown(exchange=HERE, message=WORDS), NOON, at(rules=SECRETIVE))
    looked = life.looked_up(doubtful, NotFound(exchange=HERE), NOON, at(rules=SECRETIVE))
    assert (looked.due_at, looked.absences) == (NOON + PLAN.longest_poll, 0)


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


class Importer:
    """Books each job whole or not at all, but for those that it breaks off; guilty entries fail every job."""

    def __init__(self, guilty: set[int], broken_off: list[bool]) -> None:
        self.guilty = guilty
        self.broken_off = broken_off
        self.booked: Counter[int] = Counter()
        self.jobs: list[list[int]] = []

    def take(self, job: list[int]) -> VerifyOutcome:
        """Run a job; what its verdict is."""
        self.jobs.append(job)
        failed = bool(self.guilty & set(job))
        breaks = failed and bool(self.broken_off) and self.broken_off.pop(0)
        booked = [entry for entry in job if entry not in self.guilty][: len(job) // 2 if breaks or not failed else 0]
        self.booked.update(booked if failed else job)
        return REFUSED if failed else Found(exchange=HERE, software_entry_id="7")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(min_value=1, max_value=20),
    st.sets(st.integers(min_value=0, max_value=19), max_size=4),
    st.lists(st.booleans(), max_size=6),
)
def test_halving_isolates_the_guilty_and_books_everybody_else_once(
    count: int, guilty: set[int], broken_off: list[bool]
) -> None:
    """Portions are as `app.sending` makes them."""
    software = Importer(guilty, broken_off)
    rows = {number: delivery(delivery_id=str(number), state="queued", sequence=number) for number in range(count)}
    now = NOON
    for _ in range(60):
        queued = [row for row in rows.values() if row.state == "queued"]
        if not queued:
            break
        portion = next(portions([Work(row, "") for row in queued], SECRETIVE.entries_per_call))
        job = [int(work.delivery.delivery_id) for work in portion]
        verdict = software.take(job)
        for number in job:
            taken = JobAccepted(exchange=HERE, handle="job", poll_after=SECOND, together=len(job))
            row = life.sent(replace(rows[number], state="sending"), taken, now, at(now, SECRETIVE))
            seen = software.booked[number]
            row = life.verified(
                row, Found(exchange=HERE, software_entry_id="7") if seen else verdict, at(now, SECRETIVE)
            )
            rows[number] = row if row.state == "confirmed" else not_found_twice(row)
    assert {number for number, row in rows.items() if row.state == "rejected"} == guilty & set(rows)
    assert {number: software.booked[number] for number in rows} == {n: int(n not in guilty) for n in rows}


def test_of_several_entries_that_may_be_it_none_is_chosen_and_none_is_added() -> None:
    doubtful = delivery(state="unknown", settled_at=NOON + HOUR)
    several = FoundSeveral(exchange=HERE, message=WORDS)
    for after in (
        life.looked_up(doubtful, several, NOON, at(rules=REPEATABLE)),
        life.verified(delivery(state="handed_over"), several, at(rules=REPEATABLE)),
    ):
        assert (after.state, after.message, after.due_at, after.software_entry_id) == ("parked", WORDS, None, None)
        assert after.in_doubt
        assert life.resumed(after, NOON).state == "unknown"
        assert life.resolved(after, "in_books", NOON).state == "confirmed"
