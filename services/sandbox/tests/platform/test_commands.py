"""What the commands say before and without any running system, and their exit statuses (DESIGN 9)."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qontable.command import build
from sandbox.domain.closing_report import ClosingReport, read_returned
from sandbox.domain.firm_key import KeyForm
from sandbox.entrypoints.closing import show
from sandbox.entrypoints.job import readable_console

HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
)


def run(*words: str, addresses: Path) -> tuple[int, str]:
    done = CliRunner().invoke(build(), list(words), env={"QONTABLE_ADDRESSES": str(addresses)})
    return done.exit_code, done.output


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    return tmp_path / "no-addresses.json"


@pytest.mark.parametrize(
    "words",
    [
        ["sandbox", "publish"],
        ["sandbox", "publish", "--fec", "missing.txt"],
        ["demo", "--entries", "12"],
        ["demo", "--entries", "many"],
    ],
)
def test_wrong_usage_is_status_2(words: list[str], nowhere: Path) -> None:
    assert run(*words, addresses=nowhere)[0] == 2


def test_both_kinds_of_book_at_once_are_wrong_usage(tmp_path: Path, nowhere: Path) -> None:
    file = tmp_path / "book"
    file.write_text("")
    assert run("sandbox", "publish", "--fec", str(file), "--events", str(file), addresses=nowhere)[0] == 2


def test_a_bad_fec_is_status_1_with_line_column_and_remedy(tmp_path: Path, nowhere: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_text(HEADER + "ACH|Achats|1|20261301|606100|x||||20260315|x|1,00|0,00|||20260331||\n")
    status, output = run("sandbox", "publish", "--fec", str(file), addresses=nowhere)
    assert status == 1
    assert "line 2, column EcritureDate" in output


def test_without_a_running_system_the_status_is_3(nowhere: Path) -> None:
    status, output = run("demo", addresses=nowhere)
    assert status == 3
    assert "qontable local up" in output


def test_a_system_that_does_not_answer_is_status_3(tmp_path: Path) -> None:
    settings = {"hub": {"QONTABLE_HUB_PLATFORM_SECRET": "x" * 32}}
    addresses = tmp_path / "addresses.json"
    addresses.write_text(
        json.dumps(
            {
                "stack": "test",
                "kafka": "",
                "postgres_admin_url": "",
                "storage_url": "",
                "logs": "",
                "http": {"hub": "http://127.0.0.1:9", "sandbox": "http://127.0.0.1:9"},
                "settings": settings,
                "partner_secrets": {"myunisoft": "y" * 32},
            }
        )
    )
    status, output = run("demo", addresses=addresses)
    assert status == 3
    assert "the sandbox does not answer" in output


def test_what_came_back_is_told_in_the_softwares_words_or_in_ours() -> None:
    entry = {"key": "ACH/1", "entry_id": "ent_1", "revision": 1, "detail": None, "findings": []}
    message = {"code": "COMPTE32", "text": "Le compte est fermé", "remedy": {"en": "Reopen it."}}
    by_software = read_returned(entry | {"message": message})
    assert (by_software.said_by, by_software.words) == ("software", "COMPTE32: Le compte est fermé")
    assert by_software.remedy == "Reopen it."
    finding = {"code": "account_unknown", "message": {"en": "No such account."}, "remedy": {"en": "Create it."}}
    by_us = read_returned(entry | {"message": None, "findings": [finding]})
    assert (by_us.said_by, by_us.words, by_us.remedy) == ("pre-flight", "No such account.", "Create it.")


def verdict(**changes: object) -> dict[str, object]:
    sides = {"401X": {"debit": "0.00", "credit": "12.00"}}
    lists: dict[str, object] = {name: [] for name in ("lost", "doubled", "altered", "unexpected", "refused", "cuts")}
    counts = {"entries": 1, "lines": 2, "documents": 1, "accounts": sides}
    return lists | counts | {"clean": True, "published": counts, "reasons": {}} | changes


def report(found: dict[str, object] | None) -> ClosingReport:
    return ClosingReport("Atelier [Morvan]", "myunisoft", "X", "the vendor's own", 1, verdict=found)


def test_a_report_is_clean_only_when_the_books_are_and_nothing_failed() -> None:
    assert report(verdict()).clean
    assert report(None).clean
    assert not report(verdict(clean=False)).clean
    failed = report(verdict())
    failed.failures.append("ACH/1 came back unexpectedly")
    assert not failed.clean


def test_the_report_names_every_fault_of_the_books(capsys: pytest.CaptureFixture[str]) -> None:
    found = verdict(clean=False, lost=["ACH/7"], doubled=["VTE/3"], altered=["BQ1/2"], reasons={"ACH/7": "gone"})
    show(report(found), readable_console())
    shown = capsys.readouterr().out
    assert "lost 1 / doubled 1 / altered 1" in shown
    assert all(text in shown for text in ("ACH/7: gone", "VTE/3", "BQ1/2", "401X", "12.00", "Atelier [Morvan]"))


def test_the_report_lists_what_the_software_took_in_part_only(capsys: pytest.CaptureFixture[str]) -> None:
    cut = {"entry": "ACH/1", "where": "lines.0.label", "published": "Papeterie Durand", "booked": "Papeterie Du"}
    piece = {"entry": "ACH/1", "where": "document_number", "published": "FD-1", "booked": "FD1"}
    show(report(verdict(cuts=[cut] * 14 + [piece])), readable_console())
    shown = capsys.readouterr().out
    assert "15 cuts as the software's limits demand: 1 document number, 14 label" in shown
    assert all(text in shown for text in ("lines.0.label", "Papeterie Du", "… and 3 more"))
    show(report(verdict()), readable_console())
    assert "0 cuts as the software's limits demand\n" in capsys.readouterr().out


def test_a_key_is_typed_as_its_software_shows_it() -> None:
    random = "a" * 32 + "b" * 32
    assert (KeyForm().key(random), KeyForm().fields(random)) == (random, {"token": random})
    pair = KeyForm(whole="{id}:{secret}", typed={"key": "{id}", "password": "{secret}", "domain": "CAB"})
    assert pair.key(random) == f"{'a' * 32}:{'b' * 32}"
    assert pair.fields(random) == {"key": "a" * 32, "password": "b" * 32, "domain": "CAB"}
