"""What the software demands of an entry beyond its form: balance, journal, accounts, fiscal year, file.

Published: at most 1,000 lines, balanced, ids that exist. All else, and the order of the checks, is assumed.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from qontable.database import Connection
from qontable.money import ZERO
from sandbox.adapters.accounts import accounts_by_id
from sandbox.adapters.attachments import find_attachment
from sandbox.adapters.books import fiscal_years, journals, locked_period
from sandbox.domain.books import BookedEntry, NewDocument, NewEntry, NewLine, SoftwareFile
from sandbox.domain.marks import parted
from sandbox.software.pennylane.entry_body import EntryBody, EntryFile, LineBody
from sandbox.software.pennylane.errors import VendorError

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 12
MAX_LINES = 1000


async def checked_entry(connection: Connection, company: SoftwareFile, body: EntryBody) -> NewEntry:
    """The entry that a body asks for, fit to be booked. Raises 422 for the first thing that is wrong.

    The mark in the entry's label, or else in a line's, is what it is known by (our own convention; to the vendor it is
    text like any other).
    """
    if len(body.ledger_entry_lines) > MAX_LINES:
        raise VendorError("too_many_lines")
    _check_texts(body)
    lines = tuple(_new_line(body, line) for line in body.ledger_entry_lines)
    _check_balance(lines)
    await _check_journal(connection, company, body)
    await _check_accounts(connection, company, {line.account_id for line in lines})
    await _check_date(connection, company, body)
    return NewEntry(
        software_file_id=company.id,
        pending=company.books_as_draft,
        reference=_mark(body),
        unique_reference=False,
        journal_id=body.journal_id,
        date=body.date,
        metadata=None,
        comment=None,
        lines=lines,
        documents=await _documents(connection, company, body.file_attachment_id),
        label=body.label,
    )


def _mark(body: EntryBody) -> str | None:
    labels = (body.label, *(line.label for line in body.ledger_entry_lines))
    return next((mark for _text, mark in map(parted, labels) if mark), None)


def _check_texts(body: EntryBody) -> None:
    labels = (body.label, *(line.label for line in body.ledger_entry_lines))
    if not body.label.strip() or any("\0" in label for label in labels):
        raise VendorError("text")


def _new_line(body: EntryBody, line: LineBody) -> NewLine:
    """A line; that one without a label stays without is assumed."""
    return NewLine(
        account_id=line.ledger_account_id,
        label=line.label,
        debit=_amount(line.debit),
        credit=_amount(line.credit),
        due_date=body.date,
        piece=None,
        invoice_number=None,
        currency=body.currency,
        foreign_amount=None,
        analytic=(),
    )


def _amount(text: str) -> Decimal:
    """An amount. That it has two decimals at most is assumed."""
    value = Decimal(text or "0")
    if abs(value) >= LARGEST or value != value.quantize(CENT):
        raise VendorError("amount", text)
    return value


def _check_balance(lines: Iterable[NewLine]) -> None:
    debit = sum((line.debit for line in lines), ZERO)
    credit = sum((line.credit for line in lines), ZERO)
    if debit != credit:
        raise VendorError("not_balanced", details={"debit_total": f"{debit:f}", "credit_total": f"{credit:f}"})


async def _check_journal(connection: Connection, company: SoftwareFile, body: EntryBody) -> None:
    known = await journals(connection, company.id)
    journal = next((row for row in known if row.id == body.journal_id), None)
    if journal is None:
        raise VendorError("unknown_journal", body.journal_id)
    if journal.closed or journal.locked:
        raise VendorError("journal_closed", journal.code)


async def _check_accounts(connection: Connection, company: SoftwareFile, wanted: set[int]) -> None:
    known = await accounts_by_id(connection, list(wanted))
    for account_id in sorted(wanted):
        account = known.get(account_id)
        if account is None or account.software_file_id != company.id:
            raise VendorError("unknown_account", account_id)
        if account.closed:
            raise VendorError("account_disabled", account.number)


async def checked_file(
    connection: Connection, company: SoftwareFile, entry: BookedEntry, body: EntryFile
) -> NewDocument:
    """The file to attach to an entry that is there. That its period must be open is assumed. Raises 422."""
    await _check_open(connection, company, entry.journal_id, entry.date)
    return (await _documents(connection, company, body.file_attachment_id))[0]


async def _check_date(connection: Connection, company: SoftwareFile, body: EntryBody) -> None:
    await _check_open(connection, company, body.journal_id, body.date)


async def _check_open(connection: Connection, company: SoftwareFile, journal_id: int, day: date) -> None:
    years = [year for year in await fiscal_years(connection, company.id) if year.start_date <= day <= year.end_date]
    if not years:
        raise VendorError("no_fiscal_year", day)
    if years[0].closed_at is not None:
        raise VendorError("fiscal_year_closed", day)
    if await locked_period(connection, company.id, journal_id, day):
        raise VendorError("period_locked", day)


async def _documents(
    connection: Connection, company: SoftwareFile, attachment_id: int | None
) -> tuple[NewDocument, ...]:
    """The file that an entry names. That one file may go with several entries is assumed."""
    if attachment_id is None:
        return ()
    found = await find_attachment(connection, company.id, attachment_id)
    if found is None:
        raise VendorError("unknown_attachment", attachment_id)
    return (found,)
