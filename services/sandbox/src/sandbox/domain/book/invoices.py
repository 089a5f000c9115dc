"""Purchases and sales: invoices and credit notes, in euros and other currencies, with every kind of VAT."""

from datetime import date, timedelta

from qontable.entry import EntryKind
from qontable.events.platform import Origin, WireJournal
from qontable.events.reference import JournalType
from sandbox.domain.book.desk import Desk
from sandbox.domain.book.postings import Postings, Third, vat_of
from sandbox.domain.book.workshop import ThirdParty
from sandbox.domain.drafts import Draft

TERMS = timedelta(days=30)
REVERSE_RATE = "20"
CARRIAGE_CHANCE = 0.2


def purchase(desk: Desk, day: date) -> Draft:
    """A supplier's invoice, or now and then a credit note."""
    party = desk.pick(desk.workshop.suppliers)
    credit_note = desk.credits("purchases")
    number = desk.number(party.code, party.number)
    postings = desk.postings(party.currency)
    net = _bought_lines(desk, party, postings, -1 if credit_note else 1)
    _input_vat(postings, party, net)
    title = f"{'Avoir ' if credit_note else ''}{party.label} {number}"
    postings.settle(Third(party.code, party.label, party.siren), title, payment="VIR")
    return _invoice(desk, EntryKind.PURCHASE, "purchases", day, title, number, postings)


def sale(desk: Desk, day: date) -> Draft:
    """An invoice to a customer, or now and then a credit note."""
    party = desk.pick(desk.workshop.customers)
    credit_note = desk.credits("sales")
    number = desk.number("credit", "AV-2026-{n:04d}") if credit_note else desk.number("sales", party.number)
    postings = desk.postings(party.currency)
    sign = 1 if credit_note else -1
    net = sign * desk.cents(party.between)
    what = desk.chance.choice(party.goods)
    postings.add(party.account, f"{what} - {party.label}", net, analytic=desk.sections(party))
    if desk.happens(CARRIAGE_CHANCE):
        carriage = sign * desk.cents((30, 180))
        postings.add("708500", "Port et livraison", carriage)
        net += carriage
    if party.vat not in ("none", "reverse"):
        postings.add("445710", f"TVA {_percent(party.vat)}", vat_of(net, party.vat), vat=party.vat)
    title = f"{'Avoir ' if credit_note else ''}{party.label} {number}"
    postings.settle(Third(party.code, party.label, party.siren), title, payment="VIR")
    postings.lines.insert(0, postings.lines.pop())
    return _invoice(desk, EntryKind.SALE, "sales", day, title, number, postings)


def _bought_lines(desk: Desk, party: ThirdParty, postings: Postings, sign: int) -> int:
    """One line, or as many as this supplier itemises; the sum before VAT."""
    count = desk.chance.randint(max(1, party.lines // 2), party.lines)
    net = 0
    for _ in range(count):
        cents = sign * desk.cents(party.between)
        what = desk.chance.choice(party.goods)
        postings.add(party.account, f"{what} - {party.label}", cents, analytic=desk.sections(party))
        net += cents
    if party.account.startswith("60") and desk.happens(CARRIAGE_CHANCE):
        carriage = sign * desk.cents((12, 90))
        postings.add("624100", "Port sur achats", carriage)
        net += carriage
    return net


def _input_vat(postings: Postings, party: ThirdParty, net: int) -> None:
    if party.vat == "none":
        return
    if party.vat == "reverse":
        vat = vat_of(net, REVERSE_RATE)
        postings.add("445662", "TVA intracommunautaire déductible", vat, vat=REVERSE_RATE)
        postings.add("445200", "TVA due intracommunautaire", -vat, vat=REVERSE_RATE)
        return
    account = "445620" if party.account.startswith("2") else "445660"
    postings.add(account, f"TVA {_percent(party.vat)}", vat_of(net, party.vat), vat=party.vat)


def _invoice(
    desk: Desk, kind: EntryKind, journal: JournalType, day: date, title: str, number: str, postings: Postings
) -> Draft:
    book = desk.workshop.journal(journal)
    file_name = number.replace("/", "-")
    return Draft(
        key="",
        kind=kind,
        journal=WireJournal(code=book.code, label=book.label),
        date=day.isoformat(),
        due_date=(day + TERMS).isoformat(),
        label=title,
        invoice_number=number,
        lines=tuple(postings.lines),
        origin=Origin(type="supplier_invoice" if kind is EntryKind.PURCHASE else "client_invoice", id=number),
        document_name=f"{file_name}.pdf",
    )


def _percent(rate: str) -> str:
    return f"{rate.replace('.', ',')} %"
