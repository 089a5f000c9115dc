"""What a data sheet says about sending, as the lane needs it."""

from dataclasses import dataclass
from datetime import timedelta

from qontable.events.hub import Throttle
from qontable.sheet import Sheet

REQUEST_TIMES = 1.25
"""How long an attempt may take, in times of one request: a little more, for what is asked before or after it."""


@dataclass(frozen=True, slots=True)
class SendingRules:
    """`unique_references`: the software itself refuses a reference twice, and this is known, not assumed.

    `settles_within` is how long after an attempt's deadline the entry must be findable; `settles_assumed` says that
    this is our guess. `shows_within` is how soon the books show what the software says that it booked. `attempt` is
    how long one attempt may act on the software, waiting for its turn included. `link_life` is how long links to
    documents must work, for a software that fetches them by itself.
    """

    unique_references: bool
    settles_within: timedelta
    settles_assumed: bool
    shows_within: timedelta
    attempt: timedelta
    entries_per_call: int
    throttle: Throttle
    link_life: timedelta | None = None


def sending_rules(sheet: Sheet, granted: Throttle | None) -> SendingRules:
    """The rules of a connection; `granted` is a throttle that the vendor allows this connection beyond its sheet."""
    throttle = granted or Throttle(
        requests=sheet.throttle.requests, seconds=sheet.throttle.seconds, concurrent=sheet.throttle.concurrent
    )
    per_call = sheet.capabilities.get("entries_per_call")
    hours = sheet.capabilities.get("document_link_hours")
    shows = sheet.capabilities.get("shows_within") or sheet.settles_within
    return SendingRules(
        unique_references=bool(sheet.unique_references.value) and sheet.unique_references.evidence != "assumed",
        settles_within=timedelta(seconds=float(sheet.settles_within.value)),
        settles_assumed=sheet.settles_within.evidence == "assumed",
        shows_within=timedelta(seconds=float(shows.value)),
        attempt=timedelta(seconds=sheet.request_timeout * REQUEST_TIMES),
        entries_per_call=int(per_call.value) if per_call else 1,
        throttle=throttle,
        link_life=timedelta(hours=float(hours.value)) if hours else None,
    )


def lease_length(rules: SendingRules, least: timedelta) -> timedelta:
    """Long enough that a lease renewed at a third of its length always has room for an attempt."""
    return max(least, 2 * rules.attempt)
