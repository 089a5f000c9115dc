"""Whether a ready entry goes into an import file, or why it stays where it is."""

from datetime import datetime
from typing import Literal

from entries.domain.decision import Patience, decide
from entries.domain.facts import Candidate, EntryFacts
from entries.domain.standing import standing
from entries.domain.verdict import Verdict
from qontable.entry import Entry
from qontable.money import BOOK_CURRENCY
from qontable.preflight import lacks_document

LeftOut = Literal[
    "to_verify",
    "under_way",
    "leaving",
    "file_closed",
    "documents",
    "duplicate_answer",
    "currency",
    "in_books",
    "unjudged",
]
"""`leaving`: it leaves through its connection just now. `currency`: import files are kept in euros. `in_books`: by the
firm's own word, for what was validated before its start. `unjudged`: what is kept of it cannot be read any more, or a
rule failed over it; the log says where."""


def is_settled(facts: EntryFacts) -> bool:
    """Whether the past decides already that there is nothing to export."""
    past = standing(facts)
    return past is not None and past.status in {"synchronized", "withdrawn"}


def left_out(candidate: Candidate, now: datetime, patience: Patience, *, with_documents: bool) -> LeftOut | None:
    """Why the entry is not exported; nothing where it is.

    Most of what a ready entry waits for concerns a software that is called, or when it is: a file needs none of it.
    """
    past = standing(candidate.facts)
    if past is not None:
        return "under_way" if past.status == "sending" else "to_verify"
    if candidate.facts.returned or candidate.entry is None:
        return "to_verify"
    lacking = _lacking(candidate, candidate.entry, with_documents=with_documents)
    return lacking or _judged(decide(candidate, now, patience))


def _lacking(candidate: Candidate, entry: Entry, *, with_documents: bool) -> LeftOut | None:
    """What keeps an entry out of a file, whatever it waits for besides."""
    answered = candidate.facts.duplicate_answer or candidate.file.policies.possible_duplicates == "send"
    bars: dict[LeftOut, bool] = {
        "file_closed": candidate.file.closed,
        "currency": entry.currency != BOOK_CURRENCY,
        "documents": (with_documents and candidate.document_state == "waiting") or _is_held(candidate, entry),
        "duplicate_answer": candidate.possible_duplicate and not answered,
    }
    return next((reason for reason, bars_it in bars.items() if bars_it), None)


def _is_held(candidate: Candidate, entry: Entry) -> bool:
    """Whether the firm wants no such entry in its books without a document, however it gets there."""
    return candidate.file.policies.missing_documents == "hold" and lacks_document(entry)


def _judged(verdict: Verdict) -> LeftOut | None:
    match verdict.status:
        case "ready":
            return None
        case "sending":
            return "leaving"
        case "synchronized":
            return "in_books"
        case _:
            return "to_verify"
