"""The reference data that a FEC implies is enough for a software to take its entries."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qontable.entry import SubsidiaryKind
from qontable.fec import Fec, open_fec
from qontable.fec.chart import subsidiary_kind

Lines = list[dict[str, str]]
FecWriter = Callable[..., Path]
Open = Callable[..., Fec]


@pytest.fixture
def open_book(purchase: Lines, write_fec: FecWriter) -> Open:
    """Opens a FEC given as entries: journal, date, accounts; the first account is debited, the last credited."""

    def build(*entries: tuple[str, str, list[str]], name: str = "fec.txt") -> Fec:
        lines: Lines = []
        for number, (journal, day, accounts) in enumerate(entries, start=1):
            shared = purchase[0] | {"JournalCode": journal, "EcritureNum": str(number), "EcritureDate": day}
            shared |= {"Debit": "0,00", "Credit": "0,00"}
            lines += [shared | {"CompteNum": account} for account in accounts]
            lines[-len(accounts)] |= {"Debit": "10,00"}
            lines[-1] |= {"Credit": "10,00"}
        return open_fec(write_fec(lines, name=name))

    return build


@pytest.mark.parametrize(
    ("type_", "entries"),
    [
        ("purchases", [["607000", "445660", "401000"], ["401000", "609000"]]),
        ("purchases", [["215400", "445620", "404000"]]),
        ("sales", [["411000", "707000", "445710"], ["709000", "411000"]]),
        ("bank", [["401000", "512000"], ["512000", "411000"], ["627000", "512000"]]),
        ("bank", [["401000", "512100"], ["512200", "411000"]]),
        ("cash", [["606000", "530000"], ["512000", "530000"]]),
        ("expense_reports", [["625100", "445660", "421000"], ["625700", "467000"]]),
        ("general", [["607000", "401000"], ["411000", "707000"]]),
        ("general", [["607000", "401000"], ["658000", "411000"]]),
        ("general", [["401000", "512000"], ["681000", "281000"]]),
        ("general", [["641000", "421000", "431000"]]),
        ("general", [["681000", "281000"]]),
        ("general", [["401000", "411000"]]),
    ],
)
def test_a_journal_has_the_type_that_all_its_entries_fit(open_book: Open, type_: str, entries: list[list[str]]) -> None:
    fec = open_book(*(("J1", "20260310", accounts) for accounts in entries))
    assert [journal.type for journal in fec.chart.journals] == [type_]


def test_one_entry_of_another_kind_makes_a_journal_general(open_book: Open) -> None:
    purchases = [("ACH", "20260310", ["607000", "401000"])] * 9
    fec = open_book(*purchases, ("ACH", "20260311", ["411000", "707000"]))
    assert [journal.type for journal in fec.chart.journals] == ["general"]


def test_entries_of_the_first_day_with_capital_and_no_income_are_the_opening(open_book: Open) -> None:
    fec = open_book(("AN", "20260101", ["512000", "401000", "101000"]), ("BQ", "20260101", ["401000", "512000"]))
    assert [(journal.code, journal.type) for journal in fec.chart.journals] == [("AN", "opening"), ("BQ", "bank")]


def test_a_bank_journal_names_its_account_when_every_entry_has_it(open_book: Open) -> None:
    fec = open_book(
        ("BQ1", "20260310", ["401000", "512100"]),
        ("BQ1", "20260311", ["512100", "411000"]),
        ("BQ2", "20260311", ["512100", "411000"]),
        ("BQ2", "20260311", ["512200", "411000"]),
    )
    assert [journal.account for journal in fec.chart.journals] == ["512100", None]


def test_accounts_and_subsidiaries_are_listed_once_with_their_first_label(
    purchase: Lines, write_fec: FecWriter
) -> None:
    renamed = [line | {"EcritureNum": "2", "CompteLib": "Autre"} for line in purchase]
    renamed[2] |= {"CompAuxLib": "Orange"}
    fec = open_fec(write_fec([*purchase, *renamed]))
    assert fec.chart.accounts == {"606100": "Électricité", "445660": "TVA déductible", "401000": "Fournisseurs"}
    assert {code: (s.label, s.accounts) for code, s in fec.chart.subsidiaries.items()} == {
        "401ORANGE": ("Orange SA", ("401000",))
    }
    assert {notice.code: notice.count for notice in fec.notices} == {"account_labels": 3, "subsidiary_labels": 1}


def test_a_label_that_comes_later_is_found(purchase: Lines, write_fec: FecWriter) -> None:
    nameless = [line | {"EcritureNum": "0", "CompteLib": "", "CompAuxLib": ""} for line in purchase]
    fec = open_fec(write_fec([*nameless, *purchase]))
    assert fec.chart.accounts["606100"] == "Électricité"
    assert fec.chart.subsidiaries["401ORANGE"].label == "Orange SA"


def test_subsidiaries_that_differ_in_the_last_letter_are_two(purchase: Lines, write_fec: FecWriter) -> None:
    other = [line | {"EcritureNum": "2"} for line in purchase]
    other[2] |= {"CompAuxNum": "401ORANGF"}
    assert set(open_fec(write_fec([*purchase, *other])).chart.subsidiaries) == {"401ORANGE", "401ORANGF"}


def test_a_subsidiary_below_two_accounts_is_known_below_both(purchase: Lines, write_fec: FecWriter) -> None:
    other = [line | {"EcritureNum": "2"} for line in purchase]
    other[2] |= {"CompteNum": "404000"}
    fec = open_fec(write_fec([*purchase, *other]))
    assert fec.chart.subsidiaries["401ORANGE"].accounts == ("401000", "404000")


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ("401000", SubsidiaryKind.SUPPLIER),
        ("404000", SubsidiaryKind.SUPPLIER),
        ("411000", SubsidiaryKind.CUSTOMER),
        ("421000", SubsidiaryKind.EMPLOYEE),
        ("467000", SubsidiaryKind.OTHER),
    ],
)
def test_a_subsidiary_belongs_to_whom_its_account_says(account: str, kind: SubsidiaryKind) -> None:
    assert subsidiary_kind(account) is kind


@pytest.mark.parametrize(
    ("name", "days", "years"),
    [
        ("fec.txt", ["20260203", "20261120"], [("2026-01-01", "2026-12-31")]),
        ("fec.txt", ["20250715", "20260630"], [("2025-07-01", "2026-06-30")]),
        ("123456789FEC20261231.txt", ["20260203"], [("2026-01-01", "2026-12-31")]),
        ("123456789fec20260630_1.txt", ["20250701", "20260630"], [("2025-07-01", "2026-06-30")]),
        ("123456789FEC20240229.txt", ["20230301", "20240229"], [("2023-03-01", "2024-02-29")]),
        ("123456789FEC20260915.txt", ["20250916", "20260915"], [("2025-09-16", "2026-09-15")]),
        (
            "123456789FEC20261231.txt",
            ["20251231", "20260101", "20270101"],
            [("2025-01-01", "2025-12-31"), ("2026-01-01", "2026-12-31"), ("2027-01-01", "2027-12-31")],
        ),
        ("123456789FEC20261399.txt", ["20260203"], [("2026-01-01", "2026-12-31")]),
    ],
)
def test_fiscal_years_cover_every_date(
    open_book: Open, name: str, days: list[str], years: list[tuple[str, str]]
) -> None:
    fec = open_book(*(("ACH", day, ["607000", "401000"]) for day in days), name=name)
    assert [(year.start, year.end) for year in fec.chart.fiscal_years] == years


def test_the_file_name_tells_whose_books_these_are(open_book: Open) -> None:
    fec = open_book(("ACH", "20260310", ["607000", "401000"]), name="732829320FEC20261231.txt")
    assert fec.name.siren == "732829320"
    assert open_book(("ACH", "20260310", ["607000", "401000"])).name.siren is None
