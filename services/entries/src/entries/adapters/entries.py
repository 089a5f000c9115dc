"""Entry rows as evaluation claims them and leaves them.

Locks are taken in one order everywhere: `issued_codes` or `files`, then `entries` by key, then `documents` and
`deliveries`. Whoever changes a fact about an entry locks the entry first, so evaluation never decides on half of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from entries.domain.facts import DeliveryFacts, EntryFacts, EntryKey, columns
from qontable.database import Connection
from qontable.events.delivery import EntryDeliveryChanged


@dataclass(frozen=True, slots=True)
class Standing:
    """What an entry's row becomes. Without `visible` nothing that anyone sees has changed."""

    key: EntryKey
    revision: int
    status: str
    visible: dict[str, Any] | None
    version: int
    check_due: datetime | None
    returned_revision: int
    accepted_revision: int | None
    delivery_id: str | None


async def claim_due(connection: Connection, now: datetime, limit: int) -> list[EntryFacts]:
    """Entries to be looked at, locked together with a share of their files; what others hold is left to them."""
    files = await connection.fetch(
        """
        select file_id from files where file_id in (
            select file_id from entries where check_due <= $1 order by check_due, arrived limit $2
        )
        order by file_id for share skip locked
        """,
        now,
        limit,
    )
    claimed = await connection.fetch(
        """
        select file_id, entry_id from entries where check_due <= $1 and file_id = any($3)
        order by check_due, arrived limit $2 for update skip locked
        """,
        now,
        limit,
        [row["file_id"] for row in files],
    )
    return await fetch_facts(connection, [(row["file_id"], row["entry_id"]) for row in claimed])


async def fetch_facts(connection: Connection, keys: Sequence[EntryKey]) -> list[EntryFacts]:
    """The rows of these entries, which the caller has locked, in the order in which they arrived.

    A statement of its own, after the lock: it sees what was committed while the lock was awaited.
    """
    if not keys:
        return []
    rows = await connection.fetch(
        """
        select e.*, r.traceparent, r.content_bytes, d.revision as delivery_revision, d.open, d.state,
            d.recall_requested_at, d.recall_too_late, d.change
        from entries e
        join unnest($1::text[], $2::text[]) as claimed (file_id, entry_id) using (file_id, entry_id)
        left join revisions r using (file_id, entry_id, revision)
        left join deliveries d using (delivery_id)
        order by e.arrived
        """,
        *columns(keys),
    )
    return [_facts(row) for row in rows]


async def postpone(connection: Connection, key: EntryKey, until: datetime) -> None:
    """Look at this entry later."""
    await connection.execute("update entries set check_due = $3 where file_id = $1 and entry_id = $2", *key, until)


async def save_standings(connection: Connection, standings: Sequence[Standing], now: datetime) -> None:
    """Write what was decided, and the history of what changed before anyone's eyes."""
    await connection.execute(
        """
        with standing as (
            select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[],
                $7::integer[], $8::integer[], $9::text[], $10::integer[])
                as standing (file_id, entry_id, status, visible, version, check_due, returned_revision,
                    accepted_revision, delivery_id, revision)
        ), saved as (
            update entries set status = new.status, visible = coalesce(new.visible::jsonb, entries.visible),
                version = new.version, changed_at = case when new.visible is null then entries.changed_at else $11 end,
                check_due = new.check_due, returned_revision = new.returned_revision,
                accepted_revision = new.accepted_revision, delivery_id = new.delivery_id
            from standing as new
            where entries.file_id = new.file_id and entries.entry_id = new.entry_id
        )
        insert into status_history (file_id, entry_id, version, revision, status, visible, changed_at)
        select file_id, entry_id, version, revision, status, visible::jsonb, $11 from standing
        where visible is not null
        """,
        *columns([standing.key for standing in standings]),
        [standing.status for standing in standings],
        [orjson.dumps(standing.visible).decode() if standing.visible is not None else None for standing in standings],
        [standing.version for standing in standings],
        [standing.check_due for standing in standings],
        [standing.returned_revision for standing in standings],
        [standing.accepted_revision for standing in standings],
        [standing.delivery_id for standing in standings],
        [standing.revision for standing in standings],
        now,
    )


def _facts(row: Any) -> EntryFacts:
    return EntryFacts(
        firm_id=row["firm_id"],
        file_id=row["file_id"],
        entry_id=row["entry_id"],
        arrived=row["arrived"],
        ack_code=row["ack_code"],
        revision=row["revision"],
        undone_revision=row["undone_revision"],
        unread_revision=row["unread_revision"],
        returned_revision=row["returned_revision"],
        accepted_revision=row["accepted_revision"],
        duplicate_key=row["duplicate_key"],
        duplicate_answer=row["duplicate_answer"],
        creation_allowed_revision=row["creation_allowed_revision"],
        status=row["status"],
        visible=row["visible"],
        version=row["version"],
        content_bytes=row["content_bytes"] or 0,
        traceparent=row["traceparent"],
        delivery=_delivery_facts(row) if row["delivery_id"] else None,
    )


def _delivery_facts(row: Any) -> DeliveryFacts:
    return DeliveryFacts(
        delivery_id=row["delivery_id"],
        revision=row["delivery_revision"],
        open=row["open"],
        state=row["state"],
        recall_requested=row["recall_requested_at"] is not None,
        recall_too_late=row["recall_too_late"],
        change=EntryDeliveryChanged.model_validate(row["change"]) if row["change"] else None,
    )
