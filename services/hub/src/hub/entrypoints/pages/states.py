"""How states look: the tone of each, in which its word stands. Red is for what somebody must do (`ui.md`)."""

from collections.abc import Callable
from typing import Literal

from hub.domain.client_file import FileState
from hub.domain.connection import CheckStatus, Connection
from hub.domain.entry import Entry
from qontable.events.delivery import EntryStatus

Tone = Literal["good", "wait", "bad", "idle"]

FILE_TONES: dict[FileState, Tone] = {
    "to_map": "idle",
    "to_activate": "idle",
    "activating": "wait",
    "active": "good",
    "suspended": "idle",
    "problem": "bad",
    "closed": "idle",
}
CONNECTION_TONES: dict[str, Tone] = {
    "to_confirm": "wait",
    "disabled": "idle",
    "not_heard": "wait",
    "connected": "good",
    "credentials_refused": "bad",
    "unreachable": "wait",
    "plugin_off": "bad",
    "problem": "bad",
}
"""By `connection_state`: one word for what a connection is and how it fares."""
CHECK_TONES: dict[CheckStatus, Tone] = {
    "pending": "wait",
    "accepted": "good",
    "refused": "bad",
    "unreachable": "wait",
}
STATUS_TONES: dict[EntryStatus, Tone] = {
    "to_verify": "bad",
    "ready": "idle",
    "sending": "wait",
    "synchronized": "good",
    "withdrawn": "idle",
}
SOON = frozenset({"synchronize", "evening"})
"""What every entry waits for on its usual way: that is no reason to look at it."""
OUTCOME_TONES: dict[str, Tone] = {
    "accepted": "good",
    "rejected": "bad",
    "throttled": "wait",
    "not_sent": "wait",
    "unknown": "wait",
}


def connection_state(connection: Connection) -> str:
    """A key of `CONNECTION_TONES`."""
    if connection.state != "enabled":
        return connection.state
    return connection.health.state if connection.health else "not_heard"


TELLING: tuple[tuple[Callable[[Entry], bool], Tone, str], ...] = (
    (lambda entry: entry.delivery_state == "parked", "bad", "parked"),
    (lambda entry: entry.delivery_state == "unknown", "wait", "unknown"),
    (lambda entry: entry.delivery_state == "missing", "wait", "missing"),
    (lambda entry: entry.status == "to_verify" and bool(entry.message or entry.findings), "bad", "failed"),
    (lambda entry: entry.status == "to_verify", "idle", "to_verify"),
    (lambda entry: entry.status == "ready" and not SOON.issuperset(entry.waiting_for), "wait", "waiting"),
    (lambda entry: entry.status == "sending" and entry.delivery_state == "handed_over", "wait", "handed_over"),
    (lambda entry: entry.status == "synchronized" and entry.open_difference, "bad", "open_difference"),
    (lambda entry: entry.status == "synchronized" and entry.documents == "missing", "bad", "document_missing"),
    (lambda entry: entry.status == "synchronized" and entry.detail == "exported", "good", "exported"),
    (lambda entry: entry.status == "synchronized" and entry.detail == "already_in_books", "idle", "already_in_books"),
)
"""What tells more of an entry than its status, most telling first."""


def document_word(entry: Entry) -> str:
    """The key of a word under `documents.`: of one that came back for its document, that nobody waits for it."""
    refused = entry.status == "to_verify" and any(finding.code.startswith("document_") for finding in entry.findings)
    return "not_kept" if refused and entry.documents == "waiting" else entry.documents


def entry_state(entry: Entry) -> tuple[Tone, str]:
    """The tone of an entry and the key of its word under `entry.`."""
    found = next(((tone, word) for holds, tone, word in TELLING if holds(entry)), None)
    return found or (STATUS_TONES[entry.status], entry.status)
