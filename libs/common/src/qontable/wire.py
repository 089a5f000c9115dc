"""From an entry's wire form to the `Entry` that the house works with.

The event model has checked structure; here amounts, dates and currencies are read. All mistakes are gathered, so that
the accountant hears of them at once.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from qontable.entry import (
    AnalyticShare,
    Document,
    Entry,
    EntryKind,
    EntryRef,
    EntryRefused,
    Finding,
    ForeignAmount,
    Journal,
    Line,
    Subsidiary,
    SubsidiaryKind,
)
from qontable.events.platform import EntryContent, WireLine
from qontable.money import ZERO, InvalidAmount, known_currency, parse_amount

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters but for tab and line ends, which are layout: no document, page or import file shows them."""


def read_entry(content: EntryContent) -> Entry:
    """The entry that an event carries.

    Raises `EntryRefused` with every finding: characters, amounts, dates, currency, balance.
    """
    findings: list[Finding] = []
    reader = _Reader(content.currency, findings)
    if not known_currency(content.currency):
        raise EntryRefused([Finding("unknown_currency", "currency", {"currency": content.currency})])
    entry_date = reader.day(content.date, "date")
    due_date = reader.day(content.due_date, "due_date") if content.due_date else None
    lines = tuple(reader.line(line, f"lines.{index}") for index, line in enumerate(content.lines))
    findings += _control_characters(content)
    if findings or entry_date is None:
        raise EntryRefused(findings)
    return Entry(
        ref=EntryRef(content.firm_id, content.file_id, content.entry_id),
        revision=content.revision,
        kind=EntryKind(content.kind),
        journal=Journal(content.journal.code, content.journal.label),
        date=entry_date,
        due_date=due_date,
        label=content.label,
        currency=content.currency,
        lines=lines,
        document_number=content.document_number,
        invoice_number=content.invoice_number,
        documents=tuple(
            Document(item.document_id, item.file_name, item.media_type, item.size, item.sha256)
            for item in content.documents
        ),
    )


class _Reader:
    """Reads values of one entry and notes what cannot be read, with the place where it stands."""

    def __init__(self, currency: str, findings: list[Finding]) -> None:
        self.currency = currency
        self.findings = findings

    def day(self, text: str, where: str) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.findings.append(Finding("impossible_date", where, {"date": text}))
            return None

    def amount(self, text: str, where: str, currency: str | None = None) -> Decimal:
        try:
            return parse_amount(text, currency or self.currency)
        except InvalidAmount as refusal:
            self.findings.append(Finding(refusal.code, where, refusal.values))
            return ZERO

    def ratio(self, text: str, where: str) -> Decimal | None:
        """A rate: any plain finite decimal."""
        try:
            value = Decimal(text)
        except ArithmeticError:
            value = Decimal("NaN")
        if not value.is_finite():
            self.findings.append(Finding("invalid_rate", where))
            return None
        return value

    def line(self, line: WireLine, where: str) -> Line:
        return Line(
            account=line.account,
            account_label=line.account_label,
            label=line.label,
            debit=self.amount(line.debit, f"{where}.debit"),
            credit=self.amount(line.credit, f"{where}.credit"),
            subsidiary=_subsidiary(line),
            foreign=self._foreign(line, where),
            analytic=tuple(
                AnalyticShare(share.axis, share.section, self.amount(share.amount, f"{where}.analytic.{index}"))
                for index, share in enumerate(line.analytic)
            ),
            vat_rate=self.ratio(line.vat.rate, f"{where}.vat.rate") if line.vat else None,
            payment_method=line.payment_method,
        )

    def _foreign(self, line: WireLine, where: str) -> ForeignAmount | None:
        foreign = line.foreign
        if foreign is None:
            return None
        return ForeignAmount(
            currency=foreign.currency,
            debit=self.amount(foreign.debit, f"{where}.foreign.debit", foreign.currency),
            credit=self.amount(foreign.credit, f"{where}.foreign.credit", foreign.currency),
            rate=self.ratio(foreign.rate, f"{where}.foreign.rate") if foreign.rate else None,
        )


def _control_characters(content: EntryContent) -> Iterator[Finding]:
    """The first control character of each text that holds one, with the place where it stands."""
    for where, text in _texts(content):
        if text and (found := CONTROL.search(text)):
            yield Finding("control_characters", where, {"character": f"U+{ord(found.group()):04X}"})


def _texts(content: EntryContent) -> Iterator[tuple[str, str | None]]:
    """Every text of an entry that leaves for the books, with its place."""
    for name in ("label", "document_number", "invoice_number"):
        yield name, getattr(content, name)
    yield "journal.code", content.journal.code
    yield "journal.label", content.journal.label
    for index, line in enumerate(content.lines):
        for name in ("account", "account_label", "label", "payment_method"):
            yield f"lines.{index}.{name}", getattr(line, name)
        if line.subsidiary:
            for name in ("code", "label", "siren", "vat_number"):
                yield f"lines.{index}.subsidiary.{name}", getattr(line.subsidiary, name)
        for share in line.analytic:
            yield f"lines.{index}.analytic", share.axis + share.section
    for index, document in enumerate(content.documents):
        yield f"documents.{index}.file_name", document.file_name


def _subsidiary(line: WireLine) -> Subsidiary | None:
    wire = line.subsidiary
    if wire is None:
        return None
    return Subsidiary(wire.code, wire.label, SubsidiaryKind(wire.kind), wire.siren, wire.vat_number)
