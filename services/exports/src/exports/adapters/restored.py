"""Batches that a restored database has forgotten, brought back as the topics tell of them (decision 19)."""

from collections.abc import Sequence

from exports.adapters import batches
from exports.adapters.depot import key_of
from exports.domain.batch import ENDS
from qontable.database import Connection
from qontable.events.delivery import EntryDispatched
from qontable.events.export import ExportCompleted, ExportOpened


async def keep_ended(connection: Connection, ended: ExportCompleted, opened: ExportOpened | None) -> bool:
    """Note how a batch ended, with its files; false where that is known. Its entries were told."""
    files = [{**file.model_dump(), "storage_key": key_of(ended.firm_id, file.sha256)} for file in ended.files]
    done = await connection.fetchval(
        """
        insert into batches (export_id, firm_id, file_id, again, size, opened, deadline, state, files, ended_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (export_id) do update set state = excluded.state, files = excluded.files,
            ended_at = excluded.ended_at, opened = coalesce(batches.opened, excluded.opened), lease = null,
            leased_until = null
            where batches.state = 'gathering' and batches.firm_id = excluded.firm_id
        returning true
        """,
        ended.export_id,
        ended.firm_id,
        ended.file_id,
        opened is not None and opened.order.again,
        opened.size if opened else ended.entries,
        opened.model_dump(mode="json", exclude_none=True) if opened else None,
        opened.deadline if opened else None,
        ended.outcome,
        files,
        ended.completed_at,
    )
    async for _ in batches.end_entries(connection, ended.export_id, ended.outcome):
        pass
    return bool(done)


async def keep_forgotten(connection: Connection, opened: ExportOpened) -> bool:
    """A batch that never ended, and that nobody here has heard of; false where it is known."""
    done: str = await connection.execute(
        """
        insert into batches (export_id, firm_id, file_id, again, size, opened, deadline)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (export_id) do nothing
        """,
        opened.export_id,
        opened.firm_id,
        opened.file_id,
        opened.order.again,
        opened.size,
        opened.model_dump(mode="json", exclude_none=True),
        opened.deadline,
    )
    return done == "INSERT 0 1"


async def keep_entries(connection: Connection, orders: Sequence[EntryDispatched]) -> None:
    """Which entries a batch had that has ended, as they were told: at their second version."""
    named = [(order, order.batch.export_id) for order in orders if order.batch]
    await connection.execute(
        """
        with taken as (
            insert into batch_entries (delivery_id, export_id, firm_id, file_id, entry_id, revision, sequence,
                has_documents, state, version)
            select delivery_id, export_id, firm_id, file_id, entry_id, revision, sequence, has_documents,
                $9::jsonb ->> b.state, 2
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::bigint[],
                $8::boolean[])
                as new (delivery_id, export_id, firm_id, file_id, entry_id, revision, sequence, has_documents)
            join batches b using (export_id, firm_id, file_id) where b.state <> 'gathering'
            on conflict do nothing returning export_id
        )
        update batches set gathered = gathered + new.entries
        from (select export_id, count(*) as entries from taken group by export_id) as new
        where batches.export_id = new.export_id
        """,
        [order.delivery_id for order, _ in named],
        [export_id for _, export_id in named],
        [order.firm_id for order, _ in named],
        [order.file_id for order, _ in named],
        [order.entry.entry_id for order, _ in named],
        [order.entry.revision for order, _ in named],
        [order.sequence for order, _ in named],
        [bool(order.documents) for order, _ in named],
        ENDS,
    )
