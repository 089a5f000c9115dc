"""`qontable gateways preview`: a difficult book, as a person and as a program read what would become of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateways.connectors.registry import load_sheets
from gateways.entrypoints.command import app
from gateways.entrypoints.preview import indented
from qontable.bilingual import set_french

from .difficult import write

FEC = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\t"
    "EcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise\n"
    "AC\tAchats\t1\t20260312\t606400\tFournitures\t\t\tFD-1\t20260312\tPapeterie\t100,00\t0,00\t\t\t20260331\t\t\n"
    "AC\tAchats\t1\t20260312\t401000\tFournisseurs\t401DURAND\tDurand\tFD-1\t20260312\tPapeterie\t0,00\t100,00\t\t\t20260331\t\t\n"
)
VERDICTS = {
    "in-order": "leaves",
    "long-label": "leaves",
    "closed-year": "waits",
    "closed-account": "returned",
    "unknown-account": "returned",
    "closed-journal": "returned",
    "oversized-document": "returned",
    "program-as-document": "returned",
    "unbalanced": "returned",
}
"""What every software that lists its accounts and years makes of these."""


def preview(*words: str) -> tuple[int, str]:
    """The exit status and what was said."""
    result = CliRunner().invoke(app, ["preview", *words], env={"COLUMNS": "120"})
    return result.exit_code, result.stdout


@pytest.mark.parametrize("connector", load_sheets())
def test_programs_read_findings_and_the_body_of_each_request(connector: str, tmp_path: Path) -> None:
    book, reference = write(tmp_path)
    status, said = preview("--connector", connector, "--input", str(book), "--reference", str(reference), "--json")
    assert status == 1
    found = json.loads(said)
    verdicts = {entry["entry_id"]: entry["verdict"] for entry in found["entries"]}
    expected = VERDICTS | ({} if load_sheets()[connector].lists_fiscal_years else {"closed-year": "leaves"})
    assert expected.items() <= verdicts.items()
    limit = load_sheets()[connector].limits.subsidiary
    cuts = limit is not None and limit.overflow == "cut_after_collision_check"
    codes = {entry["entry_id"]: [finding["code"] for finding in entry["findings"]] for entry in found["entries"]}
    assert ("codes_collide" in codes["colliding-codes"]) == cuts
    assert {name for request in found["requests"] for name in request["entries"]} == {
        name for name, verdict in verdicts.items() if verdict == "leaves"
    }
    for request in found["requests"]:
        assert request["method"] == "POST"
        assert request["body"]


def test_people_read_what_is_wrong_and_what_to_do_in_their_language(tmp_path: Path) -> None:
    book, reference = write(tmp_path)
    status, said = preview(
        "--connector", "myunisoft", "--input", str(book), "--reference", str(reference), "--language", "fr"
    )
    assert status == 1
    assert set_french("13 écritures : 4 partent, 2 attendent, 7 reviennent. Rien n'a été envoyé.") in said
    assert "MyUnisoft n'accepte pas de pièce jointe de type application/x-msdownload." in said
    assert '"debit": 100.00' in said
    assert "modifié label (ligne 1, ligne 2, ligne 3)  Prestation de conseil" in said
    assert "ligne 1  Le compte 615000 est fermé" in said
    assert "pièce jointe 1  Une pièce jointe pèse 157 286 400 octets\u00a0; la limite est de 52 428 800." in said


@pytest.mark.parametrize("connector", load_sheets())
@pytest.mark.parametrize("columns", [80, 120])
def test_a_body_is_copied_as_it_stands_and_the_rest_fits(connector: str, columns: int, tmp_path: Path) -> None:
    book, reference = write(tmp_path)
    words = ["preview", "--connector", connector, "--input", str(book), "--reference", str(reference)]
    said = CliRunner().invoke(app, words, env={"COLUMNS": str(columns)}).stdout
    shown, requests = said.split("in-order ─")
    assert max(map(len, shown.splitlines())) <= columns
    start = requests.index("\n{\n")
    assert json.JSONDecoder().raw_decode(requests[start + 1 :])
    assert "document_type_refused" in shown, "the longest word of the table is broken"


def test_a_fec_in_order_leaves_whole(tmp_path: Path) -> None:
    book = tmp_path / "123456789FEC20261231.txt"
    book.write_text(FEC, encoding="utf-8")
    status, said = preview("--connector", "myunisoft", "--input", str(book), "--json")
    assert status == 0
    (request,) = json.loads(said)["requests"]
    assert request["entries"] == ["AC:1"]


def test_what_cannot_be_read_is_refused_and_a_wrong_name_is_wrong_usage(tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    book.write_text('{"entry_id": 1}\n', encoding="utf-8")
    assert preview("--connector", "myunisoft", "--input", str(book))[0] == 1
    assert preview("--connector", "quickbooks", "--input", str(book))[0] == 2


def test_an_indented_body_spells_every_value_as_it_leaves() -> None:
    body = r'{"a":1.00,"b":[],"c":"x, {\"y\": 2}","d":[-1,null]}'
    shown = indented(body)
    assert json.loads(shown) == json.loads(body)
    assert "1.00" in shown
    assert '"b": []' in shown
