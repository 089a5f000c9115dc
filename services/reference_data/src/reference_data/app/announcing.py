"""Says what changed in a file's reference data, in records of bounded size that together are one step of versions."""

from collections.abc import Sequence
from datetime import datetime

from qontable.events.reference import REFERENCE_KINDS, AccountsRefreshed, ReferenceChanges, ReferenceKind
from qontable.unit import Unit
from reference_data.adapters.files import File
from reference_data.adapters.snapshots import Change
from reference_data.domain.snapshot import rows_of

ROWS_PER_RECORD = 2_000


def announce(
    unit: Unit,
    file: File,
    changes: Sequence[Change],
    *,
    from_version: int,
    version: int,
    full: bool,
    refreshed_at: datetime,
    kinds: Sequence[ReferenceKind] = REFERENCE_KINDS,
) -> None:
    """Publish one step of versions; without changes, one record that says so and how fresh the kinds are."""
    parts = [changes[start : start + ROWS_PER_RECORD] for start in range(0, len(changes), ROWS_PER_RECORD)] or [[]]
    for number, part in enumerate(parts, start=1):
        unit.publish(
            AccountsRefreshed(
                firm_id=file.firm_id,
                file_id=file.file_id,
                connection_id=file.connection_id or "",
                software_file_id=file.software_file_id or "",
                from_version=from_version,
                version=version,
                full=full,
                kinds=tuple(kinds),
                part=number,
                parts=len(parts),
                changes=_changes(part),
                refreshed_at=refreshed_at,
            )
        )


def _changes(changes: Sequence[Change]) -> ReferenceChanges:
    by_change = {
        name: rows_of((change.kind, change.body) for change in changes if change.change == name)
        for name in ("created", "changed", "removed")
    }
    return ReferenceChanges(**by_change)
