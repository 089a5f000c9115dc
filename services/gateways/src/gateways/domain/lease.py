"""A lease on a lane: who owns a connection's work, until when, under which fencing token (DESIGN 6)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from gateways.domain.deadline import Deadline


class LeaseLost(Exception):
    """Another owner has the lane: nothing of ours may be written any more."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A gateway process: the place it holds, and which of that place's runs it is."""

    slot: str
    run: UUID


@dataclass(slots=True)
class Lease:
    """One taking of a lane. `until` is measured by a clock that runs while the process is stopped, and moves on with
    each renewal; it never lies later than the end that the database knows."""

    connection_id: str
    firm_id: str
    connector: str
    token: int
    owner: Owner
    length: timedelta
    until: Deadline

    def covers(self, deadline: Deadline) -> bool:
        """Whether what may act until `deadline` ends before the lease does."""
        return deadline.at <= self.until.at and self.until.remaining() > 0
