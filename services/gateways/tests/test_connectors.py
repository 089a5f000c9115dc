"""What holds for every connector there is: what its data sheet may say, and how it is found."""

import pytest
from pydantic import ValidationError

from gateways.connectors.registry import UnknownConnector, load_connectors, load_sheets
from gateways.domain.judgement import HALTING
from qontable.sheet import Sheet

SHEETS = load_sheets()


@pytest.fixture(params=SHEETS)
def sheet(request: pytest.FixtureRequest) -> Sheet:
    """Each data sheet in turn."""
    return SHEETS[request.param]


@pytest.mark.parametrize("status", [100, 302, 400, 404, 418, 500, 503, 599])
@pytest.mark.parametrize("text", ["", "<html>", "x" * 1000])
def test_an_answer_without_code_never_rejects_an_entry(sheet: Sheet, status: int, text: str) -> None:
    assert sheet.error_rule(status, None, text).outcome == "unknown"


def test_every_remedy_speaks_both_languages(sheet: Sheet) -> None:
    for rule in sheet.errors:
        assert set(rule.remedy) == {"fr", "en"}
        assert all(text.endswith(".") for text in rule.remedy.values())


def test_what_halts_a_lane_is_never_a_rejection(sheet: Sheet) -> None:
    halting = [rule for rule in sheet.errors if rule.category in HALTING]
    assert {rule.outcome for rule in halting} == {"not_sent"}


def test_a_connector_without_its_settings_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QONTABLE_MYUNISOFT_PARTNER_SECRET", raising=False)
    with pytest.raises(ValidationError, match="partner_secret"):
        load_connectors(["myunisoft"])


def test_every_connector_is_found_by_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QONTABLE_MYUNISOFT_PARTNER_SECRET", "secret")
    monkeypatch.setenv("QONTABLE_CEGID_LOOP_SUBSCRIPTION_KEY", "key")
    assert {name: connector.sheet.name for name, connector in load_connectors().items()} == {
        name: sheet.name for name, sheet in load_sheets().items()
    }


def test_an_unknown_connector_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownConnector, match=r"quickbooks.*myunisoft"):
        load_connectors(["quickbooks"])
