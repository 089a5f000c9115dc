"""How far a synchronization has come: the address says how many entries were to leave, the rows how many are left."""

from dataclasses import dataclass

from hub.adapters import entry_counts
from qontable.database import Connection as Db

MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Entries that were to leave when Synchronize was pressed, and those that have been answered since.

    Entries that become ready meanwhile leave too where a connection sends at once: they make no progress smaller than
    none.
    """

    asked: int
    left: int

    @property
    def done(self) -> int:
        """Those that are in the books, handed over to a person, or back."""
        return max(0, self.asked - self.left)


async def read_progress(db: Db, firm_id: str, file_ids: list[str], asked: str | None) -> Progress | None:
    """Where these files stand, if the address tells of a synchronization."""
    if not file_ids or asked is None or not asked.isdecimal() or not 0 < int(asked) <= MOST:
        return None
    return Progress(int(asked), await entry_counts.count_leaving(db, firm_id, file_ids))
