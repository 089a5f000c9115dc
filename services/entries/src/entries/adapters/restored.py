"""What a restored database has forgotten of import files, brought back from what others heard (decision 19)."""

from collections.abc import Sequence
from datetime import datetime

from entries.adapters.deliveries import OpenDelivery, request_recalls
from qontable.database import Connection
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportOpened, ExportRequested


async def keep_exports(connection: Connection, opened: Sequence[ExportOpened]) -> None:
    """These exports have chosen their entries: none of them chooses again, should its request come once more."""
    await connection.execute(
        """
        insert into exports (export_id, firm_id, file_id, request, state, due_at, size, deadline)
        select export_id, firm_id, file_id, request, 'over', deadline, size, deadline
        from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::integer[], $6::timestamptz[])
            as new (export_id, firm_id, file_id, request, size, deadline)
        on conflict (export_id) do update set state = 'over', size = excluded.size, deadline = excluded.deadline
            where exports.state = 'requested'
        """,
        [event.export_id for event in opened],
        [event.firm_id for event in opened],
        [event.file_id for event in opened],
        [_request(event).model_dump(mode="json", exclude_none=True) for event in opened],
        [event.size for event in opened],
        [event.deadline for event in opened],
    )


def _request(opened: ExportOpened) -> ExportRequested:
    """The request as far as the opened export tells it: who made it is not said."""
    return ExportRequested(
        export_id=opened.export_id,
        firm_id=opened.firm_id,
        file_id=opened.file_id,
        order=opened.order,
        requested_by="unknown",
        requested_at=opened.requested_at,
    )


async def keep_confirmed(connection: Connection, confirmed: Sequence[EntryDeliveryChanged]) -> None:
    """Keep deliveries that were forgotten and that ended in a written file, and which entries went with them."""
    await connection.execute(
        """
        with kept as (
            insert into deliveries (delivery_id, firm_id, file_id, entry_id, revision, connection_id, software_file_id,
                dispatch, dispatched_at, open, state, version, change)
            select delivery_id, firm_id, file_id, entry_id, revision, connection_id, file_id, '{}', changed_at, false,
                'confirmed', version, change
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[],
                $8::bigint[], $9::jsonb[])
                as new (delivery_id, firm_id, file_id, entry_id, revision, connection_id, changed_at, version, change)
            on conflict (delivery_id) do nothing returning file_id, entry_id, delivery_id, revision
        )
        insert into exported_before (file_id, entry_id, delivery_id, revision)
        select file_id, entry_id, delivery_id, revision from kept on conflict (file_id, entry_id) do nothing
        """,
        [event.delivery_id for event in confirmed],
        [event.firm_id for event in confirmed],
        [event.file_id for event in confirmed],
        [event.entry_id for event in confirmed],
        [event.revision for event in confirmed],
        [event.connection_id for event in confirmed],
        [event.changed_at for event in confirmed],
        [event.version for event in confirmed],
        [event.model_dump(mode="json", exclude_none=True) for event in confirmed],
    )


async def take_up(connection: Connection, now: datetime) -> tuple[int, list[OpenDelivery]]:
    """Note known entries as exported that are; their number, and what of them is open elsewhere, asked back."""
    entries = await connection.fetch(
        """
        with exported as (
            delete from exported_before b using entries e
            where e.file_id = b.file_id and e.entry_id = b.entry_id returning b.*
        )
        update entries set delivery_id = e.delivery_id, accepted_revision = e.revision, check_due = $1
        from exported e
        where entries.file_id = e.file_id and entries.entry_id = e.entry_id and entries.accepted_revision is null
        returning entries.file_id, entries.entry_id
        """,
        now,
    )
    open_ones = await connection.fetch(
        """
        select delivery_id from deliveries
        join unnest($1::text[], $2::text[]) as exported (file_id, entry_id) using (file_id, entry_id) where open
        """,
        [row["file_id"] for row in entries],
        [row["entry_id"] for row in entries],
    )
    return len(entries), await request_recalls(connection, [row["delivery_id"] for row in open_ones], now)


async def count_unseen(connection: Connection) -> int:
    """How many exported entries have still to come."""
    return int(await connection.fetchval("select count(*) from exported_before"))
