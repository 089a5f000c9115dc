"""What the stand-in platform knows of an entry it published."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qontable.events.delivery import EntryStatusChanged

SETTLED = ("synchronized", "returned", "withdrawn")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the entries of a client file go: which connector, which software file there."""

    connector: str
    software_file_id: str


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document of the platform's: what it is called, what it is, and where its bytes lie."""

    document_id: str
    firm_id: str
    file_id: str
    entry_id: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    gone: bool = False

    @property
    def storage_key(self) -> str:
        return f"platform/{self.sha256}"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest revision of an entry, as it was published."""

    firm_id: str
    file_id: str
    entry_id: str
    key: str
    revision: int
    target: Target
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many entries of a client file are where, by newest revision; `waiting` counts what ready entries wait for."""

    published: int
    states: Mapping[str, int]
    waiting: Mapping[str, int]

    @property
    def quiet(self) -> bool:
        """Whether every entry is in the books, back with the accountant, or taken back."""
        return sum(self.states.get(state, 0) for state in SETTLED) == self.published

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return {
            "published": self.published,
            "states": dict(self.states),
            "waiting": dict(self.waiting),
            "quiet": self.quiet,
        }


def newest_statuses(events: Iterable[EntryStatusChanged]) -> list[EntryStatusChanged]:
    """Of several statuses of an entry the one with the highest version."""
    newest: dict[tuple[str, str], EntryStatusChanged] = {}
    for event in events:
        place = (event.file_id, event.entry_id)
        if place not in newest or newest[place].version < event.version:
            newest[place] = event
    return list(newest.values())


def reason_of(status: EntryStatusChanged) -> str:
    """Why an entry came back: the software's own words, else our findings, else the detail."""
    if status.message and status.message.text:
        return f"{status.message.code}: {status.message.text}" if status.message.code else status.message.text
    findings = "; ".join(finding.message.get("fr", finding.code) for finding in status.findings)
    return findings or status.detail or status.status
