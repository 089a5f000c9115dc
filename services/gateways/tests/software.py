"""An accounting software and its connector in one, which does what each test tells it to do."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic
from typing import Any

from gateways.domain.outcome import (
    Accepted,
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsOutcome,
    CredentialsRefused,
    EnsuredAccounts,
    Exchange,
    FindOutcome,
    Found,
    HandedOver,
    NotAnswered,
    NotFound,
    NotSent,
    Rejected,
    SendOutcome,
    Throttled,
    Unknown,
    VerifyOutcome,
)
from gateways.domain.port import Parcel, Session
from qontable.events.connector import Prerequisite
from qontable.events.delivery import SoftwareMessage
from qontable.events.hub import SoftwareFile
from qontable.events.reference import Account, ReferenceKind, ReferenceRows
from qontable.sheet import Sheet

ANSWERED = Exchange(http_status=200, request_id="req-1", sent=b'{"entry": 1}', answered=b'{"ok": true}')
NO_ANSWER = Exchange(sent=b'{"entry": 1}')
Behaviour = Callable[["Software", Parcel], Any]
Finding = Callable[["Software", Parcel], FindOutcome]


def say(category: str) -> SoftwareMessage:
    return SoftwareMessage(category=category, code="E1", text="vendor words", remedy={"fr": "…", "en": "…"})


def make_sheet(**changes: Any) -> Sheet:
    """A sheet with short times. `unique` and `settles` are (value, evidence)."""
    unique, settles = changes.pop("unique", (True, "documented")), changes.pop("settles", (0.3, "documented"))
    source = {"source": "test"}
    content = {
        "connector": "myunisoft",
        "name": "Scripted",
        "version": 3,
        "wizard": [],
        "frequencies": ["real_time"],
        "weekly_accounts": True,
        "throttle": {"requests": 1000, "seconds": 1, "concurrent": 4, "evidence": "documented", **source},
        "request_timeout": 0.8,
        "settles_within": {"value": settles[0], "evidence": settles[1], **source},
        "unique_references": {"value": unique[0], "evidence": unique[1], **source},
        "limits": {},
        "documents": {
            "max_bytes": 1,
            "media_types": [],
            "max_name": 1,
            "resend_alone": False,
            "evidence": "assumed",
            **source,
        },
        "accounts": {
            "missing_subsidiary": "must_exist",
            "missing_account": "must_exist",
            "evidence": "assumed",
            **source,
        },
        "capabilities": {"entries_per_call": {"value": 1, "evidence": "documented", **source}},
        "errors": [{"outcome": "unknown", "category": "other", "remedy": {"fr": "", "en": ""}}],
    } | changes
    return Sheet.model_validate(content)


@dataclass
class Software:
    """Books by reference, calls in order, and what to do with the next calls about an entry."""

    sheet: Sheet = field(default_factory=make_sheet)
    books: dict[str, list[Parcel]] = field(default_factory=lambda: defaultdict(list))
    calls: list[tuple[str, str, float]] = field(default_factory=list)
    script: dict[str, list[Behaviour]] = field(default_factory=lambda: defaultdict(list))
    finds: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    refused_tokens: set[str] = field(default_factory=set)
    refused_sends: set[str] = field(default_factory=set)
    rows: list[ReferenceRows] = field(default_factory=list)
    breaks_off: list[CouldNotAsk] = field(default_factory=list)
    refused_documents: list[CouldNotAsk] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def sends(self, entry_id: str) -> int:
        return sum(1 for operation, entry, _ in self.calls if (operation, entry) == ("send", entry_id))

    async def check_credentials(self, session: Session) -> CredentialsOutcome:
        async with session.throttle.turn():
            if session.credentials["token"] in self.refused_tokens:
                return CredentialsRefused(message=say("credentials_refused"))
            return CredentialsAccepted()

    async def list_software_files(self, session: Session) -> tuple[SoftwareFile, ...]:
        return (SoftwareFile(software_file_id="soc-1", name="Durand"), SoftwareFile(software_file_id="soc-2", name="B"))

    async def check_prerequisites(self, session: Session) -> tuple[Prerequisite, ...]:
        return (Prerequisite(name="fiscal_year_open", met=True),)

    async def fetch_reference_data(
        self, session: Session, kinds: Collection[ReferenceKind]
    ) -> AsyncIterator[ReferenceRows]:
        for rows in self.rows:
            await session.books.remember(
                "account", {account.number: f"id-{account.number}" for account in rows.accounts}
            )
            yield rows
        if self.breaks_off:
            raise NotAnswered(self.breaks_off.pop(0))

    async def send(self, session: Session, parcels: Sequence[Parcel]) -> tuple[SendOutcome, ...]:
        return tuple([await self._send(session, parcel) for parcel in parcels])

    async def _send(self, session: Session, parcel: Parcel) -> SendOutcome:
        async with session.throttle.turn():
            entry_id = parcel.entry.ref.entry_id
            self.calls.append(("send", entry_id, monotonic()))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                if session.credentials["token"] in self.refused_tokens:
                    return NotSent(exchange=NO_ANSWER, message=say("credentials_refused"), cause="credentials")
                behaviour = self.script[entry_id].pop(0) if self.script[entry_id] else accept
                outcome = behaviour(self, parcel)
                answer: SendOutcome = (await outcome) if asyncio.iscoroutine(outcome) else outcome
                return answer
            finally:
                self.at_once -= 1

    async def find(self, session: Session, parcel: Parcel) -> FindOutcome:
        async with session.throttle.turn():
            entry_id = parcel.entry.ref.entry_id
            self.calls.append(("find", entry_id, monotonic()))
            if self.finds[entry_id]:
                return self.finds[entry_id].pop(0)(self, parcel)
            if self.books[parcel.reference]:
                return Found(exchange=ANSWERED, software_entry_id=f"book-{entry_id}")
            return NotFound(exchange=ANSWERED)

    async def verify(self, session: Session, parcel: Parcel, handle: str | None) -> VerifyOutcome:
        self.calls.append((f"verify {handle}", parcel.entry.ref.entry_id, monotonic()))
        return await self.find(session, parcel)

    async def ensure_accounts(self, session: Session, accounts: Sequence[Account]) -> EnsuredAccounts:
        self.calls.extend(("ensure", account.number, monotonic()) for account in accounts)
        return EnsuredAccounts(present=tuple(account.number for account in accounts))

    async def attach(self, session: Session, parcel: Parcel, software_entry_id: str) -> None:
        self.calls.append(("attach", software_entry_id, monotonic()))
        if self.refused_documents:
            raise NotAnswered(self.refused_documents.pop(0))


def lose_documents(software: Software, parcel: Parcel) -> SendOutcome:
    outcome = accept(software, parcel)
    return replace(outcome, documents="missing")


def accept(software: Software, parcel: Parcel) -> Accepted:
    software.books[parcel.reference].append(parcel)
    return Accepted(exchange=ANSWERED, software_entry_id=f"book-{parcel.entry.ref.entry_id}")


def reject(software: Software, parcel: Parcel) -> SendOutcome:
    return Rejected(exchange=ANSWERED, message=say("journal_locked"))


def book_and_time_out(software: Software, parcel: Parcel) -> SendOutcome:
    software.books[parcel.reference].append(parcel)
    return Unknown(exchange=NO_ANSWER, message=say("no_answer_in_time"))


def time_out(software: Software, parcel: Parcel) -> SendOutcome:
    return Unknown(exchange=NO_ANSWER, message=say("no_answer_in_time"))


def reference_taken(software: Software, parcel: Parcel) -> SendOutcome:
    return Unknown(exchange=ANSWERED, message=say("reference_taken"), reference_taken=True)


def not_sent(cause: Any, retry_after: float | None = None) -> Behaviour:
    pause = timedelta(seconds=retry_after) if retry_after else None
    return lambda software, parcel: NotSent(
        exchange=NO_ANSWER, message=say("connection_refused"), cause=cause, retry_after=pause
    )


def throttle(retry_after: float) -> Behaviour:
    return lambda software, parcel: Throttled(
        exchange=ANSWERED, message=say("too_many"), retry_after=timedelta(seconds=retry_after)
    )


def hand_over(software: Software, parcel: Parcel) -> SendOutcome:
    return HandedOver(exchange=ANSWERED, verify_after=timedelta(seconds=0.2), handle="h-1")


def raise_fault(software: Software, parcel: Parcel) -> SendOutcome:
    software.books[parcel.reference].append(parcel)
    raise RuntimeError("a fault of the connector")


def slow(seconds: float) -> Behaviour:
    async def behave(software: Software, parcel: Parcel) -> SendOutcome:
        await asyncio.sleep(seconds)
        return accept(software, parcel)

    return behave


def once_all_came(together: asyncio.Barrier, behaviour: Behaviour) -> Behaviour:
    """Answers as `behaviour` does, when as many calls as the barrier counts are under way side by side."""

    async def behave(software: Software, parcel: Parcel) -> Any:
        await together.wait()
        return behaviour(software, parcel)

    return behave


def cannot_ask(cause: Any = "unreachable") -> Finding:
    return lambda software, parcel: CouldNotAsk(exchange=NO_ANSWER, message=say("unreachable"), cause=cause)
