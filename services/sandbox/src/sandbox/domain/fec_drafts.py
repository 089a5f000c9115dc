"""The entries of a FEC as the platform would publish them: one event per entry, nothing added, nothing netted."""

from collections.abc import Iterator

from qontable.entry import EntryKind
from qontable.events.platform import Origin, WireForeign, WireJournal, WireLine, WireSubsidiary
from qontable.events.reference import JournalType
from qontable.fec import Fec, FecEntry, FecRow
from qontable.fec.chart import subsidiary_kind
from qontable.fec.problems import Findings
from qontable.money import BOOK_CURRENCY, InvalidAmount, format_amount, parse_amount
from sandbox.domain.drafts import Draft

KINDS: dict[JournalType, EntryKind] = {
    "purchases": EntryKind.PURCHASE,
    "sales": EntryKind.SALE,
    "expense_reports": EntryKind.EXPENSE_REPORT,
    "bank": EntryKind.BANK,
    "cash": EntryKind.BANK,
}
"""What the entries of a journal are; those of any other are miscellaneous."""


def drafts_of_fec(fec: Fec, findings: Findings) -> Iterator[Draft]:
    """Every entry in file order, each with a document. Foreign amounts that no currency can hold are noticed.

    PieceRef is the document number. A FEC knows no invoice number: giving it one would make the same piece in two
    entries look like a duplicate.
    """
    kinds = {journal.code: KINDS.get(journal.type, EntryKind.MISCELLANEOUS) for journal in fec.chart.journals}
    series = fec.chart.fiscal_years[0].end
    for entry in fec.entries():
        yield _draft(entry, kinds[entry.journal_code], series, findings)


def _draft(entry: FecEntry, kind: EntryKind, series: str, findings: Findings) -> Draft:
    return Draft(
        key=entry.key,
        series=series,
        kind=kind,
        journal=WireJournal(code=entry.journal_code, label=entry.journal_label),
        date=entry.date.isoformat(),
        label=entry.label,
        document_number=entry.piece or None,
        lines=tuple(_line(row, findings) for row in entry.lines),
        origin=Origin(type="fec", id=entry.key),
        document_name=f"{_file_name(entry.key)}.pdf",
    )


def _line(row: FecRow, findings: Findings) -> WireLine:
    subsidiary = WireSubsidiary(
        code=row.subsidiary, label=row.subsidiary_label, kind=subsidiary_kind(row.account).value
    )
    return WireLine(
        account=row.account,
        account_label=row.account_label,
        label=row.label,
        debit=format_amount(row.debit),
        credit=format_amount(row.credit),
        subsidiary=subsidiary if row.subsidiary else None,
        foreign=_foreign(row, findings),
    )


def _foreign(row: FecRow, findings: Findings) -> WireForeign | None:
    """The amount in another currency, on the side and with the sign of the euros: files sign it either way."""
    if row.foreign_amount is None or row.currency.upper() in ("", BOOK_CURRENCY):
        return None
    currency = row.currency.upper()
    try:
        amount = parse_amount(format_amount(abs(row.foreign_amount)), currency)
    except InvalidAmount:
        findings.notice("foreign_left_out", "an amount in a foreign currency cannot be read and was left out", row.line)
        return None
    signed = -amount if row.debit < 0 or row.credit < 0 else amount
    zero = parse_amount("0", currency)
    on_credit = bool(row.credit) or (not row.debit and row.foreign_amount < 0)
    debit, credit = (zero, signed) if on_credit else (signed, zero)
    return WireForeign(currency=currency, debit=format_amount(debit), credit=format_amount(credit))


def _file_name(key: str) -> str:
    """A key as a file name: letters, digits, dots and hyphens of ASCII."""
    return "".join(mark if mark.isascii() and (mark.isalnum() or mark in ".-") else "-" for mark in key)
