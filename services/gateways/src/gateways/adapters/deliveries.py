"""The table of deliveries: rows in, rows locked, rows written back whole, each with one statement per batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from gateways.adapters.lanes import STANDS_STILL
from gateways.domain.delivery import Delivery
from qontable.database import Connection
from qontable.entry import EntryRef
from qontable.events.delivery import Cut, EntryDispatched, SoftwareMessage

_COLUMNS = """
    d.delivery_id, d.firm_id, d.file_id, d.entry_id, d.revision, d.connector, d.connection_id, d.software_file,
    d.sequence, d.state, d.version, d.queued_at, d.changed_at, d.due_at, d.document_state, d.software_entry_id,
    d.message, d.cuts, d.handle, d.attempts, d.failures, d.failing_since, d.absences, d.settled_at, d.orphan_slot,
    d.orphan_run, d.recall_requested, d.contradictions, d.traceparent, d.handed_over_at, d.batch, d.refusal
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A delivery that is due, with what was dispatched."""

    delivery: Delivery
    dispatch: str

    def dispatched(self) -> EntryDispatched:
        """The event as it came. Raises `pydantic.ValidationError`."""
        return EntryDispatched.model_validate_json(self.dispatch)


async def insert(connection: Connection, deliveries: Sequence[Delivery], dispatches: Sequence[str]) -> None:
    """Add rows; a delivery that is there already stays as it is."""
    await connection.execute(
        """
        insert into deliveries (
            delivery_id, firm_id, file_id, entry_id, revision, connector, connection_id, software_file, sequence,
            state, version, queued_at, changed_at, due_at, failing_since, settled_at, recall_requested, message,
            dispatch, traceparent
        )
        select delivery_id, firm_id, file_id, entry_id, revision, connector, connection_id, software_file, sequence,
               state, version, queued_at, changed_at, due_at, failing_since, settled_at, recall_requested, message,
               dispatch::json, traceparent
        from unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::text[], $11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
            $15::timestamptz[], $16::timestamptz[], $17::boolean[], $18::jsonb[], $19::text[], $20::text[]
        ) as new (
            delivery_id, firm_id, file_id, entry_id, revision, connector, connection_id, software_file, sequence,
            state, version, queued_at, changed_at, due_at, failing_since, settled_at, recall_requested, message,
            dispatch, traceparent
        )
        on conflict (delivery_id) do nothing
        """,
        *_arrays(
            deliveries,
            "delivery_id firm_id file_id entry_id revision connector connection_id software_file sequence state"
            " version queued_at changed_at due_at failing_since settled_at recall_requested",
        ),
        [_json(delivery.message) for delivery in deliveries],
        dispatches,
        [delivery.traceparent for delivery in deliveries],
    )


async def by_ids(connection: Connection, delivery_ids: Collection[str]) -> dict[str, Delivery]:
    """The deliveries that exist, without locking them."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from deliveries d where d.delivery_id = any($1)",  # noqa: S608
        list(delivery_ids),
    )
    return {row["delivery_id"]: _delivery(row) for row in rows}


async def lock(connection: Connection, delivery_ids: Collection[str]) -> dict[str, Delivery]:
    """The deliveries that exist, locked until the transaction ends; `owner_dead` as the slots say now."""
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}, s.run is not null as owner_dead
        from deliveries d
        left join slots s on s.slot = d.orphan_slot and s.run <> d.orphan_run
        where d.delivery_id = any($1)
        order by d.delivery_id
        for update of d
        """,  # noqa: S608
        list(delivery_ids),
    )
    return {row["delivery_id"]: replace(_delivery(row), owner_dead=row["owner_dead"]) for row in rows}


async def parked_on(connection: Connection, lanes: Mapping[str, str]) -> list[str]:
    """The parked deliveries of these connections, each of the firm named beside it."""
    rows = await connection.fetch(
        """
        select delivery_id from deliveries
        join unnest($1::text[], $2::text[]) as wanted (connection_id, firm_id) using (connection_id, firm_id)
        where state = 'parked'
        """,
        list(lanes),
        list(lanes.values()),
    )
    return [row["delivery_id"] for row in rows]


async def standing(connection: Connection, entries: Collection[EntryRef]) -> dict[EntryRef, Delivery]:
    """The delivery of each entry that is open or that brought it into the books: there is at most one."""
    refs = list(entries)
    rows = await connection.fetch(
        f"""
        select {_COLUMNS} from deliveries d
        join unnest($1::text[], $2::text[], $3::text[]) as wanted (firm_id, file_id, entry_id)
            using (firm_id, file_id, entry_id)
        where d.state not in ('rejected', 'recalled')
        """,  # noqa: S608
        [ref.firm_id for ref in refs],
        [ref.file_id for ref in refs],
        [ref.entry_id for ref in refs],
    )
    return {EntryRef(row["firm_id"], row["file_id"], row["entry_id"]): _delivery(row) for row in rows}


async def write(connection: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Write states back under the next version; the rows are locked by the caller. Returns them as written."""
    written = [replace(delivery, version=delivery.version + 1) for delivery in deliveries]
    await connection.execute(
        """
        update deliveries as d set
            state = new.state, version = new.version, queued_at = new.queued_at, changed_at = new.changed_at,
            due_at = new.due_at, document_state = new.document_state, software_entry_id = new.software_entry_id,
            handle = new.handle, attempts = new.attempts, failures = new.failures, failing_since = new.failing_since,
            absences = new.absences, settled_at = new.settled_at, orphan_slot = new.orphan_slot,
            orphan_run = new.orphan_run, recall_requested = new.recall_requested, message = new.message,
            contradictions = new.contradictions, cuts = new.cuts::jsonb, handed_over_at = new.handed_over_at,
            batch = new.batch, refusal = new.refusal
        from unnest(
            $1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[],
            $8::text[], $9::text[], $10::int[], $11::int[], $12::timestamptz[], $13::int[], $14::timestamptz[],
            $15::text[], $16::uuid[], $17::boolean[], $18::int[], $19::timestamptz[], $20::int[], $21::jsonb[],
            $22::text[], $23::jsonb[]
        ) as new (
            delivery_id, state, version, queued_at, changed_at, due_at, document_state, software_entry_id, handle,
            attempts, failures, failing_since, absences, settled_at, orphan_slot, orphan_run, recall_requested,
            contradictions, handed_over_at, batch, message, cuts, refusal
        )
        where d.delivery_id = new.delivery_id
        """,
        *_arrays(
            written,
            "delivery_id state version queued_at changed_at due_at document_state software_entry_id handle attempts"
            " failures failing_since absences settled_at orphan_slot orphan_run recall_requested contradictions"
            " handed_over_at batch",
        ),
        [_json(delivery.message) for delivery in written],
        [orjson.dumps([cut.model_dump() for cut in delivery.cuts]).decode() for delivery in written],
        [_json(delivery.refusal) for delivery in written],
    )
    return written


async def pick_queued(
    connection: Connection, connection_id: str, *, busy: Collection[str], files: int, per_file: int, most: int
) -> list[Work]:
    """At most `most` due entries of at most `files` files that are not `busy`, the longest waiting files first.

    They come file by file in sequence; no due entry of a file is left out before or between those that came. What is
    not due, because it waits for another try or is in doubt, is passed over.
    """
    rows = await connection.fetch(
        f"""
        with waiting as (
            select file_id from deliveries
            where connection_id = $1 and state = 'queued' and due_at <= now() and file_id <> all($2)
            group by file_id order by min(due_at), file_id limit $3
        )
        select {_COLUMNS}, d.dispatch::text as dispatch
        from waiting cross join lateral (
            select *, row_number() over (order by sequence) as place from deliveries
            where connection_id = $1 and state = 'queued' and due_at <= now() and file_id = waiting.file_id
            order by sequence limit $4
        ) d
        order by d.place, d.file_id limit $5
        """,  # noqa: S608
        connection_id,
        list(busy),
        files,
        per_file,
        most,
    )
    works = [Work(_delivery(row), row["dispatch"]) for row in rows]
    return sorted(works, key=lambda work: (work.delivery.file_id, work.delivery.sequence))


async def work_of(connection: Connection, delivery_id: str) -> Work | None:
    """A delivery with what was dispatched, whatever its state."""
    row = await connection.fetchrow(
        f"select {_COLUMNS}, d.dispatch::text as dispatch from deliveries d where d.delivery_id = $1",  # noqa: S608
        delivery_id,
    )
    return Work(_delivery(row), row["dispatch"]) if row else None


async def pick_asked(connection: Connection, connection_id: str, *, busy: Collection[str], most: int) -> list[Work]:
    """Deliveries that the software has to be asked about now, the longest waiting first."""
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}, d.dispatch::text as dispatch from deliveries d
        where connection_id = $1 and due_at <= now() and state in ('unknown', 'handed_over')
            and delivery_id <> all($2)
        order by due_at, delivery_id limit $3
        """,  # noqa: S608
        connection_id,
        list(busy),
        most,
    )
    return [Work(_delivery(row), row["dispatch"]) for row in rows]


async def expired(connection: Connection, connection_id: str, failing_since: datetime, cutoff: datetime) -> list[str]:
    """Queued deliveries that waited for a failing software since `cutoff` or longer, each by its own time."""
    rows = await connection.fetch(
        """
        select delivery_id from deliveries
        where connection_id = $1 and state = 'queued'
            and (failing_since <= $3 or greatest(queued_at, $2) <= $3)
        """,
        connection_id,
        failing_since,
        cutoff,
    )
    return [row["delivery_id"] for row in rows]


async def unasked(connection: Connection, connectors: Collection[str], cutoff: datetime, most: int) -> list[str]:
    """Deliveries that may be in the books, on lanes that stand still, about which nobody could ask since `cutoff`."""
    rows = await connection.fetch(
        f"""
        select d.delivery_id from deliveries d join lanes using (connection_id)
        where d.connector = any($1) and d.state in ('sending', 'unknown', 'handed_over') and d.due_at <= $2
            and {STANDS_STILL}
        order by d.due_at limit $3
        """,  # noqa: S608
        list(connectors),
        cutoff,
        most,
    )
    return [row["delivery_id"] for row in rows]


async def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Number of deliveries that are not closed, by connector and state."""
    rows = await connection.fetch(
        """
        select connector, state, count(*) as number from deliveries
        where state not in ('confirmed', 'rejected', 'recalled') group by connector, state
        """
    )
    return {(row["connector"], row["state"]): row["number"] for row in rows}


def _delivery(row: asyncpg.Record) -> Delivery:
    values = {name: row[name] for name in _PLAIN}
    cuts = tuple(Cut.model_validate(cut) for cut in row["cuts"])
    return Delivery(**values, message=_message(row["message"]), refusal=_message(row["refusal"]), cuts=cuts)


def _message(stored: Mapping[str, Any] | None) -> SoftwareMessage | None:
    return SoftwareMessage.model_validate(stored) if stored else None


def _arrays(deliveries: Iterable[Delivery], names: str) -> list[list[Any]]:
    rows = list(deliveries)
    return [[getattr(delivery, name) for delivery in rows] for name in names.split()]


def _json(message: SoftwareMessage | None) -> dict[str, Any] | None:
    return message.model_dump(exclude_none=True) if message else None


_PLAIN = tuple(
    name
    for column in _COLUMNS.split(",")
    if (name := column.strip().removeprefix("d.")) not in ("message", "cuts", "refusal")
)
