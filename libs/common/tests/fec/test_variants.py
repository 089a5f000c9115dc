"""Every form of file that the law allows or real softwares write reads as the same book."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from qontable.fec import Fec, open_fec

Lines = list[dict[str, str]]
FecWriter = Callable[..., Path]


def content(fec: Fec) -> list[tuple[object, ...]]:
    return [
        (entry.key, row.date, row.account, row.subsidiary, row.subsidiary_label, row.label, row.debit, row.credit)
        for entry in fec.entries()
        for row in entry.lines
    ]


@pytest.fixture
def expected(purchase: Lines, write_fec: FecWriter) -> list[tuple[object, ...]]:
    return content(open_fec(write_fec(purchase, name="expected.txt")))


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("iso8859-15", "ISO-8859-15"),
    ],
)
@pytest.mark.parametrize("separator", ["\t", "|"])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_encoding_separator_and_line_end_change_nothing(
    purchase: Lines, write_fec: FecWriter, expected: object, encoding: str, told: str, separator: str, end: str
) -> None:
    fec = open_fec(write_fec(purchase, encoding=encoding, separator=separator, end=end))
    assert content(fec) == expected
    assert fec.encoding.name == told
    assert fec.notices == ()


def test_a_plain_ascii_file_is_told_as_such(purchase: Lines, write_fec: FecWriter) -> None:
    plain = [line | {"CompteLib": "Compte"} for line in purchase]
    assert open_fec(write_fec(plain, encoding="ascii")).encoding.name == "ASCII"


def test_the_euro_sign_of_iso_8859_15_is_read(purchase: Lines, write_fec: FecWriter) -> None:
    fec = open_fec(write_fec([line | {"EcritureLib": "Cœur à 3 €"} for line in purchase], encoding="iso8859-15"))
    assert {row.label for row in fec.rows()} == {"Cœur à 3 €"}


def test_a_windows_1252_file_is_read_and_said_to_be_one(purchase: Lines, write_fec: FecWriter) -> None:
    fec = open_fec(write_fec([line | {"EcritureLib": "L’œuvre à 3 €"} for line in purchase], encoding="cp1252"))
    assert {row.label for row in fec.rows()} == {"L’œuvre à 3 €"}
    assert fec.encoding.name == "Windows-1252"
    assert [notice.code for notice in fec.notices] == ["windows_1252"]


def test_one_odd_byte_at_the_end_of_a_long_utf_8_file_is_not_overlooked(purchase: Lines, write_fec: FecWriter) -> None:
    lines = [line | {"EcritureNum": str(number)} for number in range(9_000) for line in purchase]
    path = write_fec(lines, encoding="iso8859-15")
    assert open_fec(path).encoding.name == "ISO-8859-15"


@pytest.mark.parametrize(
    ("debit", "credit"), [("D", "C"), ("d", "c"), ("+1", "-1"), ("1", "-1")], ids=["letters", "small", "signs", "bare"]
)
def test_montant_and_sens_read_as_debit_and_credit(
    purchase: Lines,
    write_fec: FecWriter,
    as_montant_and_sens: Callable[[dict[str, str]], dict[str, str]],
    columns: tuple[str, ...],
    expected: object,
    debit: str,
    credit: str,
) -> None:
    lines = [as_montant_and_sens(line) for line in purchase]
    spelled = [line | {"Sens": debit if line["Sens"] == "D" else credit} for line in lines]
    names = [{"Debit": "Montant", "Credit": "Sens"}.get(name, name) for name in columns]
    assert content(open_fec(write_fec(spelled, columns=names))) == expected


def test_columns_in_any_order_and_letter_case_are_found(
    purchase: Lines, tmp_path: Path, columns: tuple[str, ...], expected: object
) -> None:
    order = tuple(reversed(columns))
    header = "\t".join(f" {name.upper()} " for name in order)
    body = ["\t".join(f" {line.get(name, '')}  " for name in order) for line in purchase]
    path = tmp_path / "shuffled.txt"
    path.write_text("\r\n".join([header, *body]), encoding="utf-8")
    assert content(open_fec(path)) == expected


@pytest.mark.parametrize(("in_header", "in_lines"), [(True, True), (False, True), (True, False)])
def test_a_trailing_separator_is_no_field(
    purchase: Lines, tmp_path: Path, columns: tuple[str, ...], expected: object, *, in_header: bool, in_lines: bool
) -> None:
    header = "|".join(columns) + "|" * in_header
    body = ["|".join(line.get(name, "") for name in columns) + "|" * in_lines for line in purchase]
    path = tmp_path / "trailing.txt"
    path.write_text("\n".join([header, *body]), encoding="utf-8")
    assert content(open_fec(path)) == expected


def test_extra_columns_are_kept_by_name(purchase: Lines, write_fec: FecWriter, columns: tuple[str, ...]) -> None:
    lines = [line | {"PieceJointe": "facture.pdf", "Montant": "7"} for line in purchase]
    fec = open_fec(write_fec(lines, columns=[*columns, "PieceJointe", "Montant"]))
    assert [dict(row.extra) for row in fec.rows()] == [{"PieceJointe": "facture.pdf", "Montant": "7"}] * 3


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234,5", "1234.50"),
        ("1234.50", "1234.50"),
        ("1234", "1234.00"),
        ("+1234,50", "1234.50"),
        ("-1234,50", "-1234.50"),
        ("1234,50-", "-1234.50"),
        ("1234,50+", "1234.50"),
        ("1234,500000", "1234.50"),
        (",5", "0.50"),
        ("5,", "5.00"),
        ("", "0"),
        ("-0,00", "0.00"),
        ("999999999999,99", "999999999999.99"),
    ],
)
def test_amounts_are_read_to_the_cent_however_they_are_spelled(
    purchase: Lines, write_fec: FecWriter, text: str, amount: str
) -> None:
    lines = [purchase[0] | {"Debit": text}, purchase[2] | {"Credit": text}]
    rows = list(open_fec(write_fec(lines)).rows())
    assert rows[0].debit == rows[1].credit == Decimal(amount)
    assert str(rows[0].debit) == amount


@pytest.mark.parametrize(("text", "spelling"), [("2026-03-15", "YYYY-MM-DD"), ("15/03/2026", "DD/MM/YYYY")])
def test_other_spellings_of_dates_are_read_and_told(
    purchase: Lines, write_fec: FecWriter, expected: object, text: str, spelling: str
) -> None:
    fec = open_fec(write_fec([line | {"EcritureDate": text} for line in purchase]))
    assert content(fec) == expected
    (notice,) = fec.notices
    assert spelling in str(notice)
    assert "3 times, first on line 2" in str(notice)


def test_empty_lines_are_skipped_and_told(purchase: Lines, write_fec: FecWriter, expected: object) -> None:
    path = write_fec(purchase)
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\r\n\r\n"))
    fec = open_fec(path)
    assert content(fec) == expected
    assert [(notice.code, notice.count) for notice in fec.notices] == [("empty_line", 4)]


def test_a_separator_that_is_not_the_files_own_is_text(purchase: Lines, write_fec: FecWriter) -> None:
    fec = open_fec(write_fec([line | {"EcritureLib": "Lot A|B"} for line in purchase]))
    assert {row.label for row in fec.rows()} == {"Lot A|B"}


def test_line_separators_of_unicode_do_not_end_a_line(purchase: Lines, write_fec: FecWriter) -> None:
    fec = open_fec(write_fec([line | {"EcritureLib": "a\u2028b\x85c\x0bd"} for line in purchase]))
    assert {row.label for row in fec.rows()} == {"a\u2028b\x85c\x0bd"}
