"""What a version of a file's reference data changed, counted from the parts in which it arrives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from qontable.events.reference import REFERENCE_KINDS, AccountsRefreshed

Counts = dict[str, dict[str, int]]
"""Kind of reference data → created, changed, removed → number of rows."""


@dataclass(frozen=True, slots=True)
class Applied:
    """Parts of one version of one file that arrived together. A repetition of the full state counts as no change."""

    firm_id: str
    file_id: str
    software_file_id: str
    version: int
    refreshed_at: datetime
    counts: Counter[tuple[str, str]] = field(default_factory=Counter, compare=False)

    def changes(self, before: Counts) -> Counts:
        """The counts of these parts and of those that arrived before."""
        found = {
            kind: {what: self.counts[kind, what] + before.get(kind, {}).get(what, 0) for what in _KINDS_OF_CHANGE}
            for kind in REFERENCE_KINDS
        }
        return {kind: counts for kind, counts in found.items() if any(counts.values())}


_KINDS_OF_CHANGE = ("created", "changed", "removed")


def gather(events: Sequence[AccountsRefreshed]) -> list[Applied]:
    """The newest version of each file among the records, with its changes counted."""
    newest: dict[tuple[str, str], Applied] = {}
    for event in events:
        key = event.firm_id, event.file_id
        heard = Applied(*key, event.software_file_id, event.version, event.refreshed_at)
        held = newest.get(key, heard)
        newest[key] = held if held == heard else heard
        if not event.full or event.from_version == 0:
            newest[key].counts.update(_count(event))
    return list(newest.values())


def _count(event: AccountsRefreshed) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (kind, what): len(getattr(getattr(event.changes, what), kind))
            for kind in REFERENCE_KINDS
            for what in _KINDS_OF_CHANGE
        }
    )
