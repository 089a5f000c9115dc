"""The life of a delivery as pure functions: where it stands + what came of a try → where it stands next (DESIGN 5).

    queued → sending → confirmed | rejected | handed_over → confirmed | rejected | missing | unknown (refused together)
                     → queued (nothing was sent) | unknown → confirmed | queued (absent) | parked
    sending, unknown, handed_over → parked (nobody could ask for as long as retries last)
    parked, missing, unknown (while its lane stands still) → whatever a person answers

An entry in doubt is sent again only by `_absent`, once the software has said "not found" twice and late enough.

Entries that left together and were refused together leave again in halves until the one to blame stands alone
(decision 15). A job that was refused may have booked some of them: each is in doubt until it was looked for.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from gateways.domain.delivery import CLOSED, Delivery, State
from gateways.domain.outcome import (
    Accepted,
    BatchRefused,
    CouldNotAsk,
    FindOutcome,
    Found,
    FoundSeveral,
    HandedOver,
    JobAccepted,
    NotFound,
    NotSent,
    Rejected,
    SendOutcome,
    StillPending,
    Throttled,
    Unknown,
    VerifyOutcome,
)
from gateways.domain.retry import RetryPlan
from gateways.domain.rules import SendingRules
from gateways.domain.words import words
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import Resolution

ABSENCES_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step is taken, by the database's clock, under which rules; `chance` in [0, 1) decides on jitter."""

    now: datetime
    rules: SendingRules
    plan: RetryPlan
    chance: float = 0.0


def sent(  # noqa: PLR0911 - one for each member of a closed set
    delivery: Delivery, outcome: SendOutcome, deadline: datetime, at: Moment
) -> Delivery:
    """What an attempt came to. `deadline` is the attempt's: no byte of it leaves later."""
    told = replace(delivery, cuts=outcome.exchange.cuts or delivery.cuts)
    match outcome:
        case Accepted(software_entry_id=entry_id, documents=documents):
            return replace(_closed(told, "confirmed"), software_entry_id=entry_id, document_state=documents)
        case JobAccepted(handle=handle, poll_after=pause, documents=documents, together=together):
            return replace(_handed_over(told, pause, at), handle=handle, document_state=documents, batch=together)
        case HandedOver(handle=handle, verify_after=pause, documents=documents):
            return replace(_handed_over(told, pause, at), handle=handle, document_state=documents)
        case Rejected(message=message):
            return _closed(told, "rejected", message)
        case BatchRefused(message=message, together=together):
            return _divided(told, message, together, at)
        case NotSent(cause="credentials", message=message):
            return _queued(told, at, message=message)  # no failure of its own: the lane halts for all (`health`)
        case NotSent(message=message, retry_after=retry_after) | Throttled(message=message, retry_after=retry_after):
            return _failed(told, message, retry_after, at)
        case Unknown(message=message, reference_taken=taken):
            doubtful = replace(told, contradictions=told.contradictions + 1 if taken else 0)
            return _in_doubt(doubtful, message, deadline, at, ask_after=timedelta() if taken else at.plan.steps[0])
    assert_never(outcome)


def orphaned(delivery: Delivery, deadline: datetime, at: Moment) -> Delivery:
    """An attempt whose owner lost the lane before it noted an answer. The row names that owner already."""
    return _in_doubt(delivery, words("orphaned"), deadline, at, ask_after=timedelta())


def looked_up(delivery: Delivery, outcome: FindOutcome, asked_at: datetime, at: Moment) -> Delivery:
    """What the software said when it was asked, at `asked_at`, for an entry in doubt."""
    match outcome:
        case Found():
            return _found(delivery, outcome)
        case FoundSeveral(message=message):
            return _ambiguous(delivery, message, at)
        case NotFound():
            return _not_found(delivery, asked_at, at)
        case CouldNotAsk(retry_after=retry_after):
            return _could_not_ask(delivery, retry_after, at)
    assert_never(outcome)


def verified(  # noqa: PLR0911 - one for each member of a closed set
    delivery: Delivery, outcome: VerifyOutcome, at: Moment
) -> Delivery:
    """What became of an entry that the software had taken over."""
    match outcome:
        case Found():
            return _found(delivery, outcome)
        case FoundSeveral(message=message):
            return _ambiguous(delivery, message, at)
        case Rejected(message=message):
            return _closed(delivery, "rejected", message)
        case BatchRefused(message=message, together=together):
            return _refused_together(replace(delivery, batch=together or delivery.batch), message, at)
        case StillPending(ask_after=least):
            return _pending(delivery, least, at)
        case NotFound() if delivery.absences + 1 < ABSENCES_NEEDED:
            again_at = at.now + _spacing(at)
            return replace(delivery, absences=delivery.absences + 1, due_at=again_at, failures=0, failing_since=None)
        case NotFound():
            return replace(delivery, state="missing", message=words("not_in_books"), due_at=None)
        case CouldNotAsk(retry_after=retry_after):
            return _could_not_ask(delivery, retry_after, at)
    assert_never(outcome)


def recalled(delivery: Delivery) -> Delivery:
    """Taken back if the software surely does not have it; otherwise the wish is kept, should it prove absent."""
    if delivery.state == "queued" or (delivery.state == "parked" and not delivery.in_doubt):
        return _closed(delivery, "recalled", words("recalled"))
    return delivery if delivery.state in CLOSED else replace(delivery, recall_requested=True)


def resolved(delivery: Delivery, answer: Resolution, now: datetime, *, stands_still: bool = False) -> Delivery:
    """A person's answer on a delivery that is theirs to decide; any other delivery stays as it is.

    `stands_still` says that nobody asks the software: the connection is off, or its credentials are refused.
    """
    if not _is_a_person_s(delivery, now, stands_still=stands_still):
        return delivery
    match answer:
        case "in_books":
            return _closed(delivery, "confirmed", words("found_by_person"))
        case "drop":
            return _closed(delivery, "recalled", words("dropped_by_person"))
        case "not_in_books" if delivery.recall_requested:
            return _closed(delivery, "recalled", words("recalled"))
        case "not_in_books":
            anew = replace(delivery, failing_since=None, failures=0, contradictions=0, queued_at=now, message=None)
            return _back_in_queue(anew, now)


def resumed(delivery: Delivery, now: datetime) -> Delivery:
    """Parked no longer, whatever it was parked for: what surely was not sent leaves, what is in doubt is asked about.

    Asking begins anew, so what could not be excluded before is parked again unless it has shown up meanwhile.
    """
    if delivery.state != "parked":
        return delivery
    if not delivery.in_doubt and delivery.recall_requested:
        return _closed(delivery, "recalled", words("recalled"))
    anew = replace(delivery, failing_since=None, failures=0, absences=0, message=None)
    if delivery.in_doubt:
        return replace(anew, state="unknown", failing_since=now, message=words("asked_again"), due_at=now)
    return _back_in_queue(replace(anew, queued_at=now), now)


def _is_a_person_s(delivery: Delivery, now: datetime, *, stands_still: bool) -> bool:
    """What is in doubt is theirs only once it has settled: a look before that proves nothing."""
    if delivery.state == "unknown" and stands_still:
        return delivery.settled_at is not None and now >= delivery.settled_at
    return delivery.state in ("parked", "missing")


def unasked(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery about which the software could not be asked for as long as retries last: a person is asked."""
    settled_at = delivery.settled_at or now
    return replace(delivery, state="parked", message=words("gave_up_asking"), due_at=None, settled_at=settled_at)


def given_up(delivery: Delivery) -> Delivery:
    """A queued delivery whose time for retries is over."""
    return replace(delivery, state="parked", message=words("gave_up"), due_at=None)


def may_resend(delivery: Delivery, rules: SendingRules) -> bool:
    """Whether an entry that was found absent may leave again (DESIGN 5: absent, orphaned attempts)."""
    if rules.unique_references:
        return True
    return not rules.settles_assumed and (delivery.orphan_slot is None or delivery.owner_dead)


def _closed(delivery: Delivery, state: State, message: SoftwareMessage | None = None) -> Delivery:
    return replace(delivery, state=state, message=message, due_at=None)


def _handed_over(delivery: Delivery, pause: timedelta, at: Moment) -> Delivery:
    return replace(
        delivery,
        state="handed_over",
        message=None,
        failures=0,
        failing_since=None,
        due_at=at.now + pause,
        handed_over_at=at.now,
        batch=None,
    )


def _pending(delivery: Delivery, least: timedelta, at: Moment) -> Delivery:
    """Asked again after a longer pause than before; a job without an end is a person's after 72 hours."""
    waited = at.now - (delivery.handed_over_at or at.now)
    if delivery.handle is not None and waited >= at.plan.give_up_after:
        return replace(unasked(delivery, at.now), message=words("job_without_end"))
    due_at = at.now + at.plan.poll_pause(least, waited)
    return replace(delivery, due_at=due_at, failures=0, failing_since=None)


def _refused_together(delivery: Delivery, refusal: SoftwareMessage, at: Moment) -> Delivery:
    """The job has ended, so that nothing of it arrives later than its books show. In doubt for another reason, too (a
    restored database), the entry stays so: then the refusal proves nothing about what left besides."""
    shown_at = at.now + at.rules.shows_within
    return replace(
        delivery,
        state="unknown",
        message=words("batch_refused"),
        refusal=None if delivery.in_doubt else refusal,
        absences=0,
        failures=0,
        failing_since=at.now,
        settled_at=max(delivery.settled_at or shown_at, shown_at),
        due_at=shown_at,
    )


def _divided(delivery: Delivery, refusal: SoftwareMessage, together: int | None, at: Moment) -> Delivery:
    """Surely not in the books, refused with others: again with half as many, or rejected if it stood alone."""
    if together is None or together <= 1:
        return _closed(delivery, "rejected", refusal)
    anew = replace(_back_in_queue(delivery, at.now), batch=together // 2)
    return _queued(anew, at, message=words("batch_divided"))


def _queued(delivery: Delivery, at: Moment, *, message: SoftwareMessage, pause: timedelta = timedelta()) -> Delivery:
    """Back to wait for another try, unless it was recalled meanwhile: then this is the moment to stop."""
    if delivery.recall_requested:
        return _closed(delivery, "recalled", words("recalled"))
    return replace(delivery, state="queued", message=message, due_at=at.now + pause)


def _failed(delivery: Delivery, message: SoftwareMessage, retry_after: timedelta | None, at: Moment) -> Delivery:
    """Nothing was sent: later again, for as long as retries last, unless it was recalled meanwhile."""
    since = delivery.failing_since or at.now
    failures = delivery.failures + 1
    if at.now - since >= at.plan.give_up_after and not delivery.recall_requested:
        return given_up(delivery)
    pause = at.plan.pause(failures, retry_after, at.chance)
    return _queued(replace(delivery, failing_since=since, failures=failures), at, message=message, pause=pause)


def _in_doubt(
    delivery: Delivery, message: SoftwareMessage, deadline: datetime, at: Moment, *, ask_after: timedelta
) -> Delivery:
    return replace(
        delivery,
        state="unknown",
        message=message,
        absences=0,
        failures=0,
        failing_since=delivery.failing_since or at.now,
        settled_at=deadline + at.rules.settles_within,
        due_at=at.now + ask_after,
    )


def _found(delivery: Delivery, found: Found) -> Delivery:
    return replace(
        _closed(delivery, "confirmed"),
        software_entry_id=found.software_entry_id,
        document_state=found.documents if found.documents != "none" else delivery.document_state,
        refusal=None,
        cuts=found.exchange.cuts or delivery.cuts,
    )


def _ambiguous(delivery: Delivery, message: SoftwareMessage, at: Moment) -> Delivery:
    """Several entries may be it: never one of them by chance, and never sent again before a person has looked."""
    return replace(delivery, state="parked", message=message, due_at=None, settled_at=delivery.settled_at or at.now)


def _not_found(delivery: Delivery, asked_at: datetime, at: Moment) -> Delivery:
    """Counts only when asked late enough; the second time it counts, the entry is absent."""
    if delivery.settled_at is not None and asked_at < delivery.settled_at:
        return replace(delivery, failures=0, due_at=min(delivery.settled_at, at.now + at.plan.longest_poll))
    absences = delivery.absences + 1
    if absences < ABSENCES_NEEDED:
        return replace(delivery, absences=absences, failures=0, due_at=at.now + at.plan.ask_again_after)
    return _absent(delivery, at)


def _absent(delivery: Delivery, at: Moment) -> Delivery:
    if delivery.recall_requested:
        return _closed(delivery, "recalled", words("recalled"))
    if delivery.refusal is not None:
        return _divided(delivery, delivery.refusal, delivery.batch, at)
    if not may_resend(delivery, at.rules):
        return replace(delivery, state="parked", message=words("cannot_be_excluded"), due_at=None)
    if delivery.failing_since and at.now - delivery.failing_since >= at.plan.give_up_after:
        return given_up(replace(delivery, settled_at=None))
    if delivery.contradictions:
        return _contradicted(delivery, at)
    return _back_in_queue(delivery, at.now)


def _contradicted(delivery: Delivery, at: Moment) -> Delivery:
    """Absent, although the software refused its reference as taken: later again, a few times, then a person looks."""
    if delivery.contradictions >= at.plan.problem_after:
        return replace(delivery, state="parked", message=words("taken_but_absent"), due_at=None)
    return _back_in_queue(delivery, at.now + at.plan.pause(delivery.contradictions, None, at.chance))


def _back_in_queue(delivery: Delivery, due_at: datetime) -> Delivery:
    return replace(
        delivery,
        state="queued",
        due_at=due_at,
        absences=0,
        settled_at=None,
        orphan_slot=None,
        orphan_run=None,
        handle=None,
        handed_over_at=None,
        batch=None,
        refusal=None,
    )


def _could_not_ask(delivery: Delivery, retry_after: timedelta | None, at: Moment) -> Delivery:
    """Any other answer leaves it as it is; after 72 hours of them a person is asked."""
    since = delivery.failing_since or at.now
    if at.now - since >= at.plan.give_up_after:
        return unasked(delivery, at.now)
    failures = delivery.failures + 1
    pause = at.plan.pause(failures, retry_after, at.chance)
    return replace(delivery, failures=failures, failing_since=since, due_at=at.now + pause)


def _spacing(at: Moment) -> timedelta:
    return max(at.rules.shows_within, at.plan.ask_again_after)
