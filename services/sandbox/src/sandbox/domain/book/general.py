"""Entries of the accountant's own hand: the opening balance, salaries, depreciation."""

import calendar
from datetime import date

from qontable.entry import EntryKind
from qontable.events.platform import WireJournal
from qontable.events.reference import JournalType
from sandbox.domain.book.desk import YEAR, Desk
from sandbox.domain.book.postings import Postings, Third
from sandbox.domain.drafts import Draft

OPENING = {
    "215400": 48_250_00,
    "218300": 6_980_00,
    "281540": -19_300_00,
    "311000": 22_415_37,
    "512100": 31_087_42,
    "101300": -30_000_00,
    "106100": -3_000_00,
    "164000": -17_630_00,
}
MONTHS = range(1, 13)
WITHHELD_PERCENT = 28
EMPLOYER_SHARES = (("645100", "431000", 30), ("645300", "437200", 6))
DEPRECIATION = 402_08


def opening(desk: Desk) -> Draft:
    """The balance brought forward, on the first day of the year."""
    postings = desk.postings()
    for account, cents in OPENING.items():
        postings.add(account, "À-nouveaux au 1er janvier 2026", cents)
    postings.balance("110000", "À-nouveaux au 1er janvier 2026")
    return _draft(desk, "opening", date(YEAR, 1, 1), "À-nouveaux au 1er janvier 2026", postings, None)


def salaries(desk: Desk, month: int) -> Draft:
    """The pay of a month: what each employee gets, and what is owed to the social funds."""
    title = f"Salaires {month:02d}/{YEAR}"
    postings = desk.postings()
    gross = sum(employee.salary * 100 + employee.salary * WITHHELD_PERCENT for employee in desk.workshop.employees)
    postings.add("641100", title, gross)
    for expense, fund, percent in EMPLOYER_SHARES:
        postings.add(expense, f"{title}, part patronale", gross * percent // 100)
        postings.add(fund, f"{title}, cotisations", -(gross * percent // 100))
    for employee in desk.workshop.employees:
        postings.owe(Third(employee.code, employee.label), f"{title} {employee.label}", -employee.salary * 100)
    postings.balance("431000", f"{title}, part salariale")
    return _draft(desk, "general", _month_end(month), title, postings, f"Journal-de-paie-{YEAR}-{month:02d}.pdf")


def depreciation(desk: Desk, month: int) -> Draft:
    """A month's depreciation of the machines."""
    title = f"Dotation aux amortissements {month:02d}/{YEAR}"
    postings = desk.postings()
    postings.add("681120", title, DEPRECIATION)
    postings.balance("281540", title)
    return _draft(desk, "general", _month_end(month), title, postings, f"Amortissements-{YEAR}-{month:02d}.pdf")


def _draft(
    desk: Desk, journal_type: JournalType, day: date, title: str, postings: Postings, document: str | None
) -> Draft:
    journal = desk.workshop.journal(journal_type)
    return Draft(
        key="",
        kind=EntryKind.MISCELLANEOUS,
        journal=WireJournal(code=journal.code, label=journal.label),
        date=day.isoformat(),
        label=title,
        lines=tuple(postings.lines),
        document_name=document or "Balance-d-ouverture.pdf",
    )


def _month_end(month: int) -> date:
    return date(YEAR, month, calendar.monthrange(YEAR, month)[1])
