"""What a stand-in software file must hold before it can take a book: the chart of a FEC, or the workshop's."""

from datetime import date

from qontable.events.reference import FiscalYear
from qontable.fec.chart import Chart
from sandbox.domain.book.desk import YEAR
from sandbox.domain.book.problems import CLOSED_BEFORE
from sandbox.domain.book.workshop import Workshop
from sandbox.domain.seed import (
    AccountSeed,
    AxisSeed,
    FiscalYearSeed,
    JournalSeed,
    SectionSeed,
    SoftwareFileSeed,
    SubsidiarySeed,
)


def seed_from_chart(
    chart: Chart, axes: tuple[AxisSeed, ...] = (), *, connector: str, firm: str, code: str, name: str
) -> SoftwareFileSeed:
    """A software file with everything that a checked FEC, or a file of events, names."""
    return SoftwareFileSeed(
        connector=connector,
        firm=firm,
        code=code,
        name=name,
        accounts=tuple(AccountSeed(number=number, label=label) for number, label in chart.accounts.items()),
        subsidiaries=tuple(
            SubsidiarySeed(code=code, label=third.label, account=account)
            for code, third in chart.subsidiaries.items()
            for account in third.accounts
        ),
        journals=tuple(
            JournalSeed(code=journal.code, name=journal.label, type=journal.type, account=journal.account)
            for journal in chart.journals
        ),
        fiscal_years=tuple(map(_year, chart.fiscal_years)),
        axes=axes,
    )


def seed_from_workshop(workshop: Workshop, *, connector: str, firm: str, code: str) -> SoftwareFileSeed:
    """The workshop's software file: last year closed, this one and the next open."""
    thirds = [(party.code, party.label) for party in (*workshop.suppliers, *workshop.customers)]
    thirds += [(employee.code, employee.label) for employee in workshop.employees]
    axis = workshop.axis
    return SoftwareFileSeed(
        connector=connector,
        firm=firm,
        code=code,
        name=workshop.company.name,
        siret=f"{workshop.company.siren}00017",
        accounts=tuple(
            AccountSeed(number=number, label=label, closed=number == CLOSED_BEFORE)
            for number, label in workshop.accounts.items()
        ),
        subsidiaries=tuple(
            SubsidiarySeed(code=number, label=label, account=f"{number[:3]}000") for number, label in thirds
        ),
        journals=tuple(
            JournalSeed(code=journal.code, name=journal.label, type=journal.type, account=journal.account)
            for journal in workshop.journals
        ),
        fiscal_years=tuple(
            FiscalYearSeed(start=date(year, 1, 1), end=date(year, 12, 31), closed=year < YEAR)
            for year in (YEAR - 1, YEAR, YEAR + 1)
        ),
        axes=(
            AxisSeed(
                code=axis.code,
                label=axis.label,
                sections=tuple(SectionSeed(code=section, label=label) for section, label in axis.sections.items()),
            ),
        ),
    )


def _year(year: FiscalYear) -> FiscalYearSeed:
    return FiscalYearSeed(start=date.fromisoformat(year.start), end=date.fromisoformat(year.end), closed=year.closed)
