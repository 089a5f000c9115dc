"""Charts that keep general accounts and third parties apart: a third party's row names its general account."""

from collections.abc import Iterable
from dataclasses import dataclass

from qontable.database import Connection


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A general account, or a third party where `collective` names the general account that it belongs to."""

    id: int
    number: str
    label: str
    closed: bool
    collective: str | None


_ROW = "id, number, label, closed, collective"


async def general_accounts(
    connection: Connection, file_id: int, offset: int = 0, limit: int | None = None
) -> list[ChartRow]:
    """The general accounts of a client file in the order of their numbers, by character; `limit` None is all."""
    rows = await connection.fetch(
        f"""
        select {_ROW} from software_accounts
        where software_file_id = $1 and collective is null order by number collate "C" limit $2 offset $3
        """,  # noqa: S608
        file_id,
        limit,
        offset,
    )
    return [ChartRow(**row) for row in rows]


async def third_parties(connection: Connection, file_id: int) -> list[ChartRow]:
    """The third parties of a client file in the order of their codes."""
    rows = await connection.fetch(
        f"""
        select {_ROW} from software_accounts
        where software_file_id = $1 and collective is not null order by number
        """,  # noqa: S608
        file_id,
    )
    return [ChartRow(**row) for row in rows]


async def accounts_by_number(connection: Connection, file_id: int, numbers: Iterable[str]) -> dict[str, ChartRow]:
    """Those of the general accounts and third parties that the client file has."""
    rows = await connection.fetch(
        f"select {_ROW} from software_accounts where software_file_id = $1 and number = any($2::text[])",  # noqa: S608
        file_id,
        list(set(numbers)),
    )
    return {row["number"]: ChartRow(**row) for row in rows}


async def add_chart_row(
    connection: Connection, file_id: int, number: str, label: str, collective: str | None
) -> ChartRow:
    """The general account or third party with this number, made now unless it is there already."""
    row = await connection.fetchrow(
        f"""
        insert into software_accounts (software_file_id, number, label, collective) values ($1, $2, $3, $4)
        on conflict (software_file_id, number) do update set label = software_accounts.label
        returning {_ROW}
        """,  # noqa: S608
        file_id,
        number,
        label,
        collective,
    )
    assert row is not None, "an upsert returns its row"
    return ChartRow(**row)
