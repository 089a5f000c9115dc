"""What cannot be read is refused with the line, the column and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qontable.fec import FecRefused, open_fec

Lines = list[dict[str, str]]
FecWriter = Callable[..., Path]


def refusal(path: Path) -> FecRefused:
    with pytest.raises(FecRefused) as refused:
        open_fec(path)
    return refused.value


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("Debit", "1 234,50", "is not an amount"),
        ("Debit", "1.234,50", "is not an amount"),
        ("Debit", "-12-", "is not an amount"),
        ("Debit", "1e3", "is not an amount"),
        ("Debit", "-", "is not an amount"),
        ("Debit", ",", "is not an amount"),
        ("Debit", "١٢", "is not an amount"),
        ("Debit", "12,345", "more decimals"),
        ("Debit", "0,001", "more decimals"),
        ("Debit", "0,0000000001", "more decimals"),
        ("Debit", "1000000000000", "12 digits"),
        ("Credit", "abc", "is not an amount"),
        ("EcritureDate", "20261301", "is not a date"),
        ("EcritureDate", "20260230", "is not a date"),
        ("EcritureDate", "02060315", "is not a date"),
        ("EcritureDate", "3/15/2026", "is not a date"),
        ("EcritureDate", "", "is empty"),
        ("PieceDate", "hier", "is not a date"),
        ("DateLet", "99999999", "is not a date"),
        ("ValidDate", "2026", "is not a date"),
        ("Montantdevise", "12 USD", "is not an amount"),
        ("JournalCode", "", "is empty"),
        ("CompteNum", "", "is empty"),
    ],
)
def test_an_unreadable_field_is_named(purchase: Lines, write_fec: FecWriter, column: str, text: str, said: str) -> None:
    lines = [purchase[0], purchase[1] | {column: text}, purchase[2]]
    (problem,) = refusal(write_fec(lines)).problems
    assert (problem.line, problem.column) == (3, column)
    assert said in problem.what
    assert problem.remedy
    assert str(problem).startswith(f"line 3, column {column}: ")


def test_an_unknown_side_is_named(
    purchase: Lines,
    write_fec: FecWriter,
    as_montant_and_sens: Callable[[dict[str, str]], dict[str, str]],
    columns: tuple[str, ...],
) -> None:
    names = [{"Debit": "Montant", "Credit": "Sens"}.get(name, name) for name in columns]
    lines = [as_montant_and_sens(line) | {"Sens": "X"} for line in purchase]
    assert [problem.column for problem in refusal(write_fec(lines, columns=names)).problems] == ["Sens"] * 3


def test_all_problems_of_a_line_are_told_at_once(purchase: Lines, write_fec: FecWriter) -> None:
    lines = [purchase[0] | {"Debit": "x", "EcritureDate": "y", "CompteNum": ""}]
    assert {problem.column for problem in refusal(write_fec(lines)).problems} == {"Debit", "EcritureDate", "CompteNum"}


def test_thousands_of_problems_are_counted_and_the_first_hundred_told(purchase: Lines, write_fec: FecWriter) -> None:
    refused = refusal(write_fec([purchase[0] | {"Debit": "x"}] * 2_500))
    assert len(refused.problems) == 100
    assert refused.count == 2_500


@pytest.mark.parametrize("missing", ["JournalCode", "CompAuxNum", "ValidDate", "Idevise"])
def test_a_missing_column_is_named(
    purchase: Lines, write_fec: FecWriter, columns: tuple[str, ...], missing: str
) -> None:
    names = [name for name in columns if name != missing]
    assert [problem.column for problem in refusal(write_fec(purchase, columns=names)).problems] == [missing]


def test_a_file_without_amounts_is_told_which_columns_it_needs(
    purchase: Lines, write_fec: FecWriter, columns: tuple[str, ...]
) -> None:
    names = [name for name in columns if name != "Credit"]
    assert "Montant and Sens" in str(refusal(write_fec(purchase, columns=names)))


def test_a_column_that_stands_twice_is_named(purchase: Lines, write_fec: FecWriter, columns: tuple[str, ...]) -> None:
    refused = refusal(write_fec(purchase, columns=[*columns, "compteNUM"]))
    assert "twice" in str(refused)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"JournalCode;JournalLib;EcritureNum\n", "semicolon"),
        (b"JournalCode,JournalLib,EcritureNum\n", "comma"),
        (b"%PDF-1.7 binary", "no FEC"),
        ("JournalCode\tJournalLib".encode("utf-16"), "UTF-16"),
        ("JournalCode\tJournalLib".encode("utf-16-be"), "UTF-16"),
        (b"JournalCode\tJournalLib\nCaf\xe9\x81\n", "line 2: the bytes of this line are neither UTF-8 nor ISO-8859-15"),
        (b"\xef\xbb\xbfJournalCode\tJournalLib\nCaf\xe9\n", "line 2: the file's byte order mark says that it is UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_lacks(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    assert said in str(refusal(path))


def test_a_header_without_lines_is_refused(write_fec: FecWriter) -> None:
    assert "no line" in str(refusal(write_fec([])))


def test_a_line_with_too_many_or_too_few_fields_is_named(purchase: Lines, write_fec: FecWriter) -> None:
    refused = refusal(write_fec([purchase[0] | {"EcritureLib": "a\tb"}, purchase[1] | {"EcritureLib": "c\nd"}]))
    assert [problem.line for problem in refused.problems] == [2, 3, 4]


def test_a_nul_character_is_refused(purchase: Lines, write_fec: FecWriter) -> None:
    assert "NUL" in str(refusal(write_fec([line | {"EcritureLib": "a\x00b"} for line in purchase])))


def test_an_unbalanced_entry_is_named_by_journal_and_number(purchase: Lines, write_fec: FecWriter) -> None:
    other = [line | {"EcritureNum": "2"} for line in purchase]
    (problem,) = refusal(write_fec([*other, purchase[0], purchase[2]])).problems
    assert (problem.entry, problem.line) == ("ACH/1", 5)
    assert "debit 100.00, credit 120.00" in problem.what


def test_a_line_with_both_sides_is_refused(purchase: Lines, write_fec: FecWriter) -> None:
    lines = [purchase[0] | {"Debit": "100,00", "Credit": "100,00"}]
    (problem,) = refusal(write_fec(lines)).problems
    assert "both a debit and a credit" in problem.what


def test_a_file_that_numbers_some_entries_only_is_refused(purchase: Lines, write_fec: FecWriter) -> None:
    unnumbered = [line | {"EcritureNum": ""} for line in purchase]
    (problem,) = refusal(write_fec([*purchase, *unnumbered])).problems
    assert (problem.line, problem.column) == (5, "EcritureNum")


def test_a_missing_file_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_fec(tmp_path / "nowhere.txt")
