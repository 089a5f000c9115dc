"""The read model of entries: what was said of them last, everything that was said before, and every try."""

from collections.abc import Sequence
from typing import Any

from hub.adapters.batch import columns, json_list, latest
from hub.domain.entry import cause_of, read_summary
from qontable.database import Connection as Db
from qontable.events.delivery import EntryAttempted, EntryStatusChanged


async def keep_statuses(db: Db, events: Sequence[EntryStatusChanged]) -> None:
    """Keep the highest version of each entry.

    Rows are written in the order of their keys, in which `note_verifications` holds them: two transactions that meet
    on several entries wait for each other at the first, and for no other.
    """
    kept = latest(events, _key, lambda event: event.version)
    await db.execute(
        """
        insert into entry (
            firm_id, file_id, entry_id, version, revision, status, detail, waiting_for, findings, message, cause,
            delivery_id, delivery_state, documents, software_entry_id, open_difference, cuts, summary, changed_at,
            kind, journal, entry_date, label, amount, currency, document_number, invoice_number, third_party
        )
        select * from unnest(
            $1::text[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::text[], $8::jsonb[],
            $9::jsonb[], $10::jsonb[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::boolean[],
            $17::jsonb[], $18::jsonb[], $19::timestamptz[], $20::text[], $21::text[], $22::date[], $23::text[],
            $24::numeric[], $25::text[], $26::text[], $27::text[], $28::text[]
        )
        on conflict (firm_id, file_id, entry_id) do update set
            version = excluded.version, revision = excluded.revision, status = excluded.status,
            detail = excluded.detail, waiting_for = excluded.waiting_for, findings = excluded.findings,
            message = excluded.message, cause = excluded.cause, delivery_id = excluded.delivery_id,
            delivery_state = excluded.delivery_state, documents = excluded.documents,
            software_entry_id = excluded.software_entry_id, open_difference = excluded.open_difference,
            cuts = excluded.cuts, summary = excluded.summary, changed_at = excluded.changed_at, kind = excluded.kind,
            journal = excluded.journal, entry_date = excluded.entry_date, label = excluded.label,
            amount = excluded.amount, currency = excluded.currency, document_number = excluded.document_number,
            invoice_number = excluded.invoice_number, third_party = excluded.third_party
        where entry.version < excluded.version
        """,
        *columns([_status(event) for event in sorted(kept, key=_key)]),
    )


async def keep_history(db: Db, events: Sequence[EntryStatusChanged]) -> None:
    """Keep everything that was said, each version once."""
    await db.execute(
        """
        insert into entry_history (firm_id, file_id, entry_id, version, revision, status, said, changed_at)
        select * from unnest(
            $1::text[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::jsonb[], $8::timestamptz[]
        )
        on conflict do nothing
        """,
        *columns([_moment(event) for event in events]),
    )


async def keep_attempts(db: Db, events: Sequence[EntryAttempted]) -> None:
    """Keep every try once."""
    await db.execute(
        """
        insert into entry_attempt (
            firm_id, file_id, entry_id, delivery_id, attempt, operation, revision, outcome, http_status, request_id,
            request_sha256, payload_key, message, started_at, finished_at
        )
        select * from unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::integer[], $8::text[],
            $9::integer[], $10::text[], $11::text[], $12::text[], $13::jsonb[], $14::timestamptz[], $15::timestamptz[]
        )
        on conflict do nothing
        """,
        *columns([_attempt(event) for event in events]),
    )


def _key(event: EntryStatusChanged) -> tuple[str, str, str]:
    return event.firm_id, event.file_id, event.entry_id


def _status(event: EntryStatusChanged) -> tuple[Any, ...]:
    shown = read_summary(event.summary)
    return (
        event.firm_id,
        event.file_id,
        event.entry_id,
        event.version,
        event.revision,
        event.status,
        event.detail,
        json_list(event.waiting_for),
        json_list([finding.model_dump() for finding in event.findings]),
        event.message.model_dump() if event.message else None,
        cause_of(event),
        event.delivery_id,
        event.delivery_state,
        event.documents,
        event.software_entry_id,
        event.open_difference,
        json_list([cut.model_dump() for cut in event.cuts]),
        event.summary,
        event.changed_at,
        shown.kind,
        shown.journal,
        shown.date,
        shown.label,
        shown.amount,
        shown.currency,
        shown.document_number,
        shown.invoice_number,
        shown.third_party,
    )


_NOT_SAID = frozenset({"firm_id", "file_id", "entry_id", "version", "revision", "status", "changed_at", "summary"})


def _moment(event: EntryStatusChanged) -> tuple[Any, ...]:
    said = event.model_dump(exclude=set(_NOT_SAID), exclude_defaults=True)
    return *_key(event), event.version, event.revision, event.status, said, event.changed_at


def _attempt(event: EntryAttempted) -> tuple[Any, ...]:
    return (
        event.firm_id,
        event.file_id,
        event.entry_id,
        event.delivery_id,
        event.attempt,
        event.operation,
        event.revision,
        event.outcome,
        event.http_status,
        event.request_id,
        event.request_sha256,
        event.payload_key,
        event.message.model_dump() if event.message else None,
        event.started_at,
        event.finished_at,
    )
