"""A book from a file: a FEC, or one JSON body of `entry.validated` a line. What it names is its own reference data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson
from pydantic import ValidationError

from qontable.entry import EntryKind
from qontable.events.platform import EntryContent, WireJournal, WireLine, WireSubsidiary
from qontable.events.reference import Account, JournalType, ReferenceRows
from qontable.fec import open_fec
from qontable.fec.chart import Chart, ChartSurvey, subsidiary_kind
from qontable.fec.entries import FecEntry
from qontable.fec.problems import Findings, Problem
from qontable.fec.rows import FecRow
from qontable.money import format_amount

KINDS: dict[JournalType, EntryKind] = {
    "purchases": EntryKind.PURCHASE,
    "sales": EntryKind.SALE,
    "expense_reports": EntryKind.EXPENSE_REPORT,
    "bank": EntryKind.BANK,
    "cash": EntryKind.BANK,
}
"""What the entries of a journal are; those of any other are miscellaneous."""
REMEDY = "Write one body of entry.validated a line, as its JSON Schema says."
NO_PART_OF_AN_ID = re.compile(r"[^A-Za-z0-9_.:-]")
FIRM, FILE = "frm_preview", "fil_preview"


@dataclass(frozen=True, slots=True)
class Book:
    """Entries in the file's order, and the accounts, journals and fiscal years that they name, all of them open."""

    entries: tuple[EntryContent, ...]
    reference: ReferenceRows


def read_book(path: Path) -> Book:
    """The book in a file. Raises `FecRefused` with every problem of the file, `OSError` when there is none."""
    with path.open("rb") as file:
        starts_as_json = file.read(1) == b"{"
    return _events(path) if starts_as_json else _fec(path)


def _events(path: Path) -> Book:
    findings = Findings()
    entries = tuple(_read_lines(path, findings))
    if not entries and not findings.count:
        findings.refuse(Problem(1, "", "the file holds no entry", REMEDY))
    findings.raise_if_refused()
    survey = ChartSurvey(findings)
    for entry in entries:
        for line in entry.lines:
            third = line.subsidiary
            survey.add_line(line.account, line.account_label, third.code if third else "", third.label if third else "")
        accounts = {line.account for line in entry.lines}
        survey.add_entry(entry.journal.code, entry.journal.label, date.fromisoformat(entry.date), accounts)
    return Book(entries, _rows(survey.conclude(closing=None)))


def _read_lines(path: Path, findings: Findings) -> Iterator[EntryContent]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                content = EntryContent.model_validate(orjson.loads(line))
                date.fromisoformat(content.date)
            except orjson.JSONDecodeError:
                findings.refuse(Problem(number, "", "the line is not JSON", REMEDY))
            except ValidationError as error:
                for item in error.errors():
                    findings.refuse(Problem(number, ".".join(map(str, item["loc"])), item["msg"], REMEDY))
            except ValueError:
                findings.refuse(Problem(number, "date", "there is no such date", REMEDY))
            else:
                yield content


def _fec(path: Path) -> Book:
    fec = open_fec(path)
    kinds = {journal.code: KINDS.get(journal.type, EntryKind.MISCELLANEOUS) for journal in fec.chart.journals}
    return Book(tuple(_entry(entry, kinds[entry.journal_code]) for entry in fec.entries()), _rows(fec.chart))


def _entry(entry: FecEntry, kind: EntryKind) -> EntryContent:
    return EntryContent(
        firm_id=FIRM,
        file_id=FILE,
        entry_id=NO_PART_OF_AN_ID.sub("-", entry.key.replace("/", ":")),
        revision=1,
        kind=kind.value,
        journal=WireJournal(code=entry.journal_code, label=entry.journal_label),
        date=entry.date.isoformat(),
        label=entry.label,
        document_number=entry.piece or None,
        lines=tuple(map(_line, entry.lines)),
    )


def _line(row: FecRow) -> WireLine:
    kind = subsidiary_kind(row.account).value
    third = WireSubsidiary(code=row.subsidiary, label=row.subsidiary_label, kind=kind) if row.subsidiary else None
    return WireLine(
        account=row.account,
        account_label=row.account_label,
        label=row.label,
        debit=format_amount(row.debit),
        credit=format_amount(row.credit),
        subsidiary=third,
    )


def _rows(chart: Chart) -> ReferenceRows:
    return ReferenceRows(
        accounts=tuple(Account(number=number, label=label) for number, label in chart.accounts.items()),
        subsidiaries=tuple(Account(number=code, label=third.label) for code, third in chart.subsidiaries.items()),
        journals=chart.journals,
        fiscal_years=chart.fiscal_years,
    )
