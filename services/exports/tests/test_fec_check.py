"""A FEC is judged by each rule of the law, for the right reason and at the right place."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exports.domain.fec_verdict import rules
from exports.entrypoints.checking import judge
from exports.entrypoints.command import app

from .faulty_fecs import GOOD, HEAD, NAME, REFUSED, ROWS, TOLD, Break
from .sample import ENTRY, exported


def fec(folder: Path, text: str, name: str = NAME, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_file_that_conforms_has_no_breach(tmp_path: Path) -> None:
    verdict = judge(fec(tmp_path, GOOD))
    assert (verdict.told, verdict.lines, verdict.entries) == ([], 4, 2)


@pytest.mark.parametrize(("rule", "broken", "line", "column"), [(rule, *how) for rule, how in REFUSED.items()])
def test_a_breach_that_is_refused_is_found_where_it_stands(
    rule: str, broken: Break, line: int, column: str, tmp_path: Path
) -> None:
    verdict = judge(fec(tmp_path, broken(GOOD)))
    assert (rule, line, column) in [(breach.rule, breach.line, breach.column) for breach in verdict.told]
    assert verdict.refused


@pytest.mark.parametrize(("rule", "broken", "line", "column"), [(rule, *how) for rule, how in TOLD.items()])
def test_a_breach_that_is_tolerated_is_told_and_alone(
    rule: str, broken: Break, line: int, column: str, tmp_path: Path
) -> None:
    verdict = judge(fec(tmp_path, broken(GOOD)))
    assert (verdict.told[0].rule, verdict.told[0].line, verdict.told[0].column) == (rule, line, column)
    assert not verdict.refused


@pytest.mark.parametrize(
    "name", ["fec.txt", "123456789FEC2026.txt", "123456789FEC20261331.txt", "123456789FEC20261231.csv"]
)
def test_a_file_with_another_name_is_refused(name: str, tmp_path: Path) -> None:
    assert [breach.rule for breach in judge(fec(tmp_path, GOOD, name)).told] == ["file_name"]


@pytest.mark.parametrize(("encoding", "text"), [("utf-16", GOOD), ("cp1252", GOOD.replace("DUPONT", "D’UPONT"))])
def test_a_file_in_another_encoding_is_refused(encoding: str, text: str, tmp_path: Path) -> None:
    assert "encoding" in judge(fec(tmp_path, text, encoding=encoding)).counts


@pytest.mark.parametrize("sides", ["D", "+1"])
def test_amounts_with_a_sense_are_judged_like_debits_and_credits(sides: str, tmp_path: Path) -> None:
    credit = {"D": "C", "+1": "-1"}[sides]
    text = GOOD.replace("Debit|Credit", "Montant|Sens")
    for amount in ("100,00", "50,00"):
        text = text.replace(f"{amount}|0,00", f"{amount}|{sides}").replace(f"0,00|{amount}", f"{amount}|{credit}")
    assert judge(fec(tmp_path, text)).told == []
    broken = judge(fec(tmp_path, text.replace(f"|{credit}|", "|X|", 1)))
    assert "side_unreadable" in broken.counts


def test_entries_whose_lines_lie_apart_balance_all_the_same(tmp_path: Path) -> None:
    apart = "\n".join((HEAD, ROWS[0], ROWS[2], ROWS[1], ROWS[3], ""))
    verdict = judge(fec(tmp_path, apart))
    assert "entry_unbalanced" not in verdict.counts


def test_every_rule_of_the_catalogue_is_broken_by_some_test() -> None:
    elsewhere = {"file_name", "encoding", "side_unreadable"}
    assert set(rules()) == set(REFUSED) | set(TOLD) | elsewhere


def test_what_the_exporter_writes_conforms(tmp_path: Path) -> None:
    done = exported(tmp_path, "fec", ENTRY)
    verdict = judge(done.files[0])
    assert verdict.told == []


def test_the_command_says_line_column_and_rule_and_ends_with_one(tmp_path: Path) -> None:
    path = fec(tmp_path, REFUSED["amount_unreadable"][0](GOOD))
    result = CliRunner().invoke(app, ["check", str(path), "--json"])
    content = json.loads(result.stdout)
    assert (result.exit_code, content["refused"]) == (1, True)
    breach = next(breach for breach in content["breaches"] if breach["rule"] == "amount_unreadable")
    assert (breach["line"], breach["column"], breach["detail"]) == (4, "Debit", "50.00")
    assert "virgule" in breach["text"]["fr"]


def test_the_command_ends_with_zero_for_a_file_that_conforms(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(fec(tmp_path, GOOD))])
    assert (result.exit_code, "conforms" in result.stdout) == (0, True)
