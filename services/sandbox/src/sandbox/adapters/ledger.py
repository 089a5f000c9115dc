"""The books' side of the judgement: booked entries by reference or mark, what nobody published, and totals."""

from collections.abc import Sequence
from decimal import Decimal

from qontable.database import Connection
from sandbox.adapters.booking import entries_by_id
from sandbox.domain.books import BookedEntry


async def scope(connection: Connection, connector: str, code: str | None) -> dict[str, str]:
    """Id (as text) and code of every software file of a connector, or of the one with this code or id."""
    rows = await connection.fetch(
        """
        select id::text as id, code from software_files
        where connector = $1 and ($2::text is null or code = $2 or id::text = $2) order by id
        """,
        connector,
        code,
    )
    return {row["id"]: row["code"] for row in rows}


async def booked_by_reference(
    connection: Connection, file_ids: Sequence[str], references: Sequence[str]
) -> dict[tuple[str, str], list[BookedEntry]]:
    """Booked entries (not pending ones) by software file and reference or mark; more than one where one was doubled."""
    rows = await connection.fetch(
        """
        select id from booked_entries
        where software_file_id = any($1::bigint[]) and reference = any($2::text[]) and not pending
        """,
        [int(file_id) for file_id in file_ids],
        list(references),
    )
    found: dict[tuple[str, str], list[BookedEntry]] = {}
    for entry in await entries_by_id(connection, [row["id"] for row in rows]):
        found.setdefault((str(entry.software_file_id), entry.reference or ""), []).append(entry)
    return found


async def unpublished(connection: Connection, connector: str, file_ids: Sequence[str]) -> list[BookedEntry]:
    """Booked entries whose reference or mark was never published for their software file, or who have none."""
    rows = await connection.fetch(
        """
        select entry.id from booked_entries entry
        where entry.software_file_id = any($2::bigint[]) and not entry.pending and not exists (
            select from published
            where published.connector = $1 and published.software_file_id = entry.software_file_id::text
                and published.reference = entry.reference
        ) and not exists (
            select from published
            where published.connector = $1 and published.software_file_id = entry.software_file_id::text
                and published.mark = entry.reference
        ) order by entry.id
        """,
        connector,
        [int(file_id) for file_id in file_ids],
    )
    return await entries_by_id(connection, [row["id"] for row in rows])


async def counts(connection: Connection, file_ids: Sequence[str]) -> tuple[int, int, int]:
    """Booked entries, their lines, their documents."""
    row = await connection.fetchrow(
        """
        with entries as (
            select id from booked_entries where software_file_id = any($1::bigint[]) and not pending
        )
        select (select count(*) from entries) as entries,
               (select count(*) from booked_lines where entry_id in (select id from entries)) as lines,
               (select count(*) from booked_documents where entry_id in (select id from entries)) as documents
        """,
        [int(file_id) for file_id in file_ids],
    )
    assert row is not None, "a query without from has one row"
    return row["entries"], row["lines"], row["documents"]


async def balances(connection: Connection, file_ids: Sequence[str]) -> list[tuple[str, Decimal, Decimal]]:
    """Number, debit and credit of every account that something was booked on."""
    rows = await connection.fetch(
        """
        select account.number, sum(line.debit) as debit, sum(line.credit) as credit
        from booked_entries entry
        join booked_lines line on line.entry_id = entry.id
        join software_accounts account on account.id = line.account_id
        where entry.software_file_id = any($1::bigint[]) and not entry.pending
        group by account.number order by account.number
        """,
        [int(file_id) for file_id in file_ids],
    )
    return [(row["number"], row["debit"], row["credit"]) for row in rows]
