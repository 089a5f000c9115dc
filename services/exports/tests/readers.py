"""Readers of the import files, written from the vendors' position tables alone: they know nothing of the writers.

Each rebuilds what a file says, line by line: journal, date, account, third party, label, amount (debits positive).
"""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import openpyxl


class Read(NamedTuple):
    """One line as a reader sees it. `account` is the posted one where the file has one field for both."""

    journal: str
    day: date
    account: str
    third_party: str
    label: str
    amount: Decimal


def _at(line: str, position: int, width: int) -> str:
    return line[position - 1 : position - 1 + width].strip()


def _day(text: str, pattern: str) -> date:
    return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a date without a time


def _comma(text: str) -> Decimal:
    return Decimal(text.replace(",", ".")) if text else Decimal(0)


def _signed(amount: Decimal, side: str) -> Decimal:
    return amount if side == "D" else -amount


def _lines(content: bytes, encoding: str, end: str = "\r\n") -> list[str]:
    lines = content.decode(encoding).split(end)
    assert lines.pop() == "", "the last line has its end too"
    return lines


def fec(content: bytes, separator: str = "\t", encoding: str = "utf-8") -> Iterator[Read]:
    head, *rows = [line.split(separator) for line in _lines(content, encoding)]
    for row in rows:
        field = dict(zip(head, row, strict=True))
        amount = _comma(field["Debit"]) - _comma(field["Credit"])
        day = _day(field["EcritureDate"], "%Y%m%d")
        yield Read(field["JournalCode"], day, field["CompteNum"], field["CompAuxNum"], field["EcritureLib"], amount)


def acd_fec(content: bytes) -> Iterator[Read]:
    return fec(content, "|", "cp1252")


def tra(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        if line.startswith("***") or line[30] not in " X":
            continue
        assert len(line) == 222
        euros = {"E--": 131, "DE-": 176}[_at(line, 173, 3)]
        amount = _signed(_comma(_at(line, euros, 20)), line[129])
        yield Read(
            _at(line, 1, 3),
            _day(_at(line, 4, 8), "%d%m%Y"),
            _at(line, 14, 17),
            _at(line, 32, 17),
            _at(line, 84, 35),
            amount,
        )


def cegid_csv(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "ascii", "\n"):
        day, journal, account, third_party, side, amount, label, _ = line.split(";")
        yield Read(journal, _day(day, "%d%m%Y"), account, third_party, label, _signed(_comma(amount), side))


def cegid_ecrexcel(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "utf-8"):
        journal, day, account, third_party, _, label, debit, credit = line.split(";")
        yield Read(journal, _day(day, "%d/%m/%Y"), account, third_party, label, _comma(debit) - _comma(credit))


def quadra(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        if line[0] != "M":
            continue
        assert len(line) == 231
        amount = Decimal(_at(line, 43, 13)).scaleb(-2)
        day = _day(_at(line, 15, 6), "%d%m%y")
        yield Read(_at(line, 10, 2), day, _at(line, 2, 8), "", _at(line, 117, 30), _signed(amount, line[41]))


def isacompta(content: bytes) -> Iterator[Read]:
    journal, day = "", date.min
    for line in _lines(content, "cp1252"):
        if line.startswith("ECR"):
            journal, day = _at(line, 7, 2), _day(_at(line, 9, 8), "%d%m%Y")
        elif line.startswith("MVT"):
            amount = _comma(_at(line, 47, 13)) - _comma(_at(line, 60, 13))
            yield Read(journal, day, _at(line, 7, 10), "", _at(line, 17, 30), amount)


def sage100_tag(content: bytes) -> Iterator[Read]:
    lines = iter(_lines(content, "cp850"))
    for line in lines:
        if line == "#MECG":
            field = [next(lines) for _ in range(38)]
            assert next(lines) == ""
            amount = _comma(field[17]) * (1 if field[16] == "0" else -1)
            yield Read(field[0], _day(field[1], "%d%m%y"), field[6], field[8], field[10].strip(), amount)


def sage100_pnm(content: bytes) -> Iterator[Read]:
    _, *lines = _lines(content, "iso8859-15")
    for line in lines:
        assert len(line) == 138
        amount = _signed(Decimal(_at(line, 85, 20)), line[83])
        yield Read(
            _at(line, 1, 3),
            _day(_at(line, 4, 6), "%d%m%y"),
            _at(line, 12, 13),
            _at(line, 26, 13),
            _at(line, 52, 25),
            amount,
        )


def sage100_parametrable(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        _, journal, day, _, account, third_party, label, _, _, debit, credit = line.split("\t")
        yield Read(journal, _day(day, "%d%m%y"), account, third_party, label, _comma(debit) - _comma(credit))


def sage50_ximport(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        assert len(line) == 142
        amount = _signed(Decimal(_at(line, 72, 13)), line[84])
        yield Read(_at(line, 6, 2), _day(_at(line, 8, 8), "%Y%m%d"), _at(line, 36, 11), "", _at(line, 47, 25), amount)


def sage50_rimport(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        if line.startswith("##"):
            continue
        field = line.split("\t")
        assert len(field) == 22
        yield Read(field[1], _day(field[2], "%d/%m/%Y"), field[3], "", field[8], _signed(Decimal(field[5]), field[6]))


def ebp(content: bytes, pattern: str = "%d%m%Y") -> Iterator[Read]:
    for row in csv.reader(_lines(content, "cp1252")):
        if row[0] != ">":
            assert len(row) == 10
            yield Read(row[2], _day(row[1], pattern), row[3], "", row[5], _signed(Decimal(row[7]), row[8]))


def ebp_v3(content: bytes) -> Iterator[Read]:
    return ebp(content, "%d%m%y")


def coala(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        day, journal, account, _, label, debit, credit, _, third_party = line.split(";")
        yield Read(journal, _day(day, "%d/%m/%Y"), account, third_party, label, _comma(debit) - _comma(credit))


def acd_csv(content: bytes) -> Iterator[Read]:
    for line in _lines(content, "cp1252"):
        field = line.split(";")
        assert len(field) == 13
        amount = _comma(field[9]) - _comma(field[10])
        yield Read(field[12], _day(field[1], "%d/%m/%Y"), field[7], "", field[6], amount)


def _table(content: bytes) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)


def pennylane_csv(content: bytes) -> Iterator[Read]:
    for row in _table(content):
        amount = _comma(row["Débit"]) - _comma(row["Crédit"])
        day = _day(row["Date"], "%d/%m/%Y")
        yield Read(row["Code journal"], day, row["Numéro de compte"], "", row["Libellé"], amount)


def myunisoft_csv(content: bytes) -> Iterator[Read]:
    for row in _table(content):
        amount = _comma(row["Debit"]) - _comma(row["Credit"])
        day = _day(row["EcritureDate"], "%d/%m/%Y")
        yield Read(row["JournalCode"], day, row["CompteNum"], "", row["EcritureLib"], amount)


def _unguarded(text: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from computing a text."""
    return text.removeprefix("'")


def generic_csv(content: bytes) -> Iterator[Read]:
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True):
        if row[0] == "Journal":
            continue
        amount = _comma(row[15]) - _comma(row[16])
        yield Read(row[0], _day(row[1], "%d/%m/%Y"), row[2], row[3], _unguarded(row[6]), amount)


def xlsx(content: bytes) -> Iterator[Read]:
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).active
    assert sheet is not None
    for row in sheet.iter_rows(min_row=2, values_only=True):
        amount = Decimal(str(row[15])).quantize(Decimal("0.01")) - Decimal(str(row[16])).quantize(Decimal("0.01"))
        assert isinstance(row[1], datetime)
        label = _unguarded(str(row[6] or ""))
        yield Read(str(row[0]), row[1].date(), str(row[2]), str(row[3] or ""), label, amount)


READERS: dict[str, Callable[[bytes], Iterator[Read]]] = {
    "fec": fec,
    "acd-fec": acd_fec,
    "tra": tra,
    "cegid-csv": cegid_csv,
    "cegid-ecrexcel": cegid_ecrexcel,
    "quadra-ascii": quadra,
    "isacompta": isacompta,
    "sage100-tag": sage100_tag,
    "sage100-pnm": sage100_pnm,
    "sage100-parametrable": sage100_parametrable,
    "sage50-ximport": sage50_ximport,
    "sage50-rimport": sage50_rimport,
    "ebp": ebp,
    "ebp-v3": ebp_v3,
    "coala": coala,
    "acd-csv": acd_csv,
    "pennylane-csv": pennylane_csv,
    "myunisoft-csv": myunisoft_csv,
    "csv": generic_csv,
    "xlsx": xlsx,
}


def read(format_: str, path: Path) -> list[Read]:
    """What a file in this format says."""
    return list(READERS[format_](path.read_bytes()))
