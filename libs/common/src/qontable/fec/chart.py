"""The reference data that a FEC implies: accounts, subsidiary accounts, journals with their types, fiscal years."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from qontable.entry import SubsidiaryKind
from qontable.events.reference import FiscalYear, ReferenceJournal
from qontable.fec.journals import JournalSurvey
from qontable.fec.problems import Findings
from qontable.fec.rows import FecRow
from qontable.fec.years import fiscal_years

_KINDS = {"40": SubsidiaryKind.SUPPLIER, "41": SubsidiaryKind.CUSTOMER, "42": SubsidiaryKind.EMPLOYEE}


def subsidiary_kind(account: str) -> SubsidiaryKind:
    """Whose account a subsidiary of this general account is."""
    return _KINDS.get(account[:2], SubsidiaryKind.OTHER)


@dataclass(frozen=True, slots=True)
class FecSubsidiary:
    """A subsidiary account: its label and the general accounts it stands below, in the order they were seen."""

    label: str
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a software file needs before it can take the entries of the FEC."""

    accounts: dict[str, str]
    subsidiaries: dict[str, FecSubsidiary]
    journals: tuple[ReferenceJournal, ...]
    fiscal_years: tuple[FiscalYear, ...]


@dataclass(slots=True)
class ChartSurvey:
    """Gathers a chart from rows and entries; holds each account, journal and day once."""

    findings: Findings
    accounts: dict[str, str] = field(default_factory=dict)
    subsidiaries: dict[str, FecSubsidiary] = field(default_factory=dict)
    journals: dict[str, JournalSurvey] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)

    def add_line(self, account: str, label: str, subsidiary: str = "", subsidiary_label: str = "") -> None:
        """Take the accounts of a line into account."""
        if not self.accounts.get(account):
            self.accounts[account] = label
        if not subsidiary:
            return
        known = self.subsidiaries.get(subsidiary)
        if known is None:
            self.subsidiaries[subsidiary] = FecSubsidiary(subsidiary_label, (account,))
        elif account not in known.accounts or not known.label:
            accounts = tuple(dict.fromkeys((*known.accounts, account)))
            self.subsidiaries[subsidiary] = FecSubsidiary(known.label or subsidiary_label, accounts)

    def add_row(self, row: FecRow) -> None:
        """Take a row of a file into account, and notice labels that contradict earlier ones."""
        self.add_line(row.account, row.account_label, row.subsidiary, row.subsidiary_label)
        if row.account_label and row.account_label != self.accounts[row.account]:
            self.findings.notice("account_labels", "an account has several labels: the first one is kept", row.line)
        if row.subsidiary_label and row.subsidiary and row.subsidiary_label != self.subsidiaries[row.subsidiary].label:
            what = "a subsidiary account has several labels: the first one is kept"
            self.findings.notice("subsidiary_labels", what, row.line)

    def add_entry(self, journal: str, journal_label: str, day: date, accounts: Collection[str]) -> None:
        """Take an entry into account for its journal's type and for the fiscal years."""
        self.days.add(day)
        self.journals.setdefault(journal, JournalSurvey(journal)).add(journal_label, day, accounts)

    def conclude(self, closing: date | None) -> Chart:
        """The chart of everything seen. `closing` is the last day of the fiscal year, where it is known."""
        years = fiscal_years(self.days, closing)
        if len(years) > 1:
            covered = ", ".join(f"{year.start} to {year.end}" for year in years)
            self.findings.notice("several_years", f"the dates need several fiscal years: {covered}", 2)
        starts = {date.fromisoformat(year.start) for year in years}
        journals = tuple(
            ReferenceJournal(code=journal.code, label=journal.label, type=journal.type(starts), account=journal.account)
            for journal in self.journals.values()
        )
        return Chart(self.accounts, self.subsidiaries, journals, years)
