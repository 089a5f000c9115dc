"""Pages of what a client file holds, filtered and sorted by key: for softwares that page by cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qontable.database import Connection

_OPERATORS = {
    "eq": "{0} = {1}",
    "not_eq": "{0} <> {1}",
    "lt": "{0} < {1}",
    "lteq": "{0} <= {1}",
    "gt": "{0} > {1}",
    "gteq": "{0} >= {1}",
    "in": "{0} = any({1})",
    "not_in": "not {0} = any({1})",
    "start_with": "starts_with({0}, {1})",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A column (a word of the software's own tables, never of a request), an operator, and a value of the column's."""

    column: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Slice:
    """`limit` rows after the row whose sort key is `after`, in the order of the columns of `order`, all one way."""

    conditions: tuple[Condition, ...]
    order: tuple[str, ...]
    descending: bool
    after: tuple[Any, ...] | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account of the chart."""

    id: int
    number: str
    label: str
    closed: bool


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line in the books with its entry's facts."""

    id: int
    entry_id: int
    date: date
    journal_id: int
    account_id: int
    account: str
    label: str
    debit: Decimal
    credit: Decimal
    booked_at: datetime


async def list_accounts(connection: Connection, file_id: int, page: Slice) -> list[ListedAccount]:
    """Accounts of a chart: columns `account.id`, `account.number`, `account.closed`."""
    rows = await _rows(
        connection,
        """
        select account.id, account.number, account.label, account.closed from software_accounts account
        where account.software_file_id = $1
        """,
        file_id,
        page,
    )
    return [ListedAccount(**row) for row in rows]


_SHOWN = "entry.software_file_id = $1 and entry.shown_at <= clock_timestamp()"
_OPEN = """
    and not exists (
        select from software_fiscal_years year
        where year.software_file_id = $1 and year.closed_at is not null
            and entry.date between year.start_date and year.end_date
    )
"""


async def list_entries(connection: Connection, file_id: int, page: Slice, *, closed_years: bool) -> list[int]:
    """Ids of entries that are shown by now, drafts among them: columns `entry.id`, `entry.journal_id`, `entry.date`.

    Without `closed_years` those of fiscal years that are open, or of none.
    """
    statement = f"select entry.id from booked_entries entry where {_SHOWN} {'' if closed_years else _OPEN}"  # noqa: S608
    return [row["id"] for row in await _rows(connection, statement, file_id, page)]


async def list_lines(connection: Connection, file_id: int, page: Slice) -> list[ListedLine]:
    """Lines of entries that are shown by now: columns `line.id`, `line.account_id` and those of entries."""
    statement = f"""
        select line.id, line.entry_id, entry.date, entry.journal_id, line.account_id, account.number as account,
               line.label, line.debit, line.credit, entry.booked_at
        from booked_lines line
        join booked_entries entry on entry.id = line.entry_id
        join software_accounts account on account.id = line.account_id
        where {_SHOWN}
    """  # noqa: S608
    return [ListedLine(**row) for row in await _rows(connection, statement, file_id, page)]


async def _rows(connection: Connection, statement: str, file_id: int, page: Slice) -> Sequence[Any]:
    """Rows of `statement`, whose first parameter is the file, narrowed to a slice."""
    values: list[Any] = [file_id]

    def place(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    tests = [
        _OPERATORS[condition.operator].format(condition.column, place(condition.value)) for condition in page.conditions
    ]
    if page.after is not None:
        row, key = ", ".join(page.order), ", ".join(place(value) for value in page.after)
        tests.append(f"({row}) {'<' if page.descending else '>'} ({key})")
    order = ", ".join(f"{column} {'desc' if page.descending else 'asc'}" for column in page.order)
    narrowed = "".join(f" and {test}" for test in tests)
    return await connection.fetch(f"{statement}{narrowed} order by {order} limit {place(page.limit)}", *values)
