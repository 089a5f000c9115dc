"""The worked examples of the formats come out byte for byte, each with what it needs beside the entry."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from exports.domain.book import BookEntry
from exports.formats.registry import descriptions, format_of

from .readers import READERS
from .sample import ENTRY, LINES, exported, written

HERE = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Needs:
    """What an example was made with: parameters of the export, a journal map, and the entry where it is another one."""

    parameters: dict[str, Any] = field(default_factory=dict)
    journals: dict[str, str] = field(default_factory=dict)
    entry: BookEntry = ENTRY


AC = {"ACH": "AC"}
NUMBER_42 = {"first_number": 42}
BANKED = replace(ENTRY, ack_code="7K2M", lines=tuple(line._replace(payment_code="VIR") for line in ENTRY.lines))
NEEDS = {
    "fec": Needs(),
    "tra": Needs(),
    "cegid-csv": Needs(),
    "cegid-ecrexcel": Needs(),
    "quadra-ascii": Needs(NUMBER_42, AC),
    "isacompta": Needs({"first_number": 42, "company": "Societe exemple"}, AC, replace(ENTRY, journal_label="ACHATS")),
    "sage100-tag": Needs(NUMBER_42),
    "sage100-pnm": Needs(NUMBER_42),
    "sage100-parametrable": Needs(),
    "sage50-ximport": Needs({}, AC),
    "sage50-rimport": Needs(),
    "ebp": Needs(),
    "coala": Needs(),
    "acd-csv": Needs(NUMBER_42),
    "pennylane-csv": Needs(),
    "myunisoft-csv": Needs(),
    "csv": Needs({}, {}, BANKED),
}
SHORTENED = {"csv": 2}
"""Examples that print only the first lines of the entry."""


def expected(name: str, format_: str) -> bytes:
    description = format_of(format_)
    text = (HERE / f"{name}.txt").read_text(encoding="utf-8").replace("\n", description.end)
    mark = b"\xef\xbb\xbf" if description.byte_order_mark else b""
    return mark + text.encode(description.encoding)


@pytest.mark.parametrize("format_", NEEDS)
def test_the_worked_example_comes_out_byte_for_byte(format_: str, tmp_path: Path) -> None:
    needs = NEEDS[format_]
    done = exported(tmp_path, format_, needs.entry, journals=needs.journals, **needs.parameters)
    assert not done.report.stopped, list(done.report.findings.told())
    found = written(tmp_path, format_)
    if format_ in SHORTENED:
        found = b"".join(found.splitlines(keepends=True)[: SHORTENED[format_]])
    assert found.decode(format_of(format_).encoding) == expected(format_, format_).decode(format_of(format_).encoding)


@pytest.mark.parametrize("format_", NEEDS)
def test_a_stranger_who_knows_the_position_table_reads_the_worked_example(format_: str) -> None:
    lines = list(READERS[format_](expected(format_, format_)))
    amounts = Counter(line.credit - line.debit for line in LINES)
    assert Counter(-line.amount for line in lines) <= amounts
    assert len(lines) == SHORTENED.get(format_, 1 + len(LINES)) - 1
    assert {line.day for line in lines} == {ENTRY.date}
    assert {line.label for line in lines} == {"ORANGE SA"}


def test_the_accounts_of_the_ebp_example_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    exported(tmp_path, "ebp", ENTRY)
    assert (tmp_path / "COMPTES.TXT").read_bytes() == expected("ebp-COMPTES", "ebp")


def test_every_format_with_a_worked_example_has_its_test() -> None:
    without_example = {"acd-fec", "ebp-v3", "xlsx"}
    assert set(NEEDS) == set(descriptions()) - without_example
