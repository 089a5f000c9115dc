"""`qontable gateways connectors`, as a person and as a program read it."""

import json

from typer.testing import CliRunner

from gateways.connectors.registry import load_sheets
from gateways.entrypoints.command import app


def test_programs_read_what_is_known_of_a_connector_and_how_well() -> None:
    result = CliRunner().invoke(app, ["connectors", "--json"])
    assert result.exit_code == 0
    (myunisoft,) = [row for row in json.loads(result.stdout) if row["connector"] == "myunisoft"]
    assert myunisoft["facts"]["unique_references"]["value"] is True
    assert myunisoft["facts"]["settles_within_seconds"]["evidence"] == "assumed"
    assert all(fact["source"] for fact in myunisoft["facts"].values())


def test_people_see_softwares_side_by_side_and_what_is_only_assumed() -> None:
    result = CliRunner().invoke(app, ["connectors"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert all(sheet.name in result.stdout for sheet in load_sheets().values())
    assert "○ 30" in result.stdout


def test_one_connector_is_shown_with_its_sources() -> None:
    result = CliRunner().invoke(app, ["connectors", "myunisoft"], env={"COLUMNS": "400"})
    assert result.exit_code == 0
    assert "entry_origin_partner_id must be strictly unique" in result.stdout
    assert CliRunner().invoke(app, ["connectors", "quickbooks"]).exit_code == 2
