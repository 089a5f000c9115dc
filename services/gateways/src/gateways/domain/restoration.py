"""A database that was restored from a backup, while the software's books went on (decision 10).

What was sent between the backup and its restoration has no row here. So nothing that may have been sent then leaves
before the software was asked whether it has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from gateways.domain.delivery import Delivery
from gateways.domain.words import words

NoticedBy = Literal["pulse", "person"]
LEAP = 1_000_000
"""By how much versions and fencing tokens rise at a restoration: beyond all that were given out and then forgotten."""
CLOCKS_DIFFER = timedelta(hours=1)
"""How far the clock of whoever validates entries may be from the database's."""
REMEMBERED = timedelta(days=45)
"""As long as the inbox: nothing comes again from before."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """One restoration. A "not found" counts if it was asked later than `settled_for` its connector.

    `settled_at` is that of the slowest, which also holds for a connector that is not among `doubt_seconds`.
    """

    number: int
    restored_at: datetime
    settled_at: datetime
    doubt_seconds: Mapping[str, float] = field(default_factory=dict)

    def settled_for(self, connector: str) -> datetime:
        """From when on nothing that left by this connector before can show up any more."""
        seconds = self.doubt_seconds.get(connector)
        return self.settled_at if seconds is None else self.restored_at + timedelta(seconds=seconds)

    def forgot(self, happened_at: datetime) -> bool:
        """Whether what came of something that happened then may have been forgotten by this database."""
        return happened_at - CLOCKS_DIFFER <= self.restored_at

    def first_version(self) -> int:
        """The version under which a delivery begins that may have had others."""
        return 1 + LEAP * self.number


def may_have_been_sent(restoration: Restoration, validated_at: datetime | None, revision: int, now: datetime) -> bool:
    """Whether an entry that comes only now may have left before: a later revision for an earlier one, too."""
    if now - restoration.restored_at > REMEMBERED:
        return False
    return validated_at is None or revision > 1 or restoration.forgot(validated_at)


def doubted(delivery: Delivery, restoration: Restoration, now: datetime) -> Delivery:
    """A delivery of which nobody knows any more whether it left. A person's turn stays one, but knows of the doubt."""
    doubtful = replace(
        delivery,
        settled_at=restoration.settled_for(delivery.connector),
        absences=0,
        refusal=None,
        changed_at=now,
    )
    match delivery.state:
        case "queued" | "sending" | "unknown":
            return replace(
                doubtful,
                state="unknown",
                message=words("restored"),
                failures=0,
                failing_since=now,
                due_at=now,
            )
        case _:
            return doubtful
