"""Import files that were asked for: the requests, and which entries of a client file are meant.

Locks are taken in the house's order: `exports`, `files`, `entries` by key, `deliveries`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from entries.domain.facts import EntryKey
from qontable.bus import Received
from qontable.database import Connection
from qontable.events.export import ExportRequested


@dataclass(frozen=True, slots=True)
class WantedExport:
    """A request whose entries are to be chosen, and its trace."""

    request: ExportRequested
    traceparent: str | None


async def keep_requests(connection: Connection, received: Sequence[Received[ExportRequested]], now: datetime) -> None:
    """Keep requests, each once: what has the same id is the same export."""
    await connection.execute(
        """
        insert into exports (export_id, firm_id, file_id, request, traceparent, due_at)
        select *, $6::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[])
        on conflict (export_id) do nothing
        """,
        [item.event.export_id for item in received],
        [item.event.firm_id for item in received],
        [item.event.file_id for item in received],
        [item.event.model_dump(mode="json", exclude_none=True) for item in received],
        [item.traceparent for item in received],
        now,
    )


async def take_request(connection: Connection, now: datetime) -> WantedExport | None:
    """One request that nobody else holds, its row and its file's locked: no entry of the file is judged meanwhile.

    One whose file is not known yet stays until it is.
    """
    row = await connection.fetchrow(
        """
        select request, traceparent from exports join files using (file_id, firm_id)
        where state = 'requested' and due_at <= $1
        order by due_at, export_id limit 1 for update of exports skip locked
        """,
        now,
    )
    if row is None:
        return None
    wanted = WantedExport(ExportRequested.model_validate(row["request"]), row["traceparent"])
    await connection.execute("select from files where file_id = $1 for update", wanted.request.file_id)
    return wanted


async def postpone_request(connection: Connection, export_id: str, until: datetime) -> None:
    """Look at this request later."""
    await connection.execute("update exports set due_at = $2 where export_id = $1", export_id, until)


async def lock_entries(connection: Connection, request: ExportRequested) -> list[EntryKey]:
    """The entries of the request's file and period that may be meant, locked; in the order in which they arrived.

    Those in the books where it asks for them again, else those that are ready.
    """
    rows = await connection.fetch(
        """
        select e.file_id, e.entry_id, e.arrived from entries e join revisions r using (file_id, entry_id)
        where e.file_id = $1 and r.revision = case when $4 then e.accepted_revision else e.revision end
            and ($4 or (e.accepted_revision is null and e.status = 'ready'))
            and ($2::text is null or r.content ->> 'date' >= $2) and ($3::text is null or r.content ->> 'date' <= $3)
        order by e.file_id, e.entry_id for update of e
        """,
        request.file_id,
        request.order.first,
        request.order.last,
        request.order.again,
    )
    return [(row["file_id"], row["entry_id"]) for row in sorted(rows, key=lambda row: row["arrived"])]


async def count_meant(connection: Connection, request: ExportRequested) -> int:
    """How many entries may be meant."""
    return len(await lock_entries(connection, request))


async def count_others(connection: Connection, request: ExportRequested) -> dict[str, int]:
    """How many entries of the file and period are not ready, and in no books: those to verify, and those on their way.

    None where the export asks for what is in the books.
    """
    rows = await connection.fetch(
        """
        select case e.status when 'sending' then 'under_way' else 'to_verify' end as reason, count(*) as entries
        from entries e join revisions r using (file_id, entry_id, revision)
        where e.file_id = $1 and not $4 and e.accepted_revision is null and e.status in ('sending', 'to_verify')
            and ($2::text is null or r.content ->> 'date' >= $2) and ($3::text is null or r.content ->> 'date' <= $3)
        group by reason
        """,
        request.file_id,
        request.order.first,
        request.order.last,
        request.order.again,
    )
    return {row["reason"]: row["entries"] for row in rows}


async def open_export(connection: Connection, export_id: str, size: int, deadline: datetime) -> bool:
    """The entries of this export are chosen; false where they were before."""
    done: str = await connection.execute(
        """
        update exports set state = 'open', size = $2, deadline = $3
        where export_id = $1 and state = 'requested'
        """,
        export_id,
        size,
        deadline,
    )
    return done == "UPDATE 1"


async def set_under_way(connection: Connection, deliveries: dict[EntryKey, str], now: datetime) -> None:
    """These entries have these deliveries, and are looked at again for it. Their rows are locked."""
    await connection.execute(
        """
        update entries set delivery_id = new.delivery_id, check_due = $4
        from unnest($1::text[], $2::text[], $3::text[]) as new (file_id, entry_id, delivery_id)
        where entries.file_id = new.file_id and entries.entry_id = new.entry_id
        """,
        [file_id for file_id, _ in deliveries],
        [entry_id for _, entry_id in deliveries],
        list(deliveries.values()),
        now,
    )


async def end_overdue(connection: Connection, now: datetime) -> tuple[str, list[str]] | None:
    """One export past its deadline: its deliveries that are still open, their entries locked."""
    export_id = await connection.fetchval(
        "select export_id from exports where state = 'open' and deadline <= $1 limit 1 for update skip locked", now
    )
    if export_id is None:
        return None
    await connection.execute("update exports set state = 'over' where export_id = $1", export_id)
    rows = await connection.fetch(
        """
        select d.delivery_id from entries e join deliveries d using (file_id, entry_id)
        where d.export_id = $1 and d.open order by e.file_id, e.entry_id for update of e
        """,
        export_id,
    )
    return export_id, [row["delivery_id"] for row in rows]
