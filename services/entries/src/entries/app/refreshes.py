"""Refreshes that entries ask for before an unknown account, journal or year is believed."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from entries.adapters.refreshes import save_asked
from entries.domain.facts import FileFacts
from qontable.events.reference import AccountsRefreshRequested, ReferenceKind
from qontable.unit import Unit


class Asking:
    """What the entries of one chunk ask for: one request per file, whatever the number of entries."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, FileFacts]] = {}
        self._kinds: dict[str, set[ReferenceKind]] = {}

    def add(self, firm_id: str, file_id: str, file: FileFacts, kinds: Iterable[ReferenceKind]) -> None:
        """Ask for these kinds of a file's reference data."""
        self._files[file_id] = firm_id, file
        self._kinds.setdefault(file_id, set()).update(kinds)

    async def publish(self, unit: Unit, moment: datetime) -> None:
        """Say what is asked for, and remember it."""
        await save_asked(
            unit.connection, ((file_id, kind) for file_id, kinds in self._kinds.items() for kind in kinds), moment
        )
        for file_id, (firm_id, file) in self._files.items():
            assert file.connection_id and file.connector and file.software_file_id, "only a tied file is checked"
            asked = AccountsRefreshRequested(
                refresh_id=f"rfr_{uuid.uuid4().hex}",
                firm_id=firm_id,
                file_id=file_id,
                connection_id=file.connection_id,
                connector=file.connector,
                software_file_id=file.software_file_id,
                kinds=tuple(sorted(self._kinds[file_id])),
                reason="unknown_account",
                requested_at=moment,
            )
            unit.publish(asked)
