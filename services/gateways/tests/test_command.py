"""`qontable gateways connectors`, as a person and as a program read it."""

import json

from typer.testing import CliRunner

from gateways.entrypoints.command import app


def test_programs_read_what_is_known_of_a_connector_and_how_well() -> None:
    result = CliRunner().invoke(app, ["connectors", "--json"])
    assert result.exit_code == 0
    (myunisoft,) = [row for row in json.loads(result.stdout) if row["connector"] == "myunisoft"]
    assert myunisoft["facts"]["unique_references"]["value"] is True
    assert myunisoft["facts"]["settles_within_seconds"]["evidence"] == "assumed"
    assert all(fact["source"] for fact in myunisoft["facts"].values())


def test_people_see_what_is_only_assumed() -> None:
    result = CliRunner().invoke(app, ["connectors"])
    assert result.exit_code == 0
    assert "MyUnisoft" in result.stdout
    assert "assumed" in result.stdout
