"""What a person changes in the software while entries are on their way: locks, closings, settings of a file."""

from datetime import date

from qontable.database import Connection


class NotThere(LookupError):
    """The software file has no such journal, account or fiscal year."""


async def switch_file(
    connection: Connection, file_id: int, *, unique: bool | None, with_entry: bool | None, as_draft: bool | None
) -> None:
    """Change whether references are unique (from now on), bookings are answered with the entry, and land as drafts."""
    await connection.execute(
        """
        update software_files set unique_references = coalesce($2, unique_references),
            answers_with_entry = coalesce($3, answers_with_entry),
            books_as_draft = coalesce($4, books_as_draft) where id = $1
        """,
        file_id,
        unique,
        with_entry,
        as_draft,
    )


async def switch_journal(
    connection: Connection, file_id: int, code: str, *, locked: bool | None, closed: bool | None
) -> None:
    """Lock or unlock, close or reopen a journal. Raises `NotThere`."""
    done = await connection.fetchval(
        """
        update software_journals set locked = coalesce($3, locked), closed = coalesce($4, closed)
        where software_file_id = $1 and code = $2 returning true
        """,
        file_id,
        code,
        locked,
        closed,
    )
    _expect(done, f"journal {code}")


async def switch_account(connection: Connection, file_id: int, number: str, *, closed: bool) -> None:
    """Close or reopen an account. Raises `NotThere`."""
    done = await connection.fetchval(
        "update software_accounts set closed = $3 where software_file_id = $1 and number = $2 returning true",
        file_id,
        number,
        closed,
    )
    _expect(done, f"account {number}")


async def switch_fiscal_year(connection: Connection, file_id: int, start: date, *, closed: bool) -> None:
    """Close or reopen the fiscal year that starts on a day. Raises `NotThere`."""
    done = await connection.fetchval(
        """
        update software_fiscal_years set closed_at = case when $3 then coalesce(closed_at, now()) end
        where software_file_id = $1 and start_date = $2 returning true
        """,
        file_id,
        start,
        closed,
    )
    _expect(done, f"fiscal year from {start}")


async def lock_period(
    connection: Connection, file_id: int, journal: str | None, start: date, end: date, by: str
) -> None:
    """Lock a period for one journal (by its code) or for all. Raises `NotThere`."""
    journal_id = None
    if journal is not None:
        journal_id = await connection.fetchval(
            "select id from software_journals where software_file_id = $1 and code = $2", file_id, journal
        )
        _expect(journal_id, f"journal {journal}")
    await connection.execute(
        """
        insert into software_locked_periods (software_file_id, journal_id, start_date, end_date, locked_by)
        values ($1, $2, $3, $4, $5)
        """,
        file_id,
        journal_id,
        start,
        end,
        by,
    )


async def unlock_periods(connection: Connection, file_id: int) -> None:
    """Take every locked period of a file back."""
    await connection.execute("delete from software_locked_periods where software_file_id = $1", file_id)


def _expect(found: object, what: str) -> None:
    if not found:
        raise NotThere(f"no {what} in this software file")
