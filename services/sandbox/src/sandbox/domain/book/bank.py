"""Bank entries: invoices paid and received, most without a document, and what the bank and the state take."""

from datetime import date

from qontable.entry import EntryKind
from qontable.events.platform import Origin, WireJournal
from sandbox.domain.book.desk import Desk
from sandbox.domain.book.postings import Postings, Third, vat_of
from sandbox.domain.book.workshop import Spending
from sandbox.domain.drafts import Draft

INTEREST_SHARE = 12
EXCHANGE_PERCENT = 2


def settlement(desk: Desk, invoice: Draft, day: date) -> Draft:
    """The payment of an invoice, without a document; one in another currency leaves an exchange difference."""
    line = next(line for line in invoice.lines if line.subsidiary)
    assert line.subsidiary is not None
    third = Third(line.subsidiary.code, line.subsidiary.label, line.subsidiary.siren)
    owed = _cents(line.credit) - _cents(line.debit)
    postings = desk.postings()
    title = f"VIR {third.label} {invoice.invoice_number}"
    postings.owe(third, title, owed)
    if line.foreign:
        difference = abs(owed) * desk.chance.randint(-EXCHANGE_PERCENT * 100, EXCHANGE_PERCENT * 100) // 10_000
        if difference:
            postings.add("666000" if difference > 0 else "766000", f"Différence de change {third.label}", difference)
    return _bank_entry(desk, day, title, postings, document=None)


def charge(desk: Desk, spending: Spending, day: date) -> Draft:
    """Something that the bank debits by itself, with the bank's notice as document."""
    number = desk.number("bank", "AVIS-2026-{n:04d}")
    postings = desk.postings()
    cents = desk.cents(spending.between)
    postings.add(spending.account, spending.label, cents)
    if spending.vat != "none":
        postings.add("445660", f"TVA {spending.vat} %", vat_of(cents, spending.vat), vat=spending.vat)
    if spending.account.startswith("16"):
        postings.add("661100", f"{spending.label}, intérêts", cents // INTEREST_SHARE)
    return _bank_entry(desk, day, f"{spending.label} {number}", postings, document=f"{number}.pdf")


def _bank_entry(desk: Desk, day: date, title: str, postings: Postings, document: str | None) -> Draft:
    journal = desk.workshop.journal("bank")
    assert journal.account is not None
    postings.balance(journal.account, title)
    return Draft(
        key="",
        kind=EntryKind.BANK,
        journal=WireJournal(code=journal.code, label=journal.label),
        date=day.isoformat(),
        label=title,
        lines=tuple(postings.lines),
        origin=Origin(type="transaction", id=desk.number("transaction", "trx_{n:06d}")),
        document_name=document,
    )


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))
