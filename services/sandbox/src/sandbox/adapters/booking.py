"""Writes entries and documents into the books, and reads them back. What is committed is durable."""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
import orjson

from qontable.database import Connection
from sandbox.domain.books import (
    BookedDocument,
    BookedEntry,
    BookedLine,
    NewDocument,
    NewEntry,
    NewLine,
    ReferenceTaken,
    Share,
)

_UNIQUE = "booked_entries_unique_reference"


async def book(connection: Connection, entry: NewEntry) -> int:
    """Book an entry with its lines and documents in one statement; the vendor's id of it.

    Raises `ReferenceTaken` where the reference has to be unique and is not. Of two callers at once, one gets it.
    """
    try:
        return int(
            await connection.fetchval(
                _BOOK,
                *_entry_values(entry),
                *_line_columns(entry),
                *_documents(entry),
                entry.label,
                entry.hidden_seconds,
                [line.general for line in entry.lines],
            )
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != _UNIQUE:
            raise
        raise ReferenceTaken(entry.reference) from None


_BOOK = """
with entry as (
    insert into booked_entries (software_file_id, pending, reference, unique_reference, journal_id, date, metadata,
                                comment, label, shown_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $24, now() + make_interval(secs => $25)) returning id
), lines as (
    insert into booked_lines (entry_id, number, account_id, label, debit, credit, due_date, piece, invoice_number,
                              currency, foreign_amount, analytic, general)
    select entry.id, line.number - 1, line.account_id, line.label, line.debit, line.credit, line.due_date, line.piece,
           line.invoice_number, line.currency, line.foreign_amount, line.analytic::jsonb, line.general
    from entry, unnest($9::bigint[], $10::text[], $11::numeric[], $12::numeric[], $13::date[], $14::text[], $15::text[],
                       $16::text[], $17::numeric[], $18::text[], $26::text[]) with ordinality
        as line(account_id, label, debit, credit, due_date, piece, invoice_number, currency, foreign_amount, analytic,
                general, number)
), documents as (
    insert into booked_documents (entry_id, line, name, media_type, size, sha256)
    select entry.id, document.* from entry,
        unnest($19::integer[], $20::text[], $21::text[], $22::bigint[], $23::text[])
        as document(line, name, media_type, size, sha256)
)
select id from entry
"""


def _entry_values(entry: NewEntry) -> tuple[Any, ...]:
    return (
        entry.software_file_id,
        entry.pending,
        entry.reference,
        entry.unique_reference and entry.reference is not None,
        entry.journal_id,
        entry.date,
        entry.metadata,
        entry.comment,
    )


def _line_columns(entry: NewEntry) -> tuple[list[Any], ...]:
    lines = entry.lines
    return (
        [line.account_id for line in lines],
        [line.label for line in lines],
        [line.debit for line in lines],
        [line.credit for line in lines],
        [line.due_date for line in lines],
        [line.piece for line in lines],
        [line.invoice_number for line in lines],
        [line.currency for line in lines],
        [line.foreign_amount for line in lines],
        [_analytic(line) for line in lines],
    )


def _analytic(line: NewLine) -> str:
    return orjson.dumps([[share.axis, share.section, str(share.amount)] for share in line.analytic]).decode()


def _documents(entry: NewEntry) -> tuple[list[Any], ...]:
    return (
        [document.line for document in entry.documents],
        [document.name for document in entry.documents],
        [document.media_type for document in entry.documents],
        [document.size for document in entry.documents],
        [document.sha256 for document in entry.documents],
    )


async def attach(connection: Connection, entry_id: int, document: NewDocument) -> int:
    """Attach a document to an entry that is there; the vendor's id of it."""
    return int(
        await connection.fetchval(
            """
            insert into booked_documents (entry_id, line, name, media_type, size, sha256)
            values ($1, $2, $3, $4, $5, $6) returning id
            """,
            entry_id,
            document.line,
            document.name,
            document.media_type,
            document.size,
            document.sha256,
        )
    )


async def entries_by_id(connection: Connection, ids: Sequence[int]) -> list[BookedEntry]:
    """Booked entries whole, in the order of their ids; ids that are not in the books are left out."""
    rows = await connection.fetch(
        """
        select entry.id, entry.software_file_id, entry.pending, entry.reference, entry.journal_id,
               journal.code as journal_code, journal.name as journal_name, journal.type as journal_type, entry.date,
               entry.metadata, entry.comment, entry.label, entry.booked_at
        from booked_entries entry join software_journals journal on journal.id = entry.journal_id
        where entry.id = any($1::bigint[]) order by entry.id
        """,
        ids,
    )
    lines = await _lines(connection, ids)
    documents = await _documents_of(connection, ids)
    return [
        BookedEntry(**row, lines=tuple(lines.get(row["id"], ())), documents=tuple(documents.get(row["id"], ())))
        for row in rows
    ]


async def _lines(connection: Connection, entry_ids: Iterable[int]) -> dict[int, list[BookedLine]]:
    rows = await connection.fetch(
        """
        select line.entry_id, line.id, line.account_id, account.number as account, account.label as account_label,
               case when account.collective is not null then coalesce(line.general, account.collective) end
                   as collective,
               line.label, line.debit, line.credit, line.due_date, line.piece, line.invoice_number, line.currency,
               line.foreign_amount, line.analytic
        from booked_lines line join software_accounts account on account.id = line.account_id
        where line.entry_id = any($1::bigint[]) order by line.entry_id, line.number
        """,
        entry_ids,
    )
    found: dict[int, list[BookedLine]] = {}
    for row in rows:
        values = dict(row)
        entry_id = values.pop("entry_id")
        values["analytic"] = tuple(Share.read(*share) for share in values["analytic"])
        found.setdefault(entry_id, []).append(BookedLine(**values))
    return found


async def _documents_of(connection: Connection, entry_ids: Iterable[int]) -> dict[int, list[BookedDocument]]:
    rows = await connection.fetch(
        """
        select entry_id, id, line, name, media_type, sha256 from booked_documents
        where entry_id = any($1::bigint[]) order by id
        """,
        entry_ids,
    )
    found: dict[int, list[BookedDocument]] = {}
    for row in rows:
        values = dict(row)
        found.setdefault(values.pop("entry_id"), []).append(BookedDocument(**values))
    return found


async def ids_by_reference(connection: Connection, file_id: int, reference: str) -> list[int]:
    """The entries of a file that carry this reference, booked ones before pending ones; those that are shown by now."""
    rows = await connection.fetch(
        """
        select id from booked_entries
        where software_file_id = $1 and reference = $2 and shown_at <= clock_timestamp() order by pending, id
        """,
        file_id,
        reference,
    )
    return [row["id"] for row in rows]


async def ids_by_invoice_number(connection: Connection, file_id: int, number: str) -> list[int]:
    """The entries of a file with this invoice number on a line; those that are shown by now."""
    rows = await connection.fetch(
        """
        select distinct entry.id from booked_entries entry join booked_lines line on line.entry_id = entry.id
        where entry.software_file_id = $1 and line.invoice_number = $2 and entry.shown_at <= clock_timestamp()
        order by entry.id
        """,
        file_id,
        number,
    )
    return [row["id"] for row in rows]
