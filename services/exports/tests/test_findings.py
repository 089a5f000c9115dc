"""Nothing is altered silently, and what must not be altered stops the export with nothing written."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from exports.domain.book import BookDocument, BookEntry, BookLine
from exports.domain.findings import catalogue
from exports.formats.registry import descriptions
from qontable.entry import AnalyticShare

from .sample import ENTRY, LINES, ZERO, exported, written

AC = {"ACH": "AC"}
STAYS = [code for code in catalogue() if code.startswith("stays_")]


def with_lines(*lines: BookLine) -> BookEntry:
    return replace(ENTRY, lines=lines, documents=())


def relabelled(text: str) -> BookEntry:
    return with_lines(*(line._replace(label=text) for line in LINES))


CHEAP = replace(ENTRY, documents=())
STOPS: dict[str, tuple[str, BookEntry, dict[str, str]]] = {
    "unbalanced": ("csv", with_lines(LINES[0], LINES[2]), {}),
    "no_lines": ("csv", with_lines(), {}),
    "both_sides": ("csv", with_lines(LINES[0]._replace(credit=Decimal(100))), {}),
    "zero_line": ("tra", with_lines(*LINES, LINES[0]._replace(debit=ZERO)), {}),
    "field_unwritable": (
        "quadra-ascii",
        with_lines(LINES[0]._replace(debit=Decimal(10) ** 11), LINES[2]._replace(credit=Decimal(10) ** 11)),
        AC,
    ),
    "code_missing": ("csv", with_lines(LINES[0]._replace(account=""), LINES[1], LINES[2]), {}),
    "journal_needs_map": ("quadra-ascii", CHEAP, {}),
    "journals_collide": ("quadra-ascii", CHEAP, {"ACH": "AC", "BQ": "AC"}),
    "code_too_long": ("sage50-ximport", with_lines(*LINES[:2], LINES[2]._replace(subsidiary="401ORANGEFRANCE")), AC),
    "code_characters": ("csv", with_lines(*LINES[:2], LINES[2]._replace(subsidiary="401\tO")), {}),
    "codes_collide": (
        "quadra-ascii",
        with_lines(*LINES[:2], LINES[2], LINES[2]._replace(subsidiary="401ORANGINA", credit=ZERO, debit=ZERO)),
        AC,
    ),
    "date_outside": ("fec", replace(CHEAP, date=date(2027, 1, 1)), {}),
}
TELLS: dict[str, tuple[str, BookEntry, dict[str, str]]] = {
    "code_cut": ("quadra-ascii", CHEAP, AC),
    "text_cut": ("tra", relabelled("x" * 36), {}),
    "text_replaced": ("tra", relabelled("Łódź"), {}),
    "text_lost": ("tra", relabelled("漢字"), {}),
    "documents_not_carried": ("fec", ENTRY, {}),
    "documents_beyond_first": ("tra", replace(ENTRY, documents=(BookDocument("a.pdf"), BookDocument("b.pdf"))), {}),
    "analytic_not_carried": (
        "fec",
        with_lines(LINES[0]._replace(analytic=(AnalyticShare("A", "S", Decimal(100)),)), *LINES[1:]),
        {},
    ),
    "foreign_not_carried": (
        "coala",
        with_lines(LINES[0]._replace(currency="USD", foreign_debit=Decimal(110)), *LINES[1:]),
        {},
    ),
}


@pytest.mark.parametrize("code", STOPS)
def test_what_must_not_be_written_stops_the_export_and_says_why(code: str, tmp_path: Path) -> None:
    format_, entry, journals = STOPS[code]
    others = [replace(CHEAP, journal="BQ")] if code == "journals_collide" else []
    done = exported(tmp_path, format_, entry, *others, journals=journals)
    assert code in done.report.findings.counts
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.fr.html", "report.en.html"}
    told = json.loads((tmp_path / "report.json").read_bytes())
    assert not told["written"]
    assert any(finding["code"] == code and finding["remedy"]["fr"] for finding in told["findings"])


@pytest.mark.parametrize("code", TELLS)
def test_what_is_altered_is_written_and_told(code: str, tmp_path: Path) -> None:
    format_, entry, journals = TELLS[code]
    done = exported(tmp_path, format_, entry, journals=journals)
    assert (list(done.report.findings.counts), done.report.stopped) == ([code], False)
    told = next(done.report.findings.told())
    assert all(
        "{" not in text for text in (told.message("fr"), told.message("en"), told.remedy("fr"), told.remedy("en"))
    )


def test_nothing_is_told_of_a_text_for_which_the_file_has_no_field(tmp_path: Path) -> None:
    entry = replace(CHEAP, document_number="Łódź 17", invoice_number="2026-41")
    assert not exported(tmp_path, "isacompta", entry, journals=AC).report.findings.counts
    unnumbered = replace(entry, invoice_number="")
    assert list(exported(tmp_path, "isacompta", unnumbered, journals=AC).report.findings.counts) == ["text_replaced"]


def test_the_readable_report_lists_each_kind_under_its_name_and_number(tmp_path: Path) -> None:
    exported(tmp_path, "tra", *(relabelled(f"{number} {'long ' * 20}") for number in range(1_200)))
    french = (tmp_path / "report.fr.html").read_text(encoding="utf-8")
    english = (tmp_path / "report.en.html").read_text(encoding="utf-8")
    assert "<h2>Textes coupés (3\u202f600)</h2><p>À savoir. Les 1\u202f000 premiers sont listés. Rien" in french
    assert "<h2>Texts cut (3,600)</h2><p>Good to know. The first 1,000 are listed. Nothing" in english
    assert french.count("<tr><td>") == english.count("<tr><td>") == 1_000


def test_with_strict_every_finding_is_a_refusal(tmp_path: Path) -> None:
    format_, entry, journals = TELLS["text_cut"]
    assert exported(tmp_path, format_, entry, journals=journals, strict=True).report.stopped


def test_a_credit_note_stands_on_the_other_side_where_the_format_has_no_signs(tmp_path: Path) -> None:
    negative = with_lines(*(line._replace(debit=-line.debit, credit=-line.credit) for line in LINES))
    exported(tmp_path, "cegid-csv", negative)
    rows = [row.split(";") for row in (tmp_path / "ecritures.csv").read_text().splitlines()]
    assert [(row[4], row[5]) for row in rows] == [("C", "100,00"), ("C", "20,00"), ("D", "120,00")]


def test_a_book_without_entries_in_the_period_says_so(tmp_path: Path) -> None:
    done = exported(tmp_path, "csv")
    assert list(done.report.findings.counts) == ["nothing_to_export"]


def test_of_a_number_the_end_is_kept_and_two_that_become_alike_are_told(tmp_path: Path) -> None:
    numbered = [replace(CHEAP, invoice_number=number) for number in ("2026-03-0041", "2026-03-0042", "X026-03-0042")]
    done = exported(tmp_path, "quadra-ascii", *numbered, journals=AC)
    assert done.report.findings.counts == {"code_cut": 1, "text_cut": 3, "numbers_alike": 1}
    rows = written(tmp_path, "quadra-ascii").decode("cp1252").splitlines()
    assert [row[148:158] for row in rows if row.startswith("M6")] == ["26-03-0041", "26-03-0042", "26-03-0042"]


def test_a_folder_number_is_not_cut(tmp_path: Path) -> None:
    done = exported(tmp_path, "isacompta", CHEAP, journals=AC, folder="DOSSIER42")
    assert (done.report.stopped, done.report.findings.counts) == (True, {"folder_too_long": 1})
    assert "DOSSIER42" in next(done.report.findings.told()).message("en")


def test_what_a_file_does_not_carry_is_not_judged(tmp_path: Path) -> None:
    done = exported(tmp_path, "cegid-csv", CHEAP, folder="Łódź n° 42", company="漢字")
    assert not done.report.findings.counts


def test_numbers_that_outgrow_their_field_stop_the_export_and_are_told_once(tmp_path: Path) -> None:
    done = exported(tmp_path, "sage50-ximport", CHEAP, CHEAP, CHEAP, journals=AC, first_number=99_998)
    assert (done.report.stopped, done.report.findings.counts) == (True, {"number_too_high": 1})
    assert "100000" in next(done.report.findings.told()).message("en")


def test_a_finding_is_told_once_per_entry_and_counted_always(tmp_path: Path) -> None:
    done = exported(tmp_path, "tra", relabelled("x" * 36))
    assert (done.report.findings.counts["text_cut"], len(list(done.report.findings.told()))) == (3, 1)


def test_every_finding_of_the_catalogue_is_provoked_by_some_test() -> None:
    of_the_whole = {"nothing_to_export", "all_stay", "too_many_lines", "number_too_high", "numbers_alike"}
    of_what_was_asked = {"folder_too_long", "journal_not_met"}
    of_documents = {"document_missing", "document_differs", "document_large", "document_too_large"}
    assert set(catalogue()) == set(STOPS) | set(TELLS) | of_the_whole | of_what_was_asked | of_documents | set(STAYS)


@pytest.mark.parametrize("reason", [*(code.removeprefix("stays_") for code in STAYS), "of_tomorrow"])
def test_entries_that_stay_are_counted_by_reason_and_no_empty_period(reason: str, tmp_path: Path) -> None:
    done = exported(tmp_path, "csv", left_out={reason: 1_200})
    code = "stays_other" if reason == "of_tomorrow" else f"stays_{reason}"
    assert (done.report.stopped, done.report.findings.counts) == (True, {"all_stay": 1, code: 1_200})
    assert "(1,200)" in done.report.as_page("en")
    assert "1200" in list(done.report.findings.told())[1].message("fr")


@pytest.mark.parametrize("name", descriptions())
def test_every_limit_says_how_well_it_is_known_and_from_where(name: str) -> None:
    description = descriptions()[name]
    assert all(limit.source for limit in description.limits.values())
    assert all(rule.source for rule in description.rules)
