"""`qontable gateways new`: what it writes is registered by being there, and says what to do next."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateways.domain.article import LANGUAGES, article
from gateways.entrypoints.command import app
from gateways.entrypoints.new import ROOT, files
from qontable.sheet import load_sheet


def test_a_new_connector_has_a_sheet_that_can_be_read_and_code_that_compiles(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["new", "acme_plus", "--title", "Acme Plus", "--into", str(tmp_path)])
    assert result.exit_code == 0
    assert "make conformance CONNECTOR=acme_plus" in result.stdout
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.parent.name for path in written} == {"connectors", "software"}
    for path in written:
        if path.suffix == ".py":
            compile(path.read_text(encoding="utf-8"), str(path), "exec")
    (sheet,) = [load_sheet(path) for path in written if path.name == "sheet.toml"]
    assert (sheet.connector, sheet.name) == ("acme_plus", "Acme Plus")
    assert all(article(sheet, language) for language in LANGUAGES)


def test_what_is_not_written_yet_says_what_to_write() -> None:
    (client,) = [text for path, text in files("acme", "Acme").items() if path.name == "client.py"]
    assert "Write {method} in connectors/acme/client.py" in client


def test_what_is_written_needs_no_mending(tmp_path: Path) -> None:
    """By the rules that hold for all code here."""
    for path, text in files("acme_plus", "Acme Plus").items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    rules = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for order in (["check", *rules], ["format", "--check", *rules]):
        command = [sys.executable, "-m", "ruff", *order, str(tmp_path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["Acme", "9lives", "a-b", "../up", "myunisoft"])
def test_a_name_that_cannot_be_or_is_taken_is_wrong_usage(name: str, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["new", name, "--into", str(tmp_path)]).exit_code == 2
    assert not list(tmp_path.iterdir())
