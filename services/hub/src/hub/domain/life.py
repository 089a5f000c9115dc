"""An entry's life as one story: what was said of it, and what people did about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from hub.domain.act import Act
from hub.domain.entry import EntryLife, Moment
from qontable.events.hub import Resolution

ON_ENTRIES = (
    "entry.corrected",
    "entry.declared_distinct",
    "entry.creation_allowed",
    "entry.document_resent",
    "delivery.resolved",
)
"""What people do about an entry, as the audit log names it; each has its word (`act.…`)."""
RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: something said, or something that somebody did."""

    at: datetime
    said: Moment | None = None
    act: Act | None = None


def subjects_of(life: EntryLife) -> list[str]:
    """What the audit log names when somebody does something about this entry: itself, and its deliveries."""
    deliveries = {attempt.delivery_id for attempt in life.attempts} | {life.entry.delivery_id}
    said = {moment.said.get("delivery_id") for moment in life.history}
    return [life.entry.entry_id, *sorted(filter(None, deliveries | said))]


def tell(history: Sequence[Moment], acts: Sequence[Act]) -> list[Step]:
    """All steps, latest first. Of the same instant, what somebody did stands below what came of it."""
    steps = [Step(moment.changed_at, said=moment) for moment in history]
    steps += [Step(act.at, act=act) for act in acts if act.action in ON_ENTRIES]
    return sorted(steps, key=lambda step: (step.at, step.said is not None), reverse=True)
