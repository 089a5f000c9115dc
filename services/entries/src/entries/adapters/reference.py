"""Reference data of software files as it is kept: numbers, codes, years, and what is closed; what pre-flight needs."""

from collections.abc import Sequence
from datetime import date, datetime

from qontable.database import Connection
from qontable.events.reference import AccountsRefreshed, FiscalYear, ReferenceKind, ReferenceRows
from qontable.versions import Held, HeldVersion

LEDGERS: tuple[ReferenceKind, ...] = ("accounts", "subsidiaries")


async def fetch_held(connection: Connection, file_id: str) -> Held | None:
    """What is held of a file, its row locked."""
    row = await connection.fetchrow(
        """
        select connection_id, software_file_id, version, full_asked_at from reference_files
        where file_id = $1 for update
        """,
        file_id,
    )
    if row is None:
        return None
    at = HeldVersion(row["connection_id"], row["software_file_id"], row["version"])
    return Held(at, row["full_asked_at"])


async def save_held(connection: Connection, event: AccountsRefreshed) -> None:
    """The file is held at the event's version, its kinds as fresh as the event says."""
    await connection.execute(
        """
        insert into reference_files (file_id, connection_id, software_file_id, version, refreshed_at)
        values ($1, $2, $3, $4, $5)
        on conflict (file_id) do update set
            connection_id = excluded.connection_id, software_file_id = excluded.software_file_id,
            version = excluded.version, refreshed_at = reference_files.refreshed_at || excluded.refreshed_at,
            full_asked_at = null
        """,
        event.file_id,
        event.connection_id,
        event.software_file_id,
        event.version,
        dict.fromkeys(event.kinds, event.refreshed_at.isoformat()),
    )


async def note_full_asked(connection: Connection, event: AccountsRefreshed, now: datetime) -> None:
    """Remember that the file's full state was asked for."""
    await connection.execute(
        """
        insert into reference_files (file_id, connection_id, software_file_id, version, full_asked_at)
        values ($1, $2, $3, 0, $4)
        on conflict (file_id) do update set full_asked_at = excluded.full_asked_at
        """,
        event.file_id,
        event.connection_id,
        event.software_file_id,
        now,
    )


async def collect_part(connection: Connection, event: AccountsRefreshed) -> list[AccountsRefreshed]:
    """Keep a part; all parts in order once the last one is there, nothing before."""
    key = (event.file_id, event.version, event.full)
    await connection.execute(
        """
        insert into reference_parts (file_id, version, full_state, part, event) values ($1, $2, $3, $4, $5)
        on conflict (file_id, version, full_state, part) do update set event = excluded.event
        """,
        *key,
        event.part,
        event.model_dump(mode="json"),
    )
    where = "file_id = $1 and version = $2 and full_state = $3"
    if await connection.fetchval(f"select count(*) from reference_parts where {where}", *key) < event.parts:  # noqa: S608
        return []
    rows = await connection.fetch(f"select event from reference_parts where {where} order by part", *key)  # noqa: S608
    await connection.execute(
        "delete from reference_parts where file_id = $1 and version <= $2", event.file_id, event.version
    )
    return [AccountsRefreshed.model_validate(row["event"]) for row in rows]


async def clear(connection: Connection, file_id: str) -> None:
    """Forget every row of a file."""
    for table in ("reference_accounts", "reference_journals", "reference_years"):
        await connection.execute(f"delete from {table} where file_id = $1", file_id)  # noqa: S608


async def save_rows(connection: Connection, file_id: str, rows: ReferenceRows) -> None:
    """Insert or replace rows of a file, one statement per table."""
    accounts = [(kind, account) for kind in LEDGERS for account in getattr(rows, kind)]
    await connection.execute(
        """
        insert into reference_accounts (file_id, kind, number, closed)
        select distinct on (kind, number) $1, kind, number, closed
        from unnest($2::text[], $3::text[], $4::boolean[]) as rows (kind, number, closed)
        on conflict (file_id, kind, number) do update set closed = excluded.closed
        """,
        file_id,
        [kind for kind, _ in accounts],
        [account.number for _, account in accounts],
        [account.closed for _, account in accounts],
    )
    await connection.execute(
        """
        insert into reference_journals (file_id, code, closed)
        select distinct on (code) $1, code, closed from unnest($2::text[], $3::boolean[]) as rows (code, closed)
        on conflict (file_id, code) do update set closed = excluded.closed
        """,
        file_id,
        [journal.code for journal in rows.journals],
        [journal.closed for journal in rows.journals],
    )
    await _save_years(connection, file_id, rows.fiscal_years)


async def _save_years(connection: Connection, file_id: str, years: Sequence[FiscalYear]) -> None:
    await connection.execute(
        """
        insert into reference_years (file_id, start_date, end_date, closed)
        select distinct on (start_date) $1, start_date, end_date, closed
        from unnest($2::date[], $3::date[], $4::boolean[]) as rows (start_date, end_date, closed)
        on conflict (file_id, start_date) do update set end_date = excluded.end_date, closed = excluded.closed
        """,
        file_id,
        [date.fromisoformat(year.start) for year in years],
        [date.fromisoformat(year.end) for year in years],
        [year.closed for year in years],
    )


async def remove_rows(connection: Connection, file_id: str, rows: ReferenceRows) -> None:
    """Forget rows that are not in the software any more."""
    for kind in LEDGERS:
        numbers = [account.number for account in getattr(rows, kind)]
        await connection.execute(
            "delete from reference_accounts where file_id = $1 and kind = $2 and number = any($3)",
            file_id,
            kind,
            numbers,
        )
    codes = [journal.code for journal in rows.journals]
    await connection.execute("delete from reference_journals where file_id = $1 and code = any($2)", file_id, codes)
    starts = [date.fromisoformat(year.start) for year in rows.fiscal_years]
    await connection.execute("delete from reference_years where file_id = $1 and start_date = any($2)", file_id, starts)
