"""What a software knows of its client files besides accounts: journals, fiscal years, locked periods, analytic axes."""

from dataclasses import dataclass
from datetime import date, datetime

from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A journal, with the account that it balances against where it names one."""

    id: int
    code: str
    name: str
    type: str
    locked: bool
    closed: bool
    account_id: int | None
    account: str | None
    account_label: str | None


@dataclass(frozen=True, slots=True)
class FiscalYearRow:
    """A fiscal year; closed when it says since when."""

    id: int
    start_date: date
    end_date: date
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LockedPeriod:
    """Who locked a period, and when."""

    locked_by: str
    locked_at: datetime


@dataclass(frozen=True, slots=True)
class AxisRow:
    """An analytic axis."""

    id: int
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section and the axis it belongs to."""

    id: int
    code: str
    label: str
    axis_id: int


async def journals(connection: Connection, file_id: int) -> list[JournalRow]:
    """Every journal of a file, in the order of their codes."""
    rows = await connection.fetch(
        """
        select journal.id, journal.code, journal.name, journal.type, journal.locked, journal.closed, journal.account_id,
               account.number as account, account.label as account_label
        from software_journals journal left join software_accounts account on account.id = journal.account_id
        where journal.software_file_id = $1 order by journal.code
        """,
        file_id,
    )
    return [JournalRow(**row) for row in rows]


async def add_journal(connection: Connection, file_id: int, code: str, name: str) -> None:
    """Make a general journal, unless the file has one of this code."""
    await connection.execute(
        """
        insert into software_journals (software_file_id, code, name, type) values ($1, $2, $3, 'general')
        on conflict (software_file_id, code) do nothing
        """,
        file_id,
        code,
        name,
    )


async def fiscal_years(connection: Connection, file_id: int) -> list[FiscalYearRow]:
    """Every fiscal year of a file, latest first."""
    rows = await connection.fetch(
        """
        select id, start_date, end_date, closed_at from software_fiscal_years
        where software_file_id = $1 order by start_date desc
        """,
        file_id,
    )
    return [FiscalYearRow(**row) for row in rows]


async def locked_period(connection: Connection, file_id: int, journal_id: int, day: date) -> LockedPeriod | None:
    """The lock that lies on a journal on a day, if there is one."""
    row = await connection.fetchrow(
        """
        select locked_by, locked_at from software_locked_periods
        where software_file_id = $1 and $3 between start_date and end_date and (journal_id = $2 or journal_id is null)
        limit 1
        """,
        file_id,
        journal_id,
        day,
    )
    return LockedPeriod(**row) if row else None


async def axes(connection: Connection, file_id: int) -> list[AxisRow]:
    """The analytic axes of a file."""
    rows = await connection.fetch(
        "select id, code, label from software_axes where software_file_id = $1 order by id", file_id
    )
    return [AxisRow(**row) for row in rows]


async def sections(connection: Connection, file_id: int) -> list[SectionRow]:
    """The sections of every axis of a file."""
    rows = await connection.fetch(
        """
        select section.id, section.code, section.label, section.axis_id
        from software_sections section join software_axes axis on axis.id = section.axis_id
        where axis.software_file_id = $1 order by section.id
        """,
        file_id,
    )
    return [SectionRow(**row) for row in rows]
