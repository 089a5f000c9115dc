"""Deliveries as entries sees them: what left, under which key and sequence, and what a gateway last said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qontable.database import Connection
from qontable.events.delivery import OPEN_DELIVERY_STATES, EntryDeliveryChanged, EntryDispatched

CONTENT = {"entry"}
"""What a delivery row leaves to the revision's row."""


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """A delivery that is not closed: whom to tell about it."""

    delivery_id: str
    firm_id: str
    file_id: str
    entry_id: str
    revision: int
    connector: str
    connection_id: str
    dispatch: dict[str, Any]
    issue: int
    traceparent: str | None


async def next_sequences(connection: Connection, leaving: Mapping[str, int]) -> dict[str, int]:
    """Reserve a run of sequence numbers per file (file → how many); the first of each run."""
    files = sorted(leaving)
    rows = await connection.fetch(
        """
        insert into sequences (file_id, last) select * from unnest($1::text[], $2::bigint[])
        on conflict (file_id) do update set last = sequences.last + excluded.last
        returning file_id, last
        """,
        files,
        [leaving[file_id] for file_id in files],
    )
    return {row["file_id"]: row["last"] - leaving[row["file_id"]] + 1 for row in rows}


async def insert_deliveries(
    connection: Connection, dispatched: Sequence[tuple[EntryDispatched, str | None]], acknowledge_by: datetime
) -> None:
    """Open deliveries, each with its trace. A second open delivery of an entry is refused by the table."""
    events = [event for event, _ in dispatched]
    await connection.execute(
        """
        insert into deliveries (delivery_id, firm_id, file_id, entry_id, revision, connection_id, software_file_id,
            dispatch, dispatched_at, traceparent, export_id, acknowledge_by)
        select delivery_id, firm_id, file_id, entry_id, revision, connection_id, software_file_id,
            dispatch::jsonb, dispatched_at, traceparent, export_id, $12
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[],
            $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::text[])
            as new (delivery_id, firm_id, file_id, entry_id, revision, connection_id, software_file_id, dispatch,
                dispatched_at, traceparent, export_id)
        """,
        [event.delivery_id for event in events],
        [event.firm_id for event in events],
        [event.file_id for event in events],
        [event.entry.entry_id for event in events],
        [event.entry.revision for event in events],
        [event.connection_id for event in events],
        [event.software_file for event in events],
        [event.model_dump_json(exclude=CONTENT) for event in events],
        [event.dispatched_at for event in events],
        [traceparent for _, traceparent in dispatched],
        [event.batch.export_id if event.batch else None for event in events],
        acknowledge_by,
    )


async def save_states(connection: Connection, events: Sequence[EntryDeliveryChanged]) -> None:
    """Note the states that are told, at most one event per delivery; older versions change nothing.

    Version 0 is said of deliveries of which no gateway has spoken yet, and holds until one does.
    """
    await connection.execute(
        """
        update deliveries set version = new.version, acknowledge_by = null, state = new.state, change = new.change,
            open = new.state = any($5)
        from unnest($1::text[], $2::bigint[], $3::text[], $4::jsonb[]) as new (delivery_id, version, state, change)
        where deliveries.delivery_id = new.delivery_id
            and (deliveries.version < new.version or (deliveries.version = 0 and new.version = 0))
        """,
        [event.delivery_id for event in events],
        [event.version for event in events],
        [event.state for event in events],
        [event.model_dump(mode="json", exclude_none=True) for event in events],
        OPEN_DELIVERY_STATES,
    )


async def note_too_late(connection: Connection, delivery_ids: Sequence[str]) -> None:
    """The recall of these deliveries did not come in time."""
    await connection.execute(
        "update deliveries set recall_too_late = true, acknowledge_by = null where delivery_id = any($1)", delivery_ids
    )


async def fetch_known(connection: Connection, delivery_ids: Sequence[str]) -> set[str]:
    """Those of these deliveries that exist."""
    rows = await connection.fetch("select delivery_id from deliveries where delivery_id = any($1)", delivery_ids)
    return {row["delivery_id"] for row in rows}


async def note_accepted(connection: Connection, delivery_ids: Sequence[str]) -> None:
    """Entries whose delivery was confirmed are in the books with that revision."""
    await connection.execute(
        """
        update entries set accepted_revision = d.revision from deliveries d
        where d.delivery_id = any($1) and d.state = 'confirmed' and entries.delivery_id = d.delivery_id
            and entries.file_id = d.file_id and entries.entry_id = d.entry_id
        """,
        delivery_ids,
    )


async def request_recalls(connection: Connection, delivery_ids: Sequence[str], now: datetime) -> list[OpenDelivery]:
    """Ask for these open deliveries back, once each."""
    rows = await connection.fetch(
        """
        update deliveries set recall_requested_at = $2
        where delivery_id = any($1) and open and recall_requested_at is null returning *
        """,
        delivery_ids,
        now,
    )
    return [_open(row) for row in rows]


async def request_untied(connection: Connection, file_ids: Sequence[str], now: datetime) -> list[OpenDelivery]:
    """Ask for open deliveries of these files back whose tie to the software file does not hold any more, once each.

    What leaves in an import file is tied to none.
    """
    await _lock_delivering(connection, file_ids)
    rows = await connection.fetch(
        """
        update deliveries d set recall_requested_at = $2
        from integrations i left join connections c using (connection_id)
        where d.file_id = any($1) and i.file_id = d.file_id and d.open and d.export_id is null
            and d.recall_requested_at is null and (not i.active or not coalesce(c.enabled, true)
                or (i.connection_id, i.software_file_id) is distinct from (d.connection_id, d.software_file_id))
        returning d.*
        """,
        file_ids,
        now,
    )
    return [_open(row) for row in rows]


async def _lock_delivering(connection: Connection, file_ids: Sequence[str]) -> None:
    """Lock the entries of these files that have an open delivery, before the deliveries themselves are touched."""
    await connection.execute(
        """
        select from entries e
        where file_id = any($1) and exists (
            select from deliveries d where d.file_id = e.file_id and d.entry_id = e.entry_id and d.open
        )
        order by file_id, entry_id for update
        """,
        file_ids,
    )


async def fetch_silent(connection: Connection, now: datetime, issues: int, limit: int) -> list[OpenDelivery]:
    """Deliveries that were issued so often, and of which no gateway has spoken in time all the same.

    Not those of import files, about which a person cannot answer: a batch has its own deadline.
    """
    rows = await connection.fetch(
        """
        select * from deliveries where open and acknowledge_by <= $1 and issue >= $2 and export_id is null
        order by acknowledge_by limit $3
        """,
        now,
        issues,
        limit,
    )
    return [_open(row) for row in rows]


async def reissue_unacknowledged(
    connection: Connection, now: datetime, acknowledge_by: datetime, issues: int, limit: int
) -> list[OpenDelivery]:
    """Deliveries that no gateway has spoken of in time, to be issued again under the same key, `issues` times at most.

    Those whose entry somebody else holds have their turn later.
    """
    rows = await connection.fetch(
        """
        update deliveries set issue = issue + 1, acknowledge_by = $2
        where delivery_id in (
            select d.delivery_id from deliveries d join entries e using (file_id, entry_id)
            where d.open and d.acknowledge_by <= $1 and d.issue < $4
            order by d.acknowledge_by limit $3 for update of e, d skip locked
        ) and open and acknowledge_by <= $1
        returning *
        """,
        now,
        acknowledge_by,
        limit,
        issues,
    )
    return [_open(row) for row in rows]


def _open(row: Any) -> OpenDelivery:
    return OpenDelivery(
        delivery_id=row["delivery_id"],
        firm_id=row["firm_id"],
        file_id=row["file_id"],
        entry_id=row["entry_id"],
        revision=row["revision"],
        connector=row["dispatch"]["connector"],
        connection_id=row["connection_id"],
        dispatch=row["dispatch"],
        issue=row["issue"],
        traceparent=row["traceparent"],
    )
