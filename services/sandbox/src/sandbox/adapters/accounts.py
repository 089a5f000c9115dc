"""The charts of accounts of a software's client files."""

from dataclasses import dataclass
from decimal import Decimal

from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with what was booked on it: `balance` is debit less credit."""

    id: int
    number: str
    label: str
    closed: bool
    balance: Decimal


@dataclass(frozen=True, slots=True)
class OwnedAccount:
    """An account's number, and the software file to which it belongs."""

    software_file_id: int
    number: str
    closed: bool


async def accounts(
    connection: Connection,
    file_id: int,
    *,
    begins: str = "",
    contains: str = "",
    offset: int = 0,
    limit: int | None = None,
) -> tuple[int, list[AccountRow]]:
    """How many accounts match, and those of one page in the order of their numbers.

    `begins` is the beginning of the number, `contains` part of number or label; `limit` None is all.
    """
    matching = """
        software_file_id = $1 and starts_with(number, $2)
        and ($3 = '' or strpos(lower(number), lower($3)) > 0 or strpos(lower(label), lower($3)) > 0)
    """
    count = await connection.fetchval(
        f"select count(*) from software_accounts where {matching}",  # noqa: S608
        file_id,
        begins,
        contains,
    )
    rows = await connection.fetch(
        f"""
        with page as (
            select id, number, label, closed from software_accounts where {matching} order by number limit $4 offset $5
        ), booked as (
            select line.account_id, sum(line.debit - line.credit) as balance
            from booked_lines line join booked_entries entry on entry.id = line.entry_id
            where entry.software_file_id = $1 and not entry.pending group by line.account_id
        )
        select page.id, page.number, page.label, page.closed, coalesce(booked.balance, 0) as balance
        from page left join booked on booked.account_id = page.id order by page.number
        """,  # noqa: S608
        file_id,
        begins,
        contains,
        limit,
        offset,
    )
    return int(count), [AccountRow(**row) for row in rows]


async def account_by_number(connection: Connection, file_id: int, number: str) -> tuple[int, str] | None:
    """Id and label of an account."""
    row = await connection.fetchrow(
        "select id, label from software_accounts where software_file_id = $1 and number = $2", file_id, number
    )
    return (row["id"], row["label"]) if row else None


async def add_account(connection: Connection, file_id: int, number: str, label: str) -> tuple[int, str]:
    """Id and label of the account, made now unless it is there already."""
    rows = await connection.fetch(
        """
        insert into software_accounts (software_file_id, number, label) values ($1, $2, $3)
        on conflict (software_file_id, number) do update set label = software_accounts.label
        returning id, label
        """,
        file_id,
        number,
        label,
    )
    return rows[0]["id"], rows[0]["label"]


async def accounts_by_id(connection: Connection, ids: list[int]) -> dict[int, OwnedAccount]:
    """Those of the accounts that exist, of whatever software file."""
    rows = await connection.fetch(
        "select id, software_file_id, number, closed from software_accounts where id = any($1::bigint[])", ids
    )
    return {row["id"]: OwnedAccount(row["software_file_id"], row["number"], row["closed"]) for row in rows}
