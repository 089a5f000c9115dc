"""What Loop demands of an entry when an import runs, and what it makes of one: unknown things created, sides balanced.

The vendor publishes the options, not the checks behind status 4: every refusal here is assumed, as are their order and
their words, which no route shows. Facts: options and defaults of the import's page; labels of 35 characters and
third-party codes of 17 (Qonto, LOOP-2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qontable.database import Connection
from qontable.money import ZERO, known_currency
from sandbox.adapters.books import JournalRow
from sandbox.domain.books import NewEntry, NewLine
from sandbox.software.cegid_loop.folder_books import EntryRefused, FolderBooks
from sandbox.software.cegid_loop.folders import FolderSettings
from sandbox.software.cegid_loop.groups import Group
from sandbox.software.cegid_loop.import_body import Amount, Context, Line
from sandbox.software.cegid_loop.instants import read_day

LABEL = 35
THIRD = 17
CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 12
TYPES = ("None", *(str(number) for number in range(1, 8)))


@dataclass(frozen=True, slots=True)
class ImportRules:
    """The rules of one import: the folder as it is, its switches, the days between which entries may lie."""

    books: FolderBooks
    settings: FolderSettings
    context: Context | None

    async def entry(self, connection: Connection, group: Group) -> NewEntry:
        """The entry that a group of lines asks for, fit to be booked. Raises `EntryRefused`."""
        first = group.first
        journal = await self.books.journal(connection, first)
        day = self._day("date", first.date)
        await self._check_period(connection, journal, day)
        lines = [await self._line(connection, line, day) for _place, line in group.lines]
        lines += await self._balance(connection, lines, day)
        return NewEntry(
            software_file_id=self.books.file.id,
            pending=any(line.draft for _place, line in group.lines),
            reference=group.origin,
            unique_reference=False,
            journal_id=journal.id,
            date=day,
            metadata=None,
            comment=first.commentaire,
            lines=tuple(lines),
            documents=(),
        )

    async def _check_period(self, connection: Connection, journal: JournalRow, day: date) -> None:
        year = await self.books.year(connection, journal, day)
        if self.books.options.multi_periode:
            return
        if self.context is None or self.context.from_ is None or self.context.to is None:
            raise EntryRefused("le contexte n'est pas renseigné")
        start, end = read_day(self.context.from_, None), read_day(self.context.to, None)
        if not start <= day <= end:
            raise EntryRefused(f"le {day:%d/%m/%Y} est hors du contexte")
        if not (year.start_date <= start and end <= year.end_date):
            raise EntryRefused("le contexte dépasse une période ouverte")
        if self.settings.last_period_only and year != self.books.last_open_year():
            raise EntryRefused("seule la dernière période ouverte est permise sans multiPeriode")

    async def _line(self, connection: Connection, line: Line, day: date) -> NewLine:
        debit, credit = _cents(line.debit), _cents(line.credit)
        if debit and credit:
            raise EntryRefused("une ligne porte un débit et un crédit")
        if str(line.type) not in TYPES or str(line.type_mouvement) not in TYPES:
            raise EntryRefused(f"type inconnu : {line.type}, {line.type_mouvement}")
        account = await self.books.account(connection, line)
        code = self._within("code tiers", line.tiers or "", THIRD)
        booked_on = await self.books.third(connection, code, account) if code else account
        side = line.credit if credit else line.debit
        foreign = side.currency != "EUR"
        if not known_currency(side.currency) or abs(side.currency_amount or ZERO) >= LARGEST:
            raise EntryRefused(f"montant en devise impossible : {side.currency}")
        return NewLine(
            account_id=booked_on.id,
            label=self._within("libellé", line.libelle or "", LABEL),
            debit=debit,
            credit=credit,
            due_date=self._day("dateEcheance", line.date_echeance) if line.date_echeance else day,
            piece=line.ref_piece,
            invoice_number=line.reference,
            currency=side.currency,
            foreign_amount=side.currency_amount if foreign else None,
            analytic=(),
            general=account.number,
        )

    async def _balance(self, connection: Connection, lines: Sequence[NewLine], day: date) -> list[NewLine]:
        """The line that the importer adds by itself, if the options let it and the entry needs one."""
        missing = sum((line.debit - line.credit for line in lines), ZERO)
        if not missing:
            return []
        if self.books.options.fail_on_unbalanced:
            raise EntryRefused(f"l'écriture n'est pas équilibrée : {missing}")
        if not self.books.options.balance_auto:
            return []
        account = await self.books.waiting_account(connection)
        return [
            NewLine(
                account_id=account.id,
                label="Equilibrage automatique",
                debit=max(-missing, ZERO),
                credit=max(missing, ZERO),
                due_date=day,
                piece=lines[0].piece,
                invoice_number=None,
                currency="EUR",
                foreign_amount=None,
                analytic=(),
                general=account.number,
            )
        ]

    def _day(self, what: str, text: str | None) -> date:
        if not text:
            raise EntryRefused(f"{what} n'est pas renseignée")
        try:
            return read_day(text, self.books.options.format_date)
        except ValueError:
            raise EntryRefused(f"{what} n'est pas une date au format demandé") from None

    def _within(self, what: str, text: str, most: int) -> str:
        """A text as its column takes it: longer ones are cut, or refused where the folder says so."""
        if len(text) > most and self.settings.refuse_overlong:
            raise EntryRefused(f"{what} de plus de {most} caractères")
        return text[:most]


def _cents(amount: Amount) -> Decimal:
    if abs(amount.amount) >= LARGEST or amount.amount != amount.amount.quantize(CENT):
        raise EntryRefused("un montant n'est pas un nombre de centimes")
    return amount.amount.quantize(CENT)
