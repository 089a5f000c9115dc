"""Expense reports of employees, one document each."""

from datetime import date

from qontable.entry import EntryKind
from qontable.events.platform import Origin, WireJournal
from sandbox.domain.book.desk import Desk
from sandbox.domain.book.postings import Third, vat_of
from sandbox.domain.drafts import Draft

MOST_ITEMS = 6


def expense_report(desk: Desk, day: date) -> Draft:
    """What an employee spent for the workshop; VAT only where the law lets it be deducted."""
    employee = desk.chance.choice(desk.workshop.employees)
    number = desk.number("expenses", "NDF-2026-{n:04d}")
    postings = desk.postings()
    vat: dict[str, int] = {}
    for spending in desk.chance.choices(desk.workshop.expenses, k=desk.chance.randint(1, MOST_ITEMS)):
        net = desk.cents(spending.between)
        tax = vat_of(net, spending.vat)
        postings.add(spending.account, spending.label, net if spending.deductible else net + tax)
        if spending.deductible:
            vat[spending.vat] = vat.get(spending.vat, 0) + tax
    for rate, tax in sorted(vat.items()):
        postings.add("445660", f"TVA {rate} %", tax, vat=rate)
    title = f"Note de frais {employee.label} {number}"
    postings.settle(Third(employee.code, employee.label), title, payment="VIR")
    journal = desk.workshop.journal("expense_reports")
    return Draft(
        key="",
        kind=EntryKind.EXPENSE_REPORT,
        journal=WireJournal(code=journal.code, label=journal.label),
        date=day.isoformat(),
        label=title,
        lines=tuple(postings.lines),
        origin=Origin(type="expense_report", id=number),
        document_name=f"{number}.pdf",
    )
