"""Validated entries, one body of `entry.validated` a line, as a book to export."""

from collections.abc import Iterator
from pathlib import Path

import orjson
from pydantic import ValidationError

from exports.domain.book import Book, BookDocument, BookEntry, BookLine
from exports.domain.posting import PAYMENT_LABELS
from qontable.entry import Entry, EntryRefused, Line
from qontable.events.platform import EntryContent
from qontable.fec.problems import Findings, Problem
from qontable.findings import render
from qontable.money import BOOK_CURRENCY, ZERO
from qontable.wire import read_entry

REMEDY = "Write one body of entry.validated a line, as its JSON Schema says."


def event_book(path: Path) -> Book:
    """The book that a file of events holds, checked once from end to end.

    Raises `FecRefused` naming every line that is no such body, `OSError` for a file that is not there.
    """
    findings, count = Findings(), 0
    for _ in _entries(path, findings):
        count += 1
    if not count and not findings.count:
        findings.refuse(Problem(1, "", "the file holds no entry", REMEDY))
    findings.raise_if_refused()
    return Book(name=path.stem, siren="", entries=lambda: _checked(path), count=count)


def _checked(path: Path) -> Iterator[BookEntry]:
    findings = Findings()
    yield from _entries(path, findings)
    findings.raise_if_refused()


def _entries(path: Path, findings: Findings) -> Iterator[BookEntry]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip() and (entry := _read(number, line, findings)):
                yield entry


def _read(number: int, line: bytes, findings: Findings) -> BookEntry | None:
    try:
        entry = read_entry(EntryContent.model_validate(orjson.loads(line)))
    except orjson.JSONDecodeError:
        findings.refuse(Problem(number, "", _no_json(line), REMEDY))
    except ValidationError as error:
        for item in error.errors():
            findings.refuse(Problem(number, ".".join(map(str, item["loc"])), item["msg"], REMEDY))
    except EntryRefused as refused:
        for finding in refused.findings:
            told = render(finding)
            findings.refuse(Problem(number, finding.where, told.message["en"].rstrip("."), told.remedy["en"]))
    else:
        if entry.currency == BOOK_CURRENCY:
            return book_entry(entry)
        what = f"the entry is kept in {entry.currency}, not in euros"
        findings.refuse(Problem(number, "currency", what, "Give its amounts in euros."))
    return None


def _no_json(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return "the line is not UTF-8 text"
    return "the line is not JSON"


def book_entry(entry: Entry) -> BookEntry:
    """An entry as it is exported."""
    return BookEntry(
        where=f"{entry.journal.code}/{entry.document_number or entry.invoice_number or entry.ref.entry_id}",
        journal=entry.journal.code,
        journal_label=entry.journal.label,
        date=entry.date,
        label=entry.label,
        lines=tuple(map(_line, entry.lines)),
        kind=entry.kind.value,
        document_number=entry.document_number or "",
        invoice_number=entry.invoice_number or "",
        due_date=entry.due_date,
        documents=tuple(BookDocument(document.file_name, document.size) for document in entry.documents),
    )


def _line(line: Line) -> BookLine:
    foreign = line.foreign
    method = (line.payment_method or "").upper()
    return BookLine(
        account=line.account,
        account_label=line.account_label,
        label=line.label,
        debit=line.debit,
        credit=line.credit,
        subsidiary=line.subsidiary.code if line.subsidiary else "",
        subsidiary_label=line.subsidiary.label if line.subsidiary else "",
        currency=foreign.currency if foreign else "",
        foreign_debit=foreign.debit if foreign else ZERO,
        foreign_credit=foreign.credit if foreign else ZERO,
        rate=foreign.rate if foreign else None,
        analytic=line.analytic,
        payment_code=method if method in PAYMENT_LABELS else "",
    )
