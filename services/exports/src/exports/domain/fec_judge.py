"""A FEC judged by the law: every breach of a rule, with line and column. Memory does not grow with the number of lines.

The rules are in `fec_rules.toml`. Reading here is stricter than where entries are taken over: what is told is what an
inspector's tool or an importer would say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from exports.domain.fec_header import judge_header
from exports.domain.fec_numbering import Numbering
from exports.domain.fec_verdict import Verdict
from qontable.fec.layout import SIDES, Layout
from qontable.fec.values import Unreadable, day_spelling, read_amount, read_day, read_side
from qontable.fec.years import fiscal_years, read_file_name
from qontable.money import ZERO, known_currency

REQUIRED = ("JournalCode", "JournalLib", "EcritureNum", "CompteNum", "CompteLib", "PieceRef", "EcritureLib")
REQUIRED_DATES = ("EcritureDate", "PieceDate", "ValidDate")
DATES = (*REQUIRED_DATES, "DateLet")
FEC_NAME = re.compile(r"\d{9}FEC\d{8}(_\d+)?\.txt", re.IGNORECASE | re.ASCII)
AMOUNT = re.compile(r"[+-]?\d+(,\d+)?[+-]?", re.ASCII)
ROOT = re.compile(r"\d{3}", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
PAIRS = (
    ("subsidiary_pair", "CompAuxNum", "CompAuxLib"),
    ("lettering_pair", "EcritureLet", "DateLet"),
)


def judge_name(name: str, verdict: Verdict) -> None:
    """Whether the file is called as the law asks."""
    if not FEC_NAME.fullmatch(name) or read_file_name(name).closing is None:
        verdict.add("file_name", 0, detail=name)


def judge_lines(lines: Iterable[tuple[int, str]], closing: date | None, verdict: Verdict) -> None:
    """Judge the text, line by line; `closing` is the end of the fiscal year where it is known."""
    numbered = iter(lines)
    first = next(numbered, None)
    layout = judge_header(first[1], verdict) if first else None
    if first is None:
        verdict.add("no_lines", 0)
    if layout is None:
        return
    _LineJudge(layout, closing, verdict).judge(numbered)


@dataclass(slots=True)
class _Group:
    """The entry whose lines are being read."""

    journal: str
    number: str
    line: int
    day: date | None
    balance: Decimal = ZERO


class _LineJudge:
    def __init__(self, layout: Layout, closing: date | None, verdict: Verdict) -> None:
        self._layout = layout
        self._verdict = verdict
        year = fiscal_years([closing], closing)[0] if closing else None
        self._year = (date.fromisoformat(year.start), date.fromisoformat(year.end)) if year else None
        self._group: _Group | None = None
        self._open: dict[tuple[str, str], tuple[int, Decimal]] = {}
        self._journals: dict[str, Decimal] = {}
        self._numbering = Numbering()
        self._last_validated: date | None = None

    def judge(self, lines: Iterator[tuple[int, str]]) -> None:
        for line, text in lines:
            if not text.strip():
                self._verdict.add("empty_line", line)
                continue
            fields = self._fields(line, text)
            if fields is not None:
                self._verdict.lines += 1
                self._judge_fields(line, fields)
        self._conclude()

    def _fields(self, line: int, text: str) -> dict[str, str] | None:
        values = self._layout.split(text)
        if values is None:
            count = text.count(self._layout.separator) + 1
            self._verdict.add("field_count", line, detail=f"{count} instead of {self._layout.width}")
            return None
        if found := CONTROL.search(text):
            self._verdict.add("control_character", line, detail=f"U+{ord(found.group()):04X}")
        return {name: values[position] for name, position in self._layout.positions.items()}

    def _judge_fields(self, line: int, fields: dict[str, str]) -> None:
        for name in (*REQUIRED, *REQUIRED_DATES):
            if not fields[name]:
                self._verdict.add("field_empty", line, name)
        days = {name: self._day(line, name, fields[name]) for name in DATES if fields[name]}
        debit, credit = self._amounts(line, fields)
        self._judge_account(line, fields)
        self._judge_pairs(line, fields)
        self._judge_days(line, days)
        self._follow(line, fields, days.get("EcritureDate"), debit - credit)

    def _day(self, line: int, name: str, text: str) -> date | None:
        try:
            day = read_day(text)
        except Unreadable:
            self._verdict.add("date_impossible", line, name, text)
            return None
        if day_spelling(text):
            self._verdict.add("date_spelling", line, name, text)
        return day

    def _amounts(self, line: int, fields: dict[str, str]) -> tuple[Decimal, Decimal]:
        if self._layout.signed:
            amount = self._amount(line, "Montant", fields["Montant"])
            try:
                side = read_side(fields["Sens"])
            except Unreadable:
                self._verdict.add("side_unreadable", line, "Sens", fields["Sens"])
                return ZERO, ZERO
            debit, credit = (amount, ZERO) if side > 0 else (ZERO, amount)
        else:
            debit, credit = (self._amount(line, name, fields[name]) for name in SIDES)
        if debit and credit:
            self._verdict.add("both_sides", line)
        if not debit and not credit:
            self._verdict.add("no_amount", line)
        return debit, credit

    def _amount(self, line: int, name: str, text: str) -> Decimal:
        try:
            amount = read_amount(text)
        except Unreadable:
            amount = None
        if amount is None or (text and not AMOUNT.fullmatch(text)):
            self._verdict.add("amount_unreadable", line, name, text)
        return amount or ZERO

    def _judge_account(self, line: int, fields: dict[str, str]) -> None:
        account = fields["CompteNum"]
        if account and not ROOT.match(account):
            self._verdict.add("account_root", line, "CompteNum", account)

    def _judge_pairs(self, line: int, fields: dict[str, str]) -> None:
        for rule, one, other in PAIRS:
            if bool(fields[one]) != bool(fields[other]):
                self._verdict.add(rule, line, one)
        amount, currency = fields["Montantdevise"], fields["Idevise"]
        if bool(amount) != bool(currency):
            self._verdict.add("currency_pair", line, "Montantdevise")
        if amount:
            self._amount_in_currency(line, amount)
        if currency and not known_currency(currency.upper()):
            self._verdict.add("currency_unknown", line, "Idevise", currency)

    def _amount_in_currency(self, line: int, text: str) -> None:
        if not AMOUNT.fullmatch(text):
            self._verdict.add("amount_unreadable", line, "Montantdevise", text)

    def _judge_days(self, line: int, days: Mapping[str, date | None]) -> None:
        day, validated = days.get("EcritureDate"), days.get("ValidDate")
        if day and self._year and not self._year[0] <= day <= self._year[1]:
            self._verdict.add("outside_year", line, "EcritureDate", day.isoformat())
        if day and validated and validated < day:
            self._verdict.add("validated_before", line, "ValidDate", validated.isoformat())
        if validated:
            if self._last_validated and validated < self._last_validated:
                self._verdict.add("not_validated_in_order", line, "ValidDate", validated.isoformat())
            self._last_validated = validated

    def _follow(self, line: int, fields: dict[str, str], day: date | None, balance: Decimal) -> None:
        journal, number = fields["JournalCode"], fields["EcritureNum"]
        self._journals[journal] = self._journals.get(journal, ZERO) + balance
        group = self._group
        if group is None or (group.journal, group.number) != (journal, number):
            self._close_group()
            group = self._group = _Group(journal, number, line, day)
        elif day and group.day and day != group.day:
            self._verdict.add("entry_dates", line, "EcritureDate", day.isoformat())
        group.balance += balance

    def _close_group(self) -> None:
        """Entries whose lines lie apart are summed up; only those that do not balance yet are remembered."""
        group = self._group
        if group is None:
            return
        key = (group.journal, group.number)
        line, before = self._open.pop(key, (group.line, ZERO))
        if before + group.balance:
            self._open[key] = (line, before + group.balance)
        if group.number:
            self._numbering.add(group.journal, group.number, group.line)
        self._verdict.entries += 1

    def _conclude(self) -> None:
        self._close_group()
        if not self._verdict.lines:
            self._verdict.add("no_lines", 0)
        for (journal, number), (line, balance) in self._open.items():
            self._verdict.add("entry_unbalanced", line, detail=f"{journal}/{number}: {balance}")
        for journal, balance in self._journals.items():
            if balance:
                self._verdict.add("journal_unbalanced", 0, detail=f"{journal}: {balance}")
        self._numbering.conclude(self._verdict)
