"""What the software demands of an entry beyond its form: accounts, journal, period, balance, analytics.

The order of the checks is assumed; the vendor answers one refusal at a time.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from qontable.database import Connection
from qontable.money import ZERO, known_currency
from sandbox.adapters.accounts import accounts_by_id
from sandbox.adapters.books import JournalRow, axes, fiscal_years, journals, locked_period, sections
from sandbox.domain.books import NewEntry, NewLine, Share, SoftwareFile
from sandbox.software.myunisoft.attachments import attached
from sandbox.software.myunisoft.diaries import diary_type
from sandbox.software.myunisoft.entry_body import Distribution, EntryBody, EntryLine
from sandbox.software.myunisoft.errors import VendorError

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 12
NO_PAYMENT_TYPE = -1
ANALYTIC_ROOTS = ("6", "7")


async def checked_entry(connection: Connection, society: SoftwareFile, body: EntryBody, *, pending: bool) -> NewEntry:
    """The entry that a body asks for, fit to be booked. Raises the vendor's first refusal."""
    if body.etablissement_id != society.id:
        raise VendorError("ETAB3")
    journal = await _journal(connection, society, body.diary_id)
    await _check_period(connection, society, journal, body.date_piece)
    for line in body.entry_list:
        _check_line(line, body.date_piece)
    numbers = await _account_numbers(connection, society, body.entry_list)
    _check_balance(body.entry_list)
    _check_journal_type(journal, numbers.values())
    shares = await _shares(connection, society, body.entry_list, numbers)
    return NewEntry(
        software_file_id=society.id,
        pending=pending,
        reference=body.entry_origin_partner_id,
        unique_reference=society.unique_references,
        journal_id=journal.id,
        date=body.date_piece,
        metadata=body.json_text,
        comment=body.comment.content if body.comment else None,
        lines=tuple(_new_line(line, spread) for line, spread in zip(body.entry_list, shares, strict=True)),
        documents=tuple(attached(body)),
    )


async def _journal(connection: Connection, society: SoftwareFile, diary_id: int) -> JournalRow:
    found = next((row for row in await journals(connection, society.id) if row.id == diary_id), None)
    if found is None:
        raise VendorError("JOURNAL3")
    if found.closed:
        raise VendorError("JOURNAL21")
    if found.locked:
        raise VendorError("JOURNAL2")
    return found


async def _check_period(connection: Connection, society: SoftwareFile, journal: JournalRow, day: date) -> None:
    years = [year for year in await fiscal_years(connection, society.id) if year.start_date <= day <= year.end_date]
    if not years:
        raise VendorError("ECR10")
    if years[0].closed_at is not None:
        raise VendorError("ECR9")
    lock = await locked_period(connection, society.id, journal.id, day)
    if lock is not None:
        raise VendorError("BLOCAGE_PERIODIQUE23", lock.locked_by, f"{lock.locked_at:%d/%m/%Y}")


def _check_line(line: EntryLine, day: date) -> None:
    """A line by itself. That amounts have two decimals at most and may be negative or zero is assumed."""
    if not line.label.strip():
        raise VendorError("ECR42")
    for amount in (line.debit, line.credit):
        if abs(amount) >= LARGEST or amount != amount.quantize(CENT):
            raise VendorError("ECR2")
    if line.value_currency is not None and abs(line.value_currency) >= LARGEST:
        raise VendorError("ECR2")
    if line.debit and line.credit:
        raise VendorError("ECR27")
    if line.deadline < day:
        raise VendorError("DEADLINE1")
    if line.payment_type_id != NO_PAYMENT_TYPE:
        raise VendorError("TYPEPAY1")
    if not known_currency(line.currency):
        raise VendorError("ECR4", f"devise inconnue : {line.currency}")


async def _account_numbers(connection: Connection, society: SoftwareFile, lines: list[EntryLine]) -> dict[int, str]:
    """The numbers of all accounts of an entry, by their ids."""
    wanted = list({line.account_id for line in lines})
    known = await accounts_by_id(connection, wanted)
    for account_id in wanted:
        account = known.get(account_id)
        if account is None:
            raise VendorError("COMPTE2")
        if account.software_file_id != society.id:
            raise VendorError("COMPTE5")
        if account.closed:
            raise VendorError("COMPTE32", account.number)
    return {account_id: account.number for account_id, account in known.items()}


def _check_balance(lines: list[EntryLine]) -> None:
    if sum((line.debit for line in lines), ZERO) != sum((line.credit for line in lines), ZERO):
        raise VendorError("ECR1")


def _check_journal_type(journal: JournalRow, numbers: Iterable[str]) -> None:
    kind = diary_type(journal.type)
    accounts = list(numbers)
    if kind.needs and not any(number.startswith(kind.needs) for number in accounts):
        raise VendorError(kind.needs_error)
    refused = [number for number in accounts if kind.refuses and number.startswith(kind.refuses)]
    if refused:
        raise VendorError("JOURNAL11", kind.code, refused[0])


async def _shares(
    connection: Connection, society: SoftwareFile, lines: list[EntryLine], numbers: dict[int, str]
) -> list[tuple[Share, ...]]:
    """Each line's analytic shares, by the codes of their axes and sections."""
    if not any(line.analytique for line in lines):
        return [()] * len(lines)
    codes = {axis.id: axis.code for axis in await axes(connection, society.id)}
    places = {section.id: (section.axis_id, section.code) for section in await sections(connection, society.id)}
    spread = []
    for line in lines:
        if line.analytique and not numbers[line.account_id].startswith(ANALYTIC_ROOTS):
            raise VendorError("ANALYT003")
        shares = [share for part in line.analytique for share in _axis_shares(part, codes, places, line)]
        spread.append(tuple(shares))
    return spread


def _axis_shares(
    part: Distribution, codes: dict[int, str], places: dict[int, tuple[int, str]], line: EntryLine
) -> list[Share]:
    """The shares of one axis, which together are the line's amount."""
    if part.id_axe not in codes:
        raise VendorError("AXE2", part.code)
    shares = []
    for section in part.repartition:
        place = places.get(section.id_section)
        if place is None or place[0] != part.id_axe:
            raise VendorError("SECTION002", section.code)
        shares.append(Share(codes[part.id_axe], place[1], section.amount))
    if sum((share.amount for share in shares), ZERO) != line.debit + line.credit:
        raise VendorError("ANALYT004")
    return shares


def _new_line(line: EntryLine, shares: tuple[Share, ...]) -> NewLine:
    return NewLine(
        account_id=line.account_id,
        label=line.label,
        debit=line.debit,
        credit=line.credit,
        due_date=line.deadline,
        piece=line.piece,
        invoice_number=line.piece2,
        currency=line.currency,
        foreign_amount=line.value_currency,
        analytic=shares,
    )
