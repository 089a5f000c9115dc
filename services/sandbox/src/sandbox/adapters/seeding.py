"""Fills a stand-in software from a seed, by COPY: a chart of 50,000 accounts takes about a second."""

from dataclasses import dataclass

from qontable.database import Connection
from sandbox.domain.naming import number_in
from sandbox.domain.rules import Rules
from sandbox.domain.seed import AxisSeed, FiscalYearSeed, JournalSeed, SoftwareFileSeed


@dataclass(frozen=True, slots=True)
class Seeded:
    """The software file's id, and the numbers that no account could get."""

    software_file_id: int
    accounts: int
    unnameable: tuple[str, ...]


_Chart = dict[str, tuple[str, bool, str | None]]
"""By number: label, whether it is closed, and the general account of a third party's."""


async def seed_software_file(connection: Connection, seed: SoftwareFileSeed, rules: Rules) -> Seeded:
    """Make the file or add to it, in the caller's transaction. Journals name accounts of this seed or older ones."""
    file_id = await _put_file(connection, seed)
    chart: _Chart = {account.number: (account.label, account.closed, None) for account in seed.accounts}
    for third in seed.subsidiaries:
        number = number_in(rules, third.code, third.account)
        chart[number] = (third.label, third.closed, third.account)
    unnameable = tuple(number for number in chart if len(number) > rules.account)
    await _copy_accounts(connection, file_id, {number: chart[number] for number in chart if number not in unnameable})
    await _put_journals(connection, file_id, seed.journals)
    await _put_fiscal_years(connection, file_id, seed.fiscal_years)
    for axis in seed.axes:
        await _put_axis(connection, file_id, axis)
    return Seeded(file_id, len(chart) - len(unnameable), unnameable)


async def _put_file(connection: Connection, seed: SoftwareFileSeed) -> int:
    return int(
        await connection.fetchval(
            """
            insert into software_files (connector, firm, code, name, siret, unique_references, answers_with_entry)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (connector, code) do update set
                firm = excluded.firm, name = excluded.name, siret = excluded.siret,
                unique_references = excluded.unique_references, answers_with_entry = excluded.answers_with_entry
            returning id
            """,
            seed.connector,
            seed.firm,
            seed.code,
            seed.name,
            seed.siret,
            seed.unique_references,
            seed.answers_with_entry,
        )
    )


async def _copy_accounts(connection: Connection, file_id: int, chart: _Chart) -> None:
    await connection.execute(
        'create temporary table seeded (number text collate "C", label text, closed boolean, collective text) '
        "on commit drop"
    )
    await connection.copy_records_to_table(
        "seeded", schema_name="pg_temp", records=[(number, *rest) for number, rest in sorted(chart.items())]
    )
    await connection.execute(
        """
        insert into software_accounts (software_file_id, number, label, closed, collective)
        select $1, number, label, closed, collective from seeded order by number
        on conflict (software_file_id, number) do update set
            label = excluded.label, closed = excluded.closed, collective = excluded.collective
        where (software_accounts.label, software_accounts.closed, software_accounts.collective)
            is distinct from (excluded.label, excluded.closed, excluded.collective)
        """,
        file_id,
    )
    await connection.execute("drop table seeded")


async def _put_journals(connection: Connection, file_id: int, journals: tuple[JournalSeed, ...]) -> None:
    await connection.executemany(
        """
        insert into software_journals (software_file_id, code, name, type, locked, closed, account_id)
        values ($1, $2, $3, $4, $5, $6,
                (select id from software_accounts where software_file_id = $1 and number = $7))
        on conflict (software_file_id, code) do update set
            name = excluded.name, type = excluded.type, locked = excluded.locked, closed = excluded.closed,
            account_id = excluded.account_id
        """,
        [(file_id, row.code, row.name, row.type, row.locked, row.closed, row.account) for row in journals],
    )


async def _put_fiscal_years(connection: Connection, file_id: int, years: tuple[FiscalYearSeed, ...]) -> None:
    await connection.executemany(
        """
        insert into software_fiscal_years (software_file_id, start_date, end_date, closed_at)
        values ($1, $2, $3, case when $4 then now() end)
        on conflict (software_file_id, start_date) do update set
            end_date = excluded.end_date, closed_at = excluded.closed_at
        """,
        [(file_id, year.start, year.end, year.closed) for year in years],
    )


async def _put_axis(connection: Connection, file_id: int, axis: AxisSeed) -> None:
    axis_id = await connection.fetchval(
        """
        insert into software_axes (software_file_id, code, label) values ($1, $2, $3)
        on conflict (software_file_id, code) do update set label = excluded.label returning id
        """,
        file_id,
        axis.code,
        axis.label,
    )
    await connection.executemany(
        """
        insert into software_sections (axis_id, code, label) values ($1, $2, $3)
        on conflict (axis_id, code) do update set label = excluded.label
        """,
        [(axis_id, section.code, section.label) for section in axis.sections],
    )
