"""Lines become entries by journal and number, wherever they stand in the file."""

import random
import tracemalloc
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

from qontable.fec import open_fec

Lines = list[dict[str, str]]
FecWriter = Callable[..., Path]


def book(purchase: Lines, count: int) -> Lines:
    return [line | {"EcritureNum": str(number)} for number in range(1, count + 1) for line in purchase]


def test_entries_come_in_the_order_of_the_file(purchase: Lines, write_fec: FecWriter) -> None:
    fec = open_fec(write_fec(book(purchase, 3)))
    assert [(entry.key, len(entry.lines)) for entry in fec.entries()] == [("ACH/1", 3), ("ACH/2", 3), ("ACH/3", 3)]
    assert (fec.entry_count, fec.row_count) == (3, 9)


def test_the_same_number_in_two_journals_is_two_entries(purchase: Lines, write_fec: FecWriter) -> None:
    other = [line | {"JournalCode": "OD"} for line in purchase]
    assert [entry.key for entry in open_fec(write_fec([*purchase, *other])).entries()] == ["ACH/1", "OD/1"]


def test_the_same_piece_twice_is_two_entries(purchase: Lines, write_fec: FecWriter) -> None:
    assert open_fec(write_fec(book(purchase, 2))).entry_count == 2


def test_a_file_sorted_by_account_gives_whole_entries(purchase: Lines, write_fec: FecWriter) -> None:
    lines = sorted(book(purchase, 50), key=lambda line: line["CompteNum"])
    fec = open_fec(write_fec(lines))
    assert [entry.key for entry in fec.entries()] == [f"ACH/{number}" for number in range(1, 51)]
    assert all(
        [line.line for line in entry.lines] == sorted(line.line for line in entry.lines) for entry in fec.entries()
    )
    assert [notice.code for notice in fec.notices] == ["scattered"]


def test_a_shuffled_file_gives_the_same_totals(purchase: Lines, write_fec: FecWriter) -> None:
    lines = book(purchase, 40)
    random.Random(4).shuffle(lines)
    fec = open_fec(write_fec(lines))
    assert all(len(entry.lines) == 3 for entry in fec.entries())
    firsts = [entry.lines[0].line for entry in fec.entries()]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("number", ["0", ""])
def test_without_numbers_entries_are_journal_date_and_piece(purchase: Lines, write_fec: FecWriter, number: str) -> None:
    unnumbered = [line | {"EcritureNum": number} for line in purchase]
    second = [line | {"PieceRef": "F2026-0043"} for line in unnumbered]
    third = [line | {"EcritureDate": "20260316"} for line in second]
    fec = open_fec(write_fec([*unnumbered, *second, *third]))
    assert [entry.key for entry in fec.entries()] == [
        "ACH/20260315-F2026-0042",
        "ACH/20260315-F2026-0043",
        "ACH/20260316-F2026-0043",
    ]
    assert [notice.code for notice in fec.notices] == ["grouped_by_piece"]


def test_number_zero_beside_others_is_a_number(purchase: Lines, write_fec: FecWriter) -> None:
    opening = [line | {"EcritureNum": "0"} for line in purchase]
    assert [entry.key for entry in open_fec(write_fec([*opening, *purchase])).entries()] == ["ACH/0", "ACH/1"]


def test_several_dates_in_one_entry_are_told(purchase: Lines, write_fec: FecWriter) -> None:
    fec = open_fec(write_fec([*purchase[:2], purchase[2] | {"EcritureDate": "20260316"}]))
    (entry,) = fec.entries()
    assert entry.date.isoformat() == "2026-03-15"
    assert [(notice.code, notice.line) for notice in fec.notices] == [("several_dates", 4)]


def test_an_entry_of_a_thousand_lines_stays_whole(purchase: Lines, write_fec: FecWriter) -> None:
    lines = [purchase[0] | {"Debit": "1,00"}] * 999 + [purchase[2] | {"Credit": "999,00"}]
    (entry,) = open_fec(write_fec(lines)).entries()
    assert len(entry.lines) == 1_000


def test_rows_keep_the_file_whole_whatever_the_grouping(purchase: Lines, write_fec: FecWriter) -> None:
    lines = sorted(book(purchase, 5), key=lambda line: line["CompteNum"])
    fec = open_fec(write_fec(lines))
    assert [row.line for row in fec.rows()] == list(range(2, 17))
    assert [account for account, _ in groupby(fec.rows(), lambda row: row.account)] == ["401000", "445660", "606100"]


@pytest.mark.slow
@pytest.mark.parametrize("scattered", [False, True])
def test_memory_does_not_grow_with_the_file(purchase: Lines, write_fec: FecWriter, *, scattered: bool) -> None:
    def peak(entries: int) -> int:
        lines = book(purchase, entries)
        if scattered:
            lines.sort(key=lambda line: line["CompteNum"])
        path = write_fec(lines, name=f"{entries}.txt")
        del lines
        tracemalloc.start()
        for _ in open_fec(path).entries():
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(500)  # caches fill once
    small, large = peak(1_000), peak(8_000)
    assert large - small < 7_000 * 3 * 40  # the rows themselves would take ten times as much
