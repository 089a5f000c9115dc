"""Snapshots as they arrive from the gateways: kept until whole, then applied in one transaction or not at all.

A snapshot applies only if every part is there, its hash agrees, no code stands in it twice, it is of the software file
that the client file is tied to, and it began later than the one applied last (DESIGN 4, "snapshots are whole").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from qontable.bus import Received
from qontable.events.reference import (
    AccountsFetched,
    AccountsFullRequested,
    ReferenceKind,
    SnapshotHash,
)
from qontable.unit import Unit
from reference_data.adapters.files import File, lock_file
from reference_data.adapters.refreshes import end_refresh
from reference_data.adapters.snapshots import (
    apply_difference,
    complete_fetches,
    forget_fetch,
    forget_rows,
    newer_kinds,
    note_applied,
    read_current,
    read_freshness,
    read_hashes,
    read_parts,
    save_closings,
    save_parts,
)
from reference_data.app.announcing import announce
from reference_data.domain.snapshot import Difference, Item, difference, heavy_losses, items_of, repeated_codes

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a whole snapshot is not applied, and the state its refresh ends in."""

    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """A snapshot that may be applied: to which file, for which kinds, and what it changes."""

    file: File
    kinds: Sequence[ReferenceKind]
    difference: Difference


async def fetched(unit: Unit, records: Sequence[Received[AccountsFetched]]) -> None:
    """Keep parts and closing records, note failures, and apply every snapshot that is whole now."""
    events = [record.event for record in records]
    await save_parts(unit.connection, [event for event in events if event.part is not None])
    await save_closings(unit.connection, [event for event in events if event.closing is not None])
    for event in events:
        if event.failure is not None:
            await end_refresh(unit.connection, event, "failed", event.failure.category)
    for event in await complete_fetches(unit.connection, sorted({event.fetch_id for event in events})):
        await settle(unit, event)


async def settle(unit: Unit, closing: AccountsFetched, *, accepted: bool = False) -> None:
    """Apply a whole snapshot, or note why not. `accepted`: a person has agreed to what is lost with it."""
    file = await lock_file(unit.connection, closing.file_id)
    judged = await _judge(unit, file, closing, accepted=accepted)
    if isinstance(judged, Verdict):
        await _leave(unit, closing, judged)
        return
    await _apply(unit, judged, closing)
    await end_refresh(unit.connection, closing, "applied")
    await forget_fetch(unit.connection, closing.fetch_id)


async def _leave(unit: Unit, closing: AccountsFetched, verdict: Verdict) -> None:
    """Note why a snapshot is not applied; only one that waits for a person is kept."""
    log.warning("snapshot not applied", file_id=closing.file_id, state=verdict.state, detail=verdict.detail)
    await end_refresh(unit.connection, closing, verdict.state, verdict.detail)
    if verdict.state != "waits_for_person":
        await forget_fetch(unit.connection, closing.fetch_id)


async def _judge(unit: Unit, file: File | None, closing: AccountsFetched, *, accepted: bool) -> Verdict | Step:
    """What a snapshot changes in its file, or why it must not be applied."""
    if file is None or file.closed or file.tie != (closing.firm_id, closing.connection_id, closing.software_file_id):
        return Verdict("ignored", "the file is tied to another software file by now")
    kinds: Sequence[ReferenceKind] = closing.kinds
    if not file.remapped:
        kinds = await newer_kinds(unit.connection, closing.file_id, closing.kinds, _started_at(closing))
    if not kinds:
        return Verdict("ignored", "a snapshot that began later is applied already")
    parts = await read_parts(unit.connection, closing.fetch_id)
    items = [item for part in parts for item in items_of(part)]
    if problem := _incredible(closing, parts, items):
        return Verdict("failed", problem)
    current = {} if file.remapped else await read_hashes(unit.connection, file.file_id, kinds)
    found = difference(current, [item for item in items if item.key[0] in kinds])
    losses = heavy_losses(current, found.removed)
    if losses and not accepted:
        return Verdict("waits_for_person", f"not in the software any more: {', '.join(losses)}")
    return Step(file, kinds, found)


def _incredible(closing: AccountsFetched, parts: Sequence[dict[str, Any]], items: Sequence[Item]) -> str | None:
    """Why a snapshot cannot be believed, whatever the file holds now."""
    said = closing.closing
    digest = SnapshotHash()
    for part in parts:
        digest.add_values(part)
    if said is None or (len(parts), len(items), digest.hexdigest()) != (said.parts, said.rows, said.sha256):
        return "the parts are not those that the closing record speaks of"
    if repeated := repeated_codes(items):
        return f"{len(repeated)} codes stand in the snapshot twice: {', '.join(repeated[:5])}"
    return None


async def _apply(unit: Unit, step: Step, closing: AccountsFetched) -> None:
    file, full = step.file, step.file.remapped
    if full:
        await forget_rows(unit.connection, file.file_id)
    changes = await apply_difference(unit.connection, file.file_id, file.version + 1, step.difference)
    version = file.version + 1 if changes or full else file.version
    await note_applied(unit.connection, closing, step.kinds, version)
    announce(
        unit,
        file,
        changes,
        from_version=file.version,
        version=version,
        full=full,
        refreshed_at=_started_at(closing),
        kinds=step.kinds,
    )


def _started_at(closing: AccountsFetched) -> datetime:
    if closing.closing is None:
        raise ValueError("only a closed fetch says when it began")
    return closing.closing.started_at


async def full_requested(unit: Unit, records: Sequence[Received[AccountsFullRequested]]) -> None:
    """Say the whole state again for readers that missed a version."""
    for file_id in sorted({record.event.file_id for record in records}):
        file = await lock_file(unit.connection, file_id)
        if file is None or file.version == 0 or file.remapped:
            continue
        fresh = await read_freshness(unit.connection, file_id)
        announce(
            unit,
            file,
            await read_current(unit.connection, file_id),
            from_version=0,
            version=file.version,
            full=True,
            refreshed_at=min(fresh.values()),
            kinds=tuple(fresh),
        )
