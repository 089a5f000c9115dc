"""Whether the newest revision of an entry is returned, waits, or leaves now.

Gates come first: as long as one of them is shut there is nothing to check against, documents apart. Then everything
that is wrong is gathered, so that the accountant hears of it at once; then everything that is still awaited.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from entries.domain.facts import Candidate, FileFacts
from entries.domain.verdict import EVENTS_ALONE, NEVER, Verdict, WaitReason
from qontable.entry import Entry, Finding
from qontable.events.reference import ReferenceKind
from qontable.findings import cured_by, waits
from qontable.preflight import Case, mapped_journal, preflight, stale_kinds
from qontable.sheet import Sheet

GATES: tuple[tuple[WaitReason, Callable[[FileFacts, Entry], bool]], ...] = (
    ("file_closed", lambda file, _: file.closed),
    ("mapping", lambda file, _: not (file.connection_id and file.connector and file.software_file_id)),
    ("activation", lambda file, _: not file.active),
    ("connection", lambda file, _: not file.connection_enabled),
    ("connector", lambda file, _: file.sheet is None),
    ("send_from", lambda file, entry: file.send_from is None or entry.date < file.send_from),
    ("reference_data", lambda file, _: not file.has_reference_data),
)
"""What must be there before an entry can be checked, in the order in which a person would set it up: each with when it
is shut."""


UNWANTED: frozenset[WaitReason] = frozenset({"file_closed", "send_from"})
"""Gates behind which nobody wants the entry in the books for now: nothing of it is told to be mended."""


AWAITED: Mapping[str, WaitReason] = {
    "no_fiscal_year": "fiscal_year",
    "fiscal_year_closed": "fiscal_year",
    "document_absent": "missing_document",
    "account_to_create": "creation_answer",
    "subsidiary_to_create": "creation_answer",
}
"""What an entry waits for because of a finding that makes it wait."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a refresh that an entry asked for may take before it is asked for again; anything else, a fresh look."""

    refresh: timedelta
    recheck: timedelta

    def pause(self, in_vain: int) -> timedelta:
        """How long a question waits for its answer: twice as long each time that nobody gave one, up to 32 times."""
        doubled: int = 2 ** min(in_vain, 5)
        return self.refresh * doubled

    @property
    def longest(self) -> timedelta:
        """After this every entry has been looked at again that does not wait for events alone."""
        return max(self.pause(5), self.recheck)


def decide(candidate: Candidate, now: datetime, patience: Patience) -> Verdict:
    """The verdict on the newest revision. Pure: the same facts at the same instant give the same verdict."""
    file, entry = candidate.file, candidate.entry
    if entry is None:
        return _returned(candidate, candidate.refused)
    shut = next((reason for reason, is_shut in GATES if is_shut(file, entry)), None)
    if shut == "send_from" and file.send_from and file.before_send_from == "already_in_books":
        return Verdict("synchronized", step="accept", detail="already_in_books", documents=candidate.document_state)
    if shut:
        # A document that was refused is wrong for every software, and for the import file of a client without one.
        if (refused := _refused_documents(candidate)) and shut not in UNWANTED:
            return _returned(candidate, refused)
        return _waiting(candidate, (shut,), _look_again((shut,), now, patience))
    assert file.sheet is not None, "the gates let no entry pass whose connector is unknown"
    return _judge(candidate, _findings(candidate, entry, file.sheet), now, patience)


def _judge(candidate: Candidate, findings: tuple[Finding, ...], now: datetime, patience: Patience) -> Verdict:
    returning = tuple(finding for finding in findings if not waits(finding))
    asking = _asking(candidate, returning or findings, now, patience)
    if sure := tuple(finding for finding in returning if asking.overdue and not cured_by((finding,)) & asking.overdue):
        return _returned(candidate, sure)
    if returning and asking.pending_until:
        return _waiting(candidate, ("reference_refresh",), asking.pending_until, ask=asking.ask)
    if returning:
        return _returned(candidate, returning)
    if reasons := tuple(_awaited(candidate, findings)):
        again = _look_again(reasons, now, patience)
        return _waiting(candidate, reasons, again, findings=findings, ask=asking.ask)
    return Verdict("sending", step="dispatch", detail="queued", documents=candidate.document_state)


def _waiting(
    candidate: Candidate,
    reasons: tuple[WaitReason, ...],
    recheck_at: datetime,
    *,
    findings: tuple[Finding, ...] = (),
    ask: frozenset[ReferenceKind] = frozenset(),
) -> Verdict:
    return Verdict(
        "ready",
        waiting_for=reasons,
        findings=findings,
        documents=candidate.document_state,
        ask=ask,
        recheck_at=recheck_at,
    )


def _look_again(reasons: Iterable[WaitReason], now: datetime, patience: Patience) -> datetime:
    return NEVER if EVENTS_ALONE.issuperset(reasons) else now + patience.recheck


def _returned(candidate: Candidate, findings: tuple[Finding, ...]) -> Verdict:
    return Verdict(
        "to_verify", step="return", detail="preflight", findings=findings, documents=candidate.document_state
    )


def _findings(candidate: Candidate, entry: Entry, sheet: Sheet) -> tuple[Finding, ...]:
    file = candidate.file
    journal = mapped_journal(entry.journal.code, file.journal_map)
    found = preflight(Case(entry, sheet, journal, candidate.policies, candidate.reference))
    told = {finding.code for finding in found}
    return (*found, *(finding for finding in _refused_documents(candidate) if finding.code not in told))


def _refused_documents(candidate: Candidate) -> tuple[Finding, ...]:
    return tuple(document.finding for document in candidate.documents if document.finding)


def _awaited(candidate: Candidate, findings: Iterable[Finding]) -> Iterator[WaitReason]:
    file = candidate.file
    if candidate.document_state == "waiting":
        yield "documents"
    awaited = {AWAITED[finding.code] for finding in findings if waits(finding)}
    yield from sorted(awaited)
    answered = candidate.facts.duplicate_answer or file.policies.possible_duplicates == "send"
    if candidate.possible_duplicate and not answered:
        yield "duplicate_answer"
    released = file.released_before is not None and candidate.validated_at < file.released_before
    if file.frequency != "real_time" and not released:
        yield "evening" if file.frequency == "daily" else "synchronize"


@dataclass(frozen=True, slots=True)
class _Asking:
    """Kinds to ask for now, those that nobody spoke of in time, and until when a question may still be answered."""

    ask: frozenset[ReferenceKind]
    overdue: frozenset[ReferenceKind]
    pending_until: datetime | None


def _asking(candidate: Candidate, findings: Iterable[Finding], now: datetime, patience: Patience) -> _Asking:
    """What our reference data may not know yet: each kind is asked for once per revision before it is believed.

    One question per file and kind stands at a time. One that was not answered in time is asked again, once the software
    can be asked at all: that nobody has looked is not the accountant's fault. Meanwhile the entry waits, visibly, but
    is returned for what no refresh could cure.
    """
    ask: set[ReferenceKind] = set()
    overdue: set[ReferenceKind] = set()
    pending: list[datetime] = []
    for kind in stale_kinds(findings, candidate.reference.refreshed_at, candidate.received_at):
        asked = candidate.asked.get(kind)
        if asked is None or _answered(candidate, kind, asked.at):
            ask.add(kind)
            continue
        if asked.in_vain or now >= asked.at + patience.refresh:
            overdue.add(kind)
        if now < (until := asked.at + patience.pause(asked.in_vain)):
            pending.append(until)
        elif candidate.file.connection_well:
            ask.add(kind)
        else:
            pending.append(now + patience.refresh)
    if ask:
        pending.append(now + patience.refresh)
    return _Asking(frozenset(ask), frozenset(overdue), min(pending, default=None))


def _answered(candidate: Candidate, kind: ReferenceKind, asked: datetime) -> bool:
    fetched = candidate.reference.refreshed_at.get(kind)
    return fetched is not None and fetched >= asked
