"""A software that takes entries together, as jobs: it decides later, and may refuse one after it booked some of it.

Its promises are those of a data sheet, and no more: a job ends within `settles_within`, and what it booked is shown
within `shows_within` of its end.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from gateways.domain.outcome import (
    BatchRefused,
    JobAccepted,
    NotFound,
    NotSent,
    SendOutcome,
    StillPending,
    Throttled,
    Unknown,
    VerifyOutcome,
)
from gateways.domain.port import Parcel, Session

from . import untimely
from .boundaries import Gate
from .software import ANSWERED, NO_ANSWER, say
from .untimely import SETTLES, Facing, Untimely

JobFate = Literal[
    "done", "done unheard", "shown late", "refused", "refused unheard", "broken off", "broken off and shown late",
    "booked and refused", "refused at once", "lost", "not sent", "throttled", "revoked",
]  # fmt: skip
JOB_FATES: tuple[JobFate, ...] = JobFate.__args__  # type: ignore[attr-defined]
POLL = timedelta(seconds=3)
SHOWS = timedelta(seconds=30)
UNTAKEN = {
    "not sent": NotSent(exchange=NO_ANSWER, message=say("connection_refused")),
    "throttled": Throttled(exchange=ANSWERED, message=say("too_many"), retry_after=timedelta(seconds=40)),
    "revoked": NotSent(exchange=ANSWERED, message=say("credentials_refused"), cause="credentials"),
    "lost": Unknown(exchange=NO_ANSWER, message=say("no_answer_in_time")),
}
"""What is answered to a call that never arrived."""


@dataclass(frozen=True, slots=True)
class Job:
    """What was taken together; `refused` is the verdict that it has from `ends` on."""

    ends: datetime
    refused: bool


@dataclass
class Importing(Untimely):
    """`job_fate` is of what it receives next. A job with one of the `guilty` entries is refused, whatever its fate."""

    job_fate: JobFate = "done"
    guilty: frozenset[str] = frozenset()
    jobs: dict[str, Job] = field(default_factory=dict)
    sizes: Counter[int] = field(default_factory=Counter)
    slow: set[str] = field(default_factory=set)

    def at(self, gate: Gate) -> "FacingImports":
        """The software as one owner meets it."""
        return FacingImports(self, gate)

    def book(self, reference: str, shown_from: datetime) -> None:
        super().book(reference, shown_from + (SHOWS if reference in self.slow else timedelta()))

    def take(self, parcels: Sequence[Parcel], token: str) -> tuple[SendOutcome, ...]:
        """The request has arrived: what becomes of it, and what is answered to each of its entries."""
        fate, self.job_fate = self.job_fate, "done"
        fate = "revoked" if token in self.revoked else fate
        self.sizes[len(parcels)] += 1
        if fate in UNTAKEN:
            return (UNTAKEN[fate],) * len(parcels)
        if fate == "refused at once":
            return (BatchRefused(exchange=ANSWERED, message=say("refused"), together=len(parcels)),) * len(parcels)
        handle = self._register(parcels, fate)
        if fate.endswith("unheard"):
            return (Unknown(exchange=NO_ANSWER, message=say("no_answer_in_time")),) * len(parcels)
        taken = JobAccepted(exchange=ANSWERED, handle=handle, poll_after=POLL, together=len(parcels))
        return (taken,) * len(parcels)

    def _register(self, parcels: Sequence[Parcel], fate: JobFate) -> str:
        innocent = [item.reference for item in parcels if item.entry.ref.entry_id not in self.guilty]
        guilty = len(innocent) < len(parcels)
        booked = {
            "booked and refused": innocent,
            "broken off": innocent[: (len(innocent) + 1) // 2],
            "broken off and shown late": innocent[: (len(innocent) + 1) // 2],
            "refused": [],
            "refused unheard": [],
        }.get(fate, [] if guilty else innocent)
        if fate.endswith("shown late"):
            self.slow |= set(booked)
        job = Job(self.clock.now + SETTLES, guilty or fate.startswith(("refused", "broken off", "booked")))
        handle = f"job-{len(self.jobs)}"
        self.jobs[handle] = job
        self.arriving += [(job.ends, reference) for reference in booked]
        return handle


class FacingImports(Facing):
    """Its connector in one owner's process, with the boundaries of `Facing`."""

    def __init__(self, software: Importing, gate: Gate) -> None:
        super().__init__(software, gate)
        self._importer = software

    async def send(self, session: Session, parcels: Sequence[Parcel]) -> tuple[SendOutcome, ...]:
        await self._gate.step("before the first byte")
        try:
            async with session.throttle.turn():
                untimely.refuse_late_start(session)
                self._importer.late_starts += session.deadline.remaining() <= 0
                outcomes = self._importer.take(parcels, session.credentials["token"])
                await self._gate.step("before the answer")
        except TimeoutError:
            return (NotSent(exchange=NO_ANSWER, message=say("not_let_through")),) * len(parcels)
        await self._gate.step("before the answer is noted")
        return outcomes

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> VerifyOutcome:
        assert handle is not None
        job = self._importer.jobs[handle]
        if self._importer.clock.now < job.ends:
            return StillPending(exchange=ANSWERED, ask_after=POLL)
        found = await self.find(session, parcel)
        if job.refused and isinstance(found, NotFound):
            return BatchRefused(exchange=ANSWERED, message=say("refused"))
        return found
