"""What a version of a file's reference data changed, counted from the parts in which it arrives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from qontable.events.reference import REFERENCE_KINDS, AccountsRefreshed

Counts = dict[str, dict[str, int]]
"""Kind of reference data → created, changed, removed → number of rows."""
_WHAT = ("created", "changed", "removed")


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a file's reference data already. `pending`: a refresh is waited for that is not this one."""

    version: int
    refreshed_at: datetime | None
    changes: Counts
    pending: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """Parts of one version of one file that arrived together. `unchanged`: the refresh found nothing new."""

    firm_id: str
    file_id: str
    software_file_id: str
    version: int
    refreshed_at: datetime
    unchanged: bool
    counts: Counter[tuple[str, str]] = field(default_factory=Counter, compare=False)

    def is_news(self, held: Held | None) -> bool:
        """Whether this is a newer version, a further part of the one held, or a refresh that left it as it is.

        Anything else is the full state said again for another reader.
        """
        if held is None or self.version != held.version:
            return held is None or self.version > held.version
        return self.unchanged or self.refreshed_at == held.refreshed_at

    def changes(self, held: Held | None) -> Counts:
        """The counts of these parts and of those of the same version that arrived before."""
        before = held.changes if held and held.refreshed_at == self.refreshed_at else {}
        found = {
            kind: {what: self.counts[kind, what] + before.get(kind, {}).get(what, 0) for what in _WHAT}
            for kind in REFERENCE_KINDS
        }
        return {kind: counts for kind, counts in found.items() if any(counts.values())}


def gather(events: Sequence[AccountsRefreshed]) -> list[Applied]:
    """The last version of each file among the records, which are in the order of their topic, with changes counted."""
    last: dict[tuple[str, str], Applied] = {}
    for event in events:
        key = event.firm_id, event.file_id
        unchanged = event.from_version == event.version
        heard = Applied(*key, event.software_file_id, event.version, event.refreshed_at, unchanged)
        held = last.get(key, heard)
        last[key] = held if held == heard else heard
        last[key].counts.update(_count(event))
    return list(last.values())


def _count(event: AccountsRefreshed) -> Counter[tuple[str, str]]:
    rows = {what: getattr(event.changes, what) for what in _WHAT}
    return Counter({(kind, what): len(getattr(rows[what], kind)) for kind in REFERENCE_KINDS for what in _WHAT})
