"""Rows of reference data: each version is applied once it is whole, in its topic's order; a gap asks for all of it."""

from collections.abc import Sequence

import structlog

from hub.adapters import reference_rows as rows
from hub.domain.reference_row import rows_of
from qontable.clock import now
from qontable.events.reference import AccountsFullRequested, AccountsRefreshed
from qontable.unit import Unit
from qontable.versions import Held, applies, shows_a_gap

READER = "hub"

log = structlog.get_logger()


async def apply_versions(unit: Unit, events: Sequence[AccountsRefreshed]) -> None:
    """Apply every version that these events make whole."""
    for event in events:
        parts = [event] if event.parts == 1 else await rows.collect_part(unit.connection, event)
        if parts:
            await _apply(unit, parts)


async def _apply(unit: Unit, parts: Sequence[AccountsRefreshed]) -> None:
    db, event = unit.connection, parts[0]
    place = event.firm_id, event.file_id
    held = await rows.lock_held(db, *place)
    if not applies(held.at if held else None, event):
        if shows_a_gap(held.at if held else None, event):
            await _ask_for_all(unit, event, held)
        return
    if event.full:
        await rows.clear_rows(db, *place)
    for part in parts:
        await rows.save_rows(db, *place, [*rows_of(part.changes.created), *rows_of(part.changes.changed)])
        await rows.remove_rows(db, *place, [*rows_of(part.changes.removed)])
    await rows.keep_held(db, event)
    if not event.full or not held or not held.at.is_of(event):
        await rows.keep_refresh(db, parts)


async def _ask_for_all(unit: Unit, event: AccountsRefreshed, held: Held | None) -> None:
    moment = now()
    if held and held.asked_lately(moment):
        return
    log.info("reference data has a gap", file_id=event.file_id, from_version=event.from_version)
    await rows.note_full_asked(unit.connection, event, moment)
    unit.publish(AccountsFullRequested(firm_id=event.firm_id, file_id=event.file_id, reader=READER))
