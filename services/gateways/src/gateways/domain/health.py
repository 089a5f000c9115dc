"""How a connection fares: what a try says about the software, and what its lane makes of it (DESIGN 6).

A failure pauses the whole lane, so that a dead server is asked once per pause and not once per entry; a software that
bids us wait for long is told as `unreachable`, with the instant at which the pause ends; refused
credentials halt it until the hub knows newer ones. Neither touches any other lane.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from gateways.domain.outcome import (
    Accepted,
    BatchRefused,
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsRefused,
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
)
from gateways.domain.retry import RetryPlan
from gateways.domain.words import bidden_to_wait
from qontable.events.connector import Health
from qontable.events.delivery import SoftwareMessage

AnyOutcome = (
    Accepted
    | JobAccepted
    | HandedOver
    | Rejected
    | BatchRefused
    | Throttled
    | NotSent
    | Unknown
    | Found
    | FoundSeveral
    | NotFound
    | StillPending
    | CouldNotAsk
    | CredentialsAccepted
    | CredentialsRefused
)
OUR_OWN = frozenset(
    {
        "document_unavailable",
        "entry_unreadable",
        "foreign_connection",
        "id_outdated",
        "not_answered",
        "token_renewed",
    }
)
"""Categories of failures that say nothing about the software."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one try says about the software: it answered, it failed, or it demands a person."""

    cause: Literal["answered", "unreachable", "throttled", "doubtful", "credentials", "plugin_off"]
    message: SoftwareMessage | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """The lane's row, as far as health is concerned. `health` is what the house was told last, at `version`."""

    failures: int = 0
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    paused_until: datetime | None = None
    halted_version: int | None = None
    health: Health | None = None
    version: int = 0
    since: datetime | None = None
    message: SoftwareMessage | None = None


def sign_of(outcome: AnyOutcome) -> Sign | None:  # noqa: PLR0911 - one for each member of a closed set
    """What an outcome says about the software; nothing when the failure is ours or the answer says neither."""
    match outcome:
        case Rejected(exchange=exchange):
            return Sign("answered") if exchange.http_status is not None else None
        case Accepted() | JobAccepted() | HandedOver() | BatchRefused() | CredentialsAccepted():
            return Sign("answered")
        case Found() | FoundSeveral() | NotFound() | StillPending():
            return Sign("answered")
        case Throttled(message=message, retry_after=retry_after):
            return Sign("throttled", message, retry_after)
        case NotSent(message=message) if message.category in OUR_OWN:
            return None
        case NotSent(cause=cause, message=message, retry_after=retry_after):
            return Sign(cause, message, retry_after)
        case Unknown(reference_taken=True):
            return Sign("answered")
        case Unknown(message=message):
            return Sign("doubtful", message)
        case CouldNotAsk(cause=cause, message=message, retry_after=retry_after):
            return None if cause == "refused" or message.category in OUR_OWN else Sign(cause, message, retry_after)
        case CredentialsRefused(message=message):
            return Sign("credentials", message)
    assert_never(outcome)


def noted(
    lane: LaneHealth,
    sign: Sign,
    *,
    started_at: datetime,
    now: datetime,
    version: int,
    plan: RetryPlan,
    chance: float,
    warning: SoftwareMessage | None = None,
) -> LaneHealth:
    """The lane after a try that began at `started_at` under `version` of the connection.

    `warning` is told with a lane that fares well: what somebody has to do soon so that it stays so.

    Tries that were under way when another one failed are one failure with it, and say nothing about what came after:
    ten at a time do not make ten. A halt ends with a newer version only.
    """
    overtaken = lane.failed_at is not None and started_at < lane.failed_at
    match sign.cause:
        case "answered" if overtaken or lane.halted_version == version:
            return lane
        case "answered":
            well = replace(lane, failures=0, failing_since=None, paused_until=None)
            return _told(well, "connected", warning, now, anew=warning != lane.message)
        case "credentials":
            return _told(replace(lane, halted_version=version), "credentials_refused", sign.message, now)
        case "plugin_off":
            paused = replace(lane, paused_until=now + plan.person_may_act_after)
            return _told(paused, "plugin_off", sign.message, now)
        case "unreachable" | "throttled" | "doubtful" if overtaken:
            return lane
        case "unreachable" | "throttled" | "doubtful":
            return _failed(lane, sign, now, plan, chance)
    assert_never(sign.cause)


def _failed(lane: LaneHealth, sign: Sign, now: datetime, plan: RetryPlan, chance: float) -> LaneHealth:
    failures = lane.failures + 1
    until = now + plan.pause(failures, sign.retry_after, chance)
    since = lane.failing_since or now
    failed = replace(lane, failures=failures, failing_since=since, failed_at=now, paused_until=until)
    bidden = sign.retry_after is not None and sign.retry_after >= plan.told_from
    message = bidden_to_wait(sign.message, until) if bidden else sign.message
    if failures >= plan.problem_after:
        return _told(failed, "problem", message, now, anew=bidden)
    if bidden or sign.cause == "unreachable":
        return _told(failed, "unreachable", message, now, anew=bidden)
    return failed


def _told(
    lane: LaneHealth, health: Health, message: SoftwareMessage | None, now: datetime, *, anew: bool = False
) -> LaneHealth:
    """The lane with its health said, if it is another than before or there is something new to say of it."""
    if lane.health == health:
        return replace(lane, message=message, version=lane.version + 1) if anew else lane
    return replace(lane, health=health, message=message, since=now, version=lane.version + 1)
