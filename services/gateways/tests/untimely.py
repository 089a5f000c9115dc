"""A software as the world has them: it books later than it answers, shows its books later still, or loses an answer.

Its promises are those of a data sheet, and no more: what it received is in its books within `settles_within`, and found
there within the same time; after that a look-up may miss an entry once, but never twice in a row.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from gateways.domain.outcome import (
    Accepted,
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsOutcome,
    FindOutcome,
    Found,
    HandedOver,
    NotFound,
    NotSent,
    Rejected,
    SendOutcome,
    StillPending,
    Throttled,
    Unknown,
    VerifyOutcome,
)
from gateways.domain.port import Parcel, Session

from .boundaries import Gate
from .clockwork import Clockwork
from .software import ANSWERED, NO_ANSWER, Software, say

Fate = Literal[
    "accepted", "booked unheard", "booked late", "shown late", "lost", "rejected", "not sent", "throttled", "revoked",
    "handed over", "handed over and lost",
]  # fmt: skip
Sight = Literal["sees", "misses once", "fails"]
FATES: tuple[Fate, ...] = Fate.__args__  # type: ignore[attr-defined]
SIGHTS: tuple[Sight, ...] = Sight.__args__  # type: ignore[attr-defined]
SETTLES = timedelta(seconds=30)
POLL = timedelta(seconds=60)


@dataclass
class Untimely(Software):
    """`fate` is of what it receives next, `sight` of what it is asked next; `fates` are of single entries, as long as
    they stand there. `entries` are its books, by reference."""

    clock: Clockwork = None  # type: ignore[assignment]
    fate: Fate = "accepted"
    sight: Sight = "sees"
    fates: dict[str, Fate] = field(default_factory=dict)
    entries: Counter[str] = field(default_factory=Counter)
    shown_from: dict[str, datetime] = field(default_factory=dict)
    arriving: list[tuple[datetime, str]] = field(default_factory=list)
    missed: set[str] = field(default_factory=set)
    received: list[tuple[datetime, str, str]] = field(default_factory=list)
    late_starts: int = 0
    dead: bool = False
    dumb: bool = False
    revoked: set[str] = field(default_factory=set)

    @property
    def unique(self) -> bool:
        """Whether it refuses a reference that it has."""
        return bool(self.sheet.unique_references.value)

    def at(self, gate: Gate) -> "Facing":
        """The software as one owner meets it."""
        return Facing(self, gate)

    def settle(self) -> None:
        """Book what has arrived by now."""
        due = [reference for when, reference in self.arriving if when <= self.clock.now]
        self.arriving = [(when, reference) for when, reference in self.arriving if when > self.clock.now]
        for reference in due:
            self.book(reference, self.clock.now)

    def on_the_way(self, reference: str) -> bool:
        return any(reference == arriving for _, arriving in self.arriving)

    def book(self, reference: str, shown_from: datetime) -> None:
        if not (self.unique and self.entries[reference]):
            self.entries[reference] += 1
            self.shown_from.setdefault(reference, shown_from)

    def receive(self, parcel: Parcel, token: str) -> SendOutcome:  # noqa: PLR0911 - one for each fate
        """The request has arrived: what becomes of it, and what is answered."""
        fate, self.fate = self.fate, "accepted"
        fate = self.fates.get(parcel.entry.ref.entry_id, fate)
        fate = "not sent" if self.dead else "revoked" if token in self.revoked else fate
        reference, soon = parcel.reference, self.clock.now + SETTLES
        self.received.append((self.clock.now, parcel.entry.ref.file_id, parcel.entry.ref.entry_id))
        match fate:
            case "not sent":
                return NotSent(exchange=NO_ANSWER, message=say("connection_refused"))
            case "throttled":
                return Throttled(exchange=ANSWERED, message=say("too_many"), retry_after=timedelta(seconds=40))
            case "revoked":
                return NotSent(exchange=ANSWERED, message=say("credentials_refused"), cause="credentials")
            case "lost":
                return Unknown(exchange=NO_ANSWER, message=say("no_answer_in_time"))
        if self.unique and self.entries[reference]:
            return Unknown(exchange=ANSWERED, message=say("reference_taken"), reference_taken=True)
        match fate:
            case "rejected":
                return Rejected(exchange=ANSWERED, message=say("journal_locked"))
            case "handed over and lost":
                return HandedOver(exchange=ANSWERED, verify_after=POLL)
            case "handed over":
                self.arriving.append((soon, reference))
                return HandedOver(exchange=ANSWERED, verify_after=POLL)
            case "booked late":
                self.arriving.append((soon, reference))
            case "shown late":
                self.book(reference, soon)
            case _:
                self.book(reference, self.clock.now)
        if fate == "accepted":
            return Accepted(exchange=ANSWERED, software_entry_id="7")
        return Unknown(exchange=NO_ANSWER, message=say("no_answer_in_time"))

    def look(self, reference: str) -> FindOutcome:
        """What its look-up says."""
        sight, self.sight = self.sight, "sees"
        shown = self.entries[reference] > 0 and self.shown_from[reference] <= self.clock.now
        if self.dumb or sight == "fails":
            return CouldNotAsk(exchange=NO_ANSWER, message=say("unreachable"))
        if shown and sight == "misses once" and reference not in self.missed:
            self.missed.add(reference)
            return NotFound(exchange=ANSWERED)
        self.missed.discard(reference)
        return Found(exchange=ANSWERED, software_entry_id="7") if shown else NotFound(exchange=ANSWERED)


def refuse_late_start(session: Session) -> None:
    """As `gateways.adapters.http` does, between the turnstile and the first byte."""
    if session.deadline.remaining() <= 0:
        raise TimeoutError


class Facing:
    """The software's connector in one owner's process: a boundary before the first byte, and one after the answer."""

    def __init__(self, software: Untimely, gate: Gate) -> None:
        self.sheet = software.sheet
        self._software = software
        self._gate = gate

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        async with session.throttle.turn():
            if self._software.dead:
                return CouldNotAsk(exchange=NO_ANSWER, message=say("connection_refused"))
            return CredentialsAccepted()

    async def send(self, session: Session, parcels: Sequence[Parcel]) -> tuple[SendOutcome, ...]:
        (parcel,) = parcels
        await self._gate.step("before the first byte")
        try:
            async with session.throttle.turn():
                refuse_late_start(session)
                self._software.late_starts += session.deadline.remaining() <= 0
                outcome = self._software.receive(parcel, session.credentials["token"])
                await self._gate.step("before the answer")
        except TimeoutError:
            return (NotSent(exchange=NO_ANSWER, message=say("not_let_through")),)
        await self._gate.step("before the answer is noted")
        return (outcome,)

    async def find(self, session: Session, parcel: Parcel) -> FindOutcome:
        await self._gate.step("before the question")
        try:
            async with session.throttle.turn():
                outcome = self._software.look(parcel.reference)
        except TimeoutError:
            return CouldNotAsk(exchange=NO_ANSWER, message=say("not_let_through"))
        await self._gate.step("before what was found is noted")
        return outcome

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> VerifyOutcome:
        if self._software.on_the_way(parcel.reference):
            return StillPending(exchange=ANSWERED, ask_after=POLL)
        return await self.find(session, parcel)

    async def ensure_accounts(self, session: Session, accounts: Collection[object]) -> None:
        raise NotImplementedError
