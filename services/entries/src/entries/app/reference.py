"""Reference data as it is published: whole differences, applied in order of version; a gap asks for the full state."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from entries.adapters.reference import (
    clear,
    collect_part,
    fetch_held,
    note_full_asked,
    remove_rows,
    save_held,
    save_rows,
)
from entries.adapters.waking import wake_files
from qontable.bus import Received
from qontable.clock import now
from qontable.events.reference import AccountsFullRequested, AccountsRefreshed
from qontable.unit import Unit
from qontable.versions import Held, applies, shows_a_gap

REFRESHED = ("reference_data", "reference_refresh", "fiscal_year", "creation_answer")
READER = "entries"

log = structlog.get_logger()


class Reference:
    """Handles `accounts.refreshed`; `woken` is called when entries may leave."""

    def __init__(self, woken: Callable[[], None]) -> None:
        self._woken = woken

    async def refreshed(self, unit: Unit, received: Sequence[Received[AccountsRefreshed]]) -> None:
        """Differences in the order of their topic, each applied once all of its parts are there."""
        moment = now()
        for item in received:
            event = item.event
            parts = [event] if event.parts == 1 else await collect_part(unit.connection, event)
            if parts:
                await self._apply(unit, parts, moment)
        await wake_files(unit.connection, [item.event.file_id for item in received], REFRESHED, moment)
        unit.after_commit(self._woken)

    async def _apply(self, unit: Unit, parts: Sequence[AccountsRefreshed], moment: datetime) -> None:
        event = parts[0]
        held = await fetch_held(unit.connection, event.file_id)
        if not applies(held.at if held else None, event):
            if shows_a_gap(held.at if held else None, event):
                await self._ask_for_all(unit, event, held, moment)
            return
        if event.full:
            await clear(unit.connection, event.file_id)
        for part in parts:
            await save_rows(unit.connection, event.file_id, part.changes.created)
            await save_rows(unit.connection, event.file_id, part.changes.changed)
            await remove_rows(unit.connection, event.file_id, part.changes.removed)
        await save_held(unit.connection, event)

    async def _ask_for_all(self, unit: Unit, event: AccountsRefreshed, held: Held | None, moment: datetime) -> None:
        if held and held.asked_lately(moment):
            return
        log.info("reference data has a gap", file_id=event.file_id, from_version=event.from_version)
        await note_full_asked(unit.connection, event, moment)
        unit.publish(AccountsFullRequested(firm_id=event.firm_id, file_id=event.file_id, reader=READER))
