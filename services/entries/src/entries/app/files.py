"""Firms and client files: who exists, who ended, and when someone pressed Synchronize."""

from collections.abc import Callable, Sequence
from typing import TypeVar, get_args

from entries.adapters.files import close_files, fetch_owners, release_files, save_files, save_firms
from entries.adapters.waking import wake_files
from entries.domain.verdict import WaitReason
from qontable.bus import Received
from qontable.clock import now
from qontable.events.hub import SyncRequested
from qontable.events.platform import FileClosed, FileCreated, FirmCreated
from qontable.unit import Unit

OfFile = TypeVar("OfFile", FileCreated, FileClosed, SyncRequested)

SCHEDULE = ("synchronize", "evening")

OPEN = tuple(reason for reason in get_args(WaitReason) if reason != "file_closed")
"""What entries of a file may wait for that has not ended."""


class Files:
    """Handles what is said of firms and files; `came` is called when held records may have found their file, `woken`
    when entries may leave."""

    def __init__(self, came: Callable[[], None], woken: Callable[[], None]) -> None:
        self._came = came
        self._woken = woken

    async def firm_created(self, unit: Unit, received: Sequence[Received[FirmCreated]]) -> None:
        """Firms are known from now on."""
        await save_firms(unit.connection, {item.event.firm_id: item.event.version for item in received})
        unit.after_commit(self._came)

    async def file_created(self, unit: Unit, received: Sequence[Received[FileCreated]]) -> None:
        """Files are known from now on. One that belongs to another firm already is set aside."""
        own = await self._own(unit, received)
        await save_files(
            unit.connection, {item.event.file_id: (item.event.firm_id, item.event.version) for item in own}
        )
        unit.after_commit(self._came)

    async def file_closed(self, unit: Unit, received: Sequence[Received[FileClosed]]) -> None:
        """Files have ended: nothing leaves for them any more, and what waits says so."""
        own = await self._own(unit, received)
        await close_files(
            unit.connection, {item.event.file_id: (item.event.firm_id, item.event.closed_at) for item in own}
        )
        await wake_files(unit.connection, {item.event.file_id for item in own}, OPEN, now())
        unit.after_commit(self._came)
        unit.after_commit(self._woken)

    async def sync_requested(self, unit: Unit, received: Sequence[Received[SyncRequested]]) -> None:
        """Entries validated before the press leave, also those that arrive after it."""
        own = await self._own(unit, received)
        latest = {item.event.file_id: item.event.requested_at for item in own}
        for item in own:
            latest[item.event.file_id] = max(latest[item.event.file_id], item.event.requested_at)
        await release_files(unit.connection, latest)
        await wake_files(unit.connection, latest, SCHEDULE, now())
        unit.after_commit(self._woken)

    async def _own(self, unit: Unit, received: Sequence[Received[OfFile]]) -> list[Received[OfFile]]:
        """The records whose file is their firm's, or nobody's yet."""
        owners = await fetch_owners(unit.connection, [item.event.file_id for item in received])
        first: dict[str, str] = dict(owners.firm_of_file)
        own = []
        for item in received:
            if first.setdefault(item.event.file_id, item.event.firm_id) == item.event.firm_id:
                own.append(item)
            else:
                unit.set_aside(item.refused("foreign_file", "the client file belongs to another firm"))
        return own
