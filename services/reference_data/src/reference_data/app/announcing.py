"""Says what changed in a file's reference data, in records of bounded size that together are one step of versions."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from qontable.events.reference import REFERENCE_KINDS, AccountsRefreshed, ReferenceKind
from qontable.unit import Unit
from reference_data.adapters.files import File
from reference_data.domain.snapshot import Change, changes_of

RECORD_BYTES = 256 * 1024
"""Of rows in one record: well below what a broker takes, also where it was not told to take more than 1 MiB."""


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
    parts = list(_parts(changes)) or [[]]
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
                changes=changes_of(part),
                refreshed_at=refreshed_at,
            )
        )


def _parts(changes: Sequence[Change]) -> Iterator[list[Change]]:
    part: list[Change] = []
    size = 0
    for change in changes:
        length = len(change.body.encode())
        if part and size + length > RECORD_BYTES:
            yield part
            part, size = [], 0
        part.append(change)
        size += length
    if part:
        yield part
