"""`qontable gateways new`: what it writes is registered by being there, and says what to do next."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateways.domain.article import LANGUAGES, article
from gateways.entrypoints.command import app
from gateways.entrypoints.new import files
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
    assert "write {method} in connectors/acme/client.py" in client


@pytest.mark.parametrize("name", ["Acme", "9lives", "a-b", "../up", "myunisoft"])
def test_a_name_that_cannot_be_or_is_taken_is_wrong_usage(name: str, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["new", name, "--into", str(tmp_path)]).exit_code == 2
    assert not list(tmp_path.iterdir())
