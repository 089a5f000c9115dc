"""A folder's journals, years and accounts as one import finds them, and those that it creates as its options allow."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from qontable.database import Connection
from sandbox.adapters.books import FiscalYearRow, JournalRow, add_journal, fiscal_years, journals, locked_period
from sandbox.adapters.charts import ChartRow, accounts_by_number, add_chart_row, general_accounts
from sandbox.domain.books import SoftwareFile
from sandbox.software.cegid_loop.identity import object_id
from sandbox.software.cegid_loop.import_body import Line, Options

WAITING_THIRD = "ATTENTE"
"""The code of the third party that stands in for an unknown one: that there is one is published, its code is not."""

WAITING_ACCOUNT = "471000"
"""Where the importer puts what balances an entry by itself: assumed."""


class EntryRefused(Exception):
    """An entry of an import cannot be booked; the message says why, in words of ours: the status has none."""


@dataclass(slots=True)
class FolderBooks:
    """What an import may use: journals by code, years, general accounts and third parties by number."""

    file: SoftwareFile
    options: Options
    journals: dict[str, JournalRow]
    years: list[FiscalYearRow]
    accounts: dict[str, ChartRow]

    @classmethod
    async def of(
        cls, connection: Connection, file: SoftwareFile, options: Options, numbers: Iterable[str]
    ) -> "FolderBooks":
        """Everything that an import of these accounts and third parties needs to know."""
        wanted = [*numbers, WAITING_THIRD, WAITING_ACCOUNT]
        return cls(
            file,
            options,
            {row.code: row for row in await journals(connection, file.id)},
            await fiscal_years(connection, file.id),
            await accounts_by_number(connection, file.id, wanted),
        )

    async def journal(self, connection: Connection, line: Line) -> JournalRow:
        """The journal of an entry: the one named, a new one, or the one that the options name instead."""
        found = self.journals.get(line.journal or "")
        if found is None and line.journal and self.options.create_new_journaux:
            await add_journal(connection, self.file.id, line.journal, line.journal_lib or line.journal)
            self.journals = {row.code: row for row in await journals(connection, self.file.id)}
            found = self.journals[line.journal]
        if found is None:
            default = self.options.default_journal_id
            found = next((row for row in self.journals.values() if object_id("journal", row.id) == default), None)
        if found is None:
            raise EntryRefused(f"le journal {line.journal or '(vide)'} n'existe pas dans le dossier")
        if found.closed or found.locked:
            raise EntryRefused(f"le journal {found.code} est fermé")
        return found

    async def account(self, connection: Connection, line: Line) -> ChartRow:
        """The general account of a line: the one named, a new one, or the one that the options name instead."""
        number = line.compte or ""
        found = self._general(number)
        if found is None and re.fullmatch(r"[1-9][0-9A-Za-z]*", number) and self.options.create_new_comptes:
            found = await self._added(connection, number, line.compte_lib or number, None)
        if found is None and self.options.default_compte is not None:
            chart = await general_accounts(connection, self.file.id)
            default = self.options.default_compte
            found = next((row for row in chart if object_id("compte", row.id) == default), None)
        if found is None:
            raise EntryRefused(f"le compte {number or '(vide)'} n'existe pas dans le dossier")
        return _open(found)

    async def third(self, connection: Connection, code: str, account: ChartRow) -> ChartRow:
        """The third party of a line: the one with this code, a new one, or the waiting one."""
        found = self.accounts.get(code)
        if found is not None and found.collective is None:
            raise EntryRefused(f"le code tiers {code} est celui d'un compte général")
        if found is None:
            wanted = code if self.options.create_new_tiers else WAITING_THIRD
            found = self.accounts.get(wanted) or await self._added(connection, wanted, wanted, account.number)
        return _open(found)

    async def waiting_account(self, connection: Connection) -> ChartRow:
        """The account that balances an entry."""
        found = self._general(WAITING_ACCOUNT)
        return found or await self._added(connection, WAITING_ACCOUNT, "Compte d'attente", None)

    async def year(self, connection: Connection, journal: JournalRow, day: date) -> FiscalYearRow:
        """The open fiscal year of a day on which the journal takes entries."""
        year = next((year for year in self.years if year.start_date <= day <= year.end_date), None)
        if year is None:
            raise EntryRefused(f"aucune période du dossier ne contient le {day:%d/%m/%Y}")
        if year.closed_at is not None:
            raise EntryRefused(f"la période du {day:%d/%m/%Y} est clôturée")
        if await locked_period(connection, self.file.id, journal.id, day):
            raise EntryRefused(f"la période du {day:%d/%m/%Y} est verrouillée pour le journal {journal.code}")
        return year

    def last_open_year(self) -> FiscalYearRow | None:
        """The fiscal year opened last."""
        open_years = (year for year in self.years if year.closed_at is None)
        return max(open_years, key=lambda year: year.end_date, default=None)

    def _general(self, number: str) -> ChartRow | None:
        found = self.accounts.get(number)
        return found if found is not None and found.collective is None else None

    async def _added(self, connection: Connection, number: str, label: str, collective: str | None) -> ChartRow:
        added = self.accounts[number] = await add_chart_row(connection, self.file.id, number, label, collective)
        return added


def _open(row: ChartRow) -> ChartRow:
    if row.closed:
        raise EntryRefused(f"le compte {row.number} est fermé")
    return row
