"""Batches and their entries: gathered, leased while they are written, ended.

Locks are taken in one order: the table of recalls, then `batches` by id, then `batch_entries`.
"""

import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exports.domain.batch import ENDS, Abandoned, Batch, BatchEntry, BatchState, KeptFile
from qontable.bus import Received
from qontable.database import Connection
from qontable.events.delivery import EntryDispatched
from qontable.events.export import ExportedFile, ExportOpened

PAGE = 500


@dataclass(frozen=True, slots=True)
class LeasedBatch:
    """A whole batch that belongs to the holder of `lease` for a while."""

    batch: Batch
    opened: ExportOpened
    lease: uuid.UUID


async def hold_recalls(connection: Connection) -> None:
    """Keep others from taking orders or recalls in until the transaction ends: so an order finds its recall, whichever
    of the two comes first."""
    await connection.execute("lock table recalls in share row exclusive mode")


async def remember_recalls(connection: Connection, requested: Mapping[str, datetime]) -> None:
    """Keep recalls by delivery."""
    await connection.execute(
        "insert into recalls select * from unnest($1::text[], $2::timestamptz[]) on conflict do nothing",
        list(requested),
        list(requested.values()),
    )


async def recalled_among(connection: Connection, delivery_ids: Collection[str]) -> set[str]:
    """Those of these deliveries that were recalled."""
    rows = await connection.fetch("select delivery_id from recalls where delivery_id = any($1)", list(delivery_ids))
    return {row["delivery_id"] for row in rows}


async def keep_opened(connection: Connection, received: Sequence[Received[ExportOpened]]) -> None:
    """Note what is to be written, and how many entries there are; the first word on a batch holds."""
    for item in sorted(received, key=lambda item: item.event.export_id):
        event = item.event
        await connection.execute(
            """
            insert into batches (export_id, firm_id, file_id, again, size, opened, traceparent, deadline)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (export_id) do update
                set opened = excluded.opened, traceparent = excluded.traceparent, deadline = excluded.deadline
                where batches.opened is null and batches.firm_id = excluded.firm_id
            """,
            event.export_id,
            event.firm_id,
            event.file_id,
            event.order.again,
            event.size,
            event.model_dump(mode="json", exclude_none=True),
            item.traceparent,
            event.deadline,
        )


async def lock_batches(connection: Connection, orders: Sequence[EntryDispatched]) -> dict[str, Batch]:
    """The batches of these orders, locked; one that was not heard of before begins."""
    named = {order.batch.export_id: (order, order.batch) for order in orders if order.batch}
    ids = sorted(named)
    await connection.execute(
        """
        insert into batches (export_id, firm_id, file_id, size, again)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::boolean[])
        on conflict (export_id) do nothing
        """,
        ids,
        [named[export_id][0].firm_id for export_id in ids],
        [named[export_id][0].file_id for export_id in ids],
        [named[export_id][1].size for export_id in ids],
        [named[export_id][1].again for export_id in ids],
    )
    return await fetch_locked(connection, ids)


async def fetch_locked(connection: Connection, export_ids: Collection[str]) -> dict[str, Batch]:
    """These batches, locked."""
    rows = await connection.fetch(
        "select * from batches where export_id = any($1) order by export_id for update", sorted(export_ids)
    )
    return {row["export_id"]: _batch(row) for row in rows}


async def fetch_entries(connection: Connection, delivery_ids: Collection[str]) -> dict[str, BatchEntry]:
    """Those of these deliveries that are known."""
    rows = await connection.fetch(
        """
        select delivery_id, export_id, firm_id, file_id, entry_id, revision, has_documents, documents_sent,
            traceparent, state, version
        from batch_entries where delivery_id = any($1)
        """,
        list(delivery_ids),
    )
    return {row["delivery_id"]: _entry(row) for row in rows}


async def insert_entries(
    connection: Connection, received: Sequence[Received[EntryDispatched]], batches: Mapping[str, Batch]
) -> None:
    """Take new deliveries in, and count them; those of a batch that has ended come back at once.

    An entry that the written file holds under another delivery is in it, whoever has forgotten that.
    """
    orders = [(item, item.event, item.event.batch.export_id) for item in received if item.event.batch]
    await connection.execute(
        """
        with taken as (
            insert into batch_entries (delivery_id, export_id, firm_id, file_id, entry_id, revision, sequence, dispatch,
                has_documents, traceparent, state, version)
            select delivery_id, export_id, firm_id, file_id, entry_id, revision, sequence, dispatch::json,
                has_documents, traceparent, case when new.entry_id in (
                    select w.entry_id from batch_entries w where w.export_id = new.export_id and w.state = 'confirmed'
                ) then 'confirmed' else state end, 1
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::bigint[],
                $8::text[], $9::boolean[], $10::text[], $11::text[])
                as new (delivery_id, export_id, firm_id, file_id, entry_id, revision, sequence, dispatch,
                    has_documents, traceparent, state)
            returning export_id
        )
        update batches set gathered = gathered + new.entries
        from (select export_id, count(*) as entries from taken group by export_id) as new
        where batches.export_id = new.export_id
        """,
        [event.delivery_id for _, event, _ in orders],
        [export_id for _, _, export_id in orders],
        [event.firm_id for _, event, _ in orders],
        [event.file_id for _, event, _ in orders],
        [event.entry.entry_id for _, event, _ in orders],
        [event.entry.revision for _, event, _ in orders],
        [event.sequence for _, event, _ in orders],
        [item.record.value.decode() for item, _, _ in orders],
        [bool(event.documents) for _, event, _ in orders],
        [item.traceparent for item, _, _ in orders],
        ["queued" if batches[export_id].state == "gathering" else "recalled" for _, _, export_id in orders],
    )


async def take_overdue(connection: Connection, now: datetime) -> Batch | None:
    """A batch past its deadline that nobody writes just now, locked."""
    row = await connection.fetchrow(
        """
        select * from batches where state = 'gathering' and deadline <= $1 and coalesce(leased_until, $1) <= $1
        order by began_at limit 1 for update skip locked
        """,
        now,
    )
    return _batch(row) if row else None


async def oldest_open(connection: Connection, now: datetime) -> float:
    """For how many seconds the oldest batch that has not ended has been there; nought where there is none."""
    began = await connection.fetchval("select min(began_at) from batches where state = 'gathering'")
    return (now - began).total_seconds() if began else 0.0


async def lease_whole(connection: Connection, now: datetime, lease: timedelta) -> LeasedBatch | None:
    """The oldest batch that is whole and that nobody writes, for `lease` from now."""
    row = await connection.fetchrow(
        """
        update batches set lease = $2, leased_until = $1::timestamptz + $3::interval
        where export_id = (
            select export_id from batches
            where state = 'gathering' and opened is not null and gathered >= size and coalesce(leased_until, $1) <= $1
            order by leased_until nulls first, began_at limit 1 for update skip locked
        )
        returning *
        """,
        now,
        uuid.uuid4(),
        lease,
    )
    if row is None:
        return None
    return LeasedBatch(_batch(row), ExportOpened.model_validate(row["opened"]), row["lease"])


async def renew_lease(connection: Connection, leased: LeasedBatch, until: datetime) -> bool:
    """Keep a batch for longer; false where it is not the holder's any more."""
    done: str = await connection.execute(
        "update batches set leased_until = $3 where export_id = $1 and lease = $2 and state = 'gathering'",
        leased.batch.export_id,
        leased.lease,
        until,
    )
    return done == "UPDATE 1"


async def is_held(connection: Connection, leased: LeasedBatch) -> bool:
    """Whether the batch is still its holder's; locks its row until the transaction ends."""
    held: bool | None = await connection.fetchval(
        "select true from batches where export_id = $1 and lease = $2 and state = 'gathering' for update",
        leased.batch.export_id,
        leased.lease,
    )
    return bool(held)


async def dispatches(connection: Connection, export_id: str) -> AsyncIterator[list[str]]:
    """The bodies of a batch's dispatches in their sequence, page by page, each on one line.

    Raises `Abandoned` when they are gone: the batch has ended.
    """
    after = -1
    while True:
        rows = await connection.fetch(
            """
            select sequence, dispatch::jsonb::text as dispatch from batch_entries
            where export_id = $1 and sequence > $2 order by sequence limit $3
            """,
            export_id,
            after,
            PAGE,
        )
        if not rows:
            return
        if any(row["dispatch"] is None for row in rows):
            raise Abandoned
        yield [row["dispatch"] for row in rows]
        after = rows[-1]["sequence"]


async def end_entries(
    connection: Connection, export_id: str, state: BatchState, lacking: Collection[str] | None = None
) -> AsyncIterator[list[BatchEntry]]:
    """End the entries of a batch whose row is locked, page by page: in one transaction, so together. Their contents go;
    `entries` has them. Documents went with all but those with the ACK codes `lacking`; without any, with none.
    """
    after = -1
    while True:
        rows = await connection.fetch(
            """
            update batch_entries set state = $2, version = version + 1, dispatch = null,
                documents_sent = has_documents and $2 = 'confirmed'
                    and coalesce(dispatch ->> 'ack_code' <> all($5::text[]), false)
            where delivery_id in (
                select delivery_id from batch_entries
                where export_id = $1 and sequence > $3 and state = 'queued' order by sequence limit $4
            )
            returning *
            """,
            export_id,
            ENDS[state],
            after,
            PAGE,
            None if lacking is None else list(lacking),
        )
        if not rows:
            return
        yield sorted(map(_entry, rows), key=lambda entry: entry.delivery_id)
        after = max(row["sequence"] for row in rows)


async def end_batch(
    connection: Connection, export_id: str, state: BatchState, files: Sequence[KeptFile], now: datetime
) -> Batch:
    """End a batch whose row is locked."""
    row = await connection.fetchrow(
        """
        update batches set state = $2, files = $3, ended_at = $4, lease = null, leased_until = null
        where export_id = $1 returning *
        """,
        export_id,
        state,
        [{**kept.file.model_dump(), "storage_key": kept.storage_key} for kept in files],
        now,
    )
    return _batch(row)


async def find_file(connection: Connection, firm_id: str, export_id: str, name: str) -> KeptFile | None:
    """A file of a batch of this firm."""
    row = await connection.fetchrow(
        """
        select file.value as file from batches, jsonb_array_elements(files) as file
        where export_id = $2 and firm_id = $1 and file.value ->> 'name' = $3
        """,
        firm_id,
        export_id,
        name,
    )
    return KeptFile(ExportedFile.model_validate(row["file"]), row["file"]["storage_key"]) if row else None


def _batch(row: Any) -> Batch:
    return Batch(
        export_id=row["export_id"],
        firm_id=row["firm_id"],
        file_id=row["file_id"],
        again=row["again"],
        state=row["state"],
        opened=ExportOpened.model_validate(row["opened"]) if row["opened"] else None,
        traceparent=row["traceparent"],
    )


def _entry(row: Any) -> BatchEntry:
    return BatchEntry(
        delivery_id=row["delivery_id"],
        export_id=row["export_id"],
        firm_id=row["firm_id"],
        file_id=row["file_id"],
        entry_id=row["entry_id"],
        revision=row["revision"],
        has_documents=row["has_documents"],
        documents_sent=row["documents_sent"],
        traceparent=row["traceparent"],
        state=row["state"],
        version=row["version"],
    )
