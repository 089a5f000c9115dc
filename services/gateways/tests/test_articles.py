"""The articles that users read, and the names that only a connector's own folders may say."""

from pathlib import Path

import pytest

from gateways.connectors.registry import load_sheets
from gateways.domain.article import LANGUAGES, NoWords, article, words
from gateways.entrypoints.articles import articles, main
from gateways.entrypoints.vendor_names import is_searched, named, vendor_names
from qontable.sheet import Fact, Sheet

SHEETS = load_sheets()


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_every_connector_tells_what_to_prepare_how_to_activate_and_its_rules_in_both_languages(sheet: Sheet) -> None:
    told = sheet.article
    assert told
    assert all([told.prepare, told.activate, told.rules])
    for point in (*told.prepare, *told.activate, *told.rules):
        assert all(point.text[language].endswith(".") for language in LANGUAGES)  # type: ignore[index]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_an_article_shows_every_remedy_and_marks_every_assumption(sheet: Sheet, language: str) -> None:
    text = article(sheet, language)
    for rule in sheet.errors:
        assert rule.remedy[language] in text.replace("\\|", "|")  # type: ignore[index]
    assumed = [fact for fact in sheet.capabilities.values() if fact.evidence == "assumed"]
    mark = words()["evidence"]["assumed"][language]  # type: ignore[index]
    assert text.count(mark) >= len(assumed)


def test_a_capability_that_nobody_can_read_is_refused() -> None:
    sheet = next(iter(SHEETS.values()))
    odd = Fact(value=True, evidence="assumed", source="test")
    with pytest.raises(NoWords, match="odd_habit"):
        article(sheet.model_copy(update={"capabilities": {"odd_habit": odd}}), "fr")


def test_a_stale_article_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main("check") == 1
    assert main("write") == main("check") == 0
    path = next(iter(articles()))
    path.write_text("something else", encoding="utf-8")
    assert main("check") == 1
    assert str(path) in capsys.readouterr().out


def test_a_vendor_s_name_is_found_whatever_its_letters(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text(
        "URL = 'https://x'\nif connector == 'myunisoft':\n    class MyUnisoftThing: ...\n", encoding="utf-8"
    )
    assert [place.split(":")[1] for place in named([path], vendor_names())] == ["2", "3"]
    assert is_searched("services/hub/src/hub/domain/entry.py")
    assert not is_searched("services/gateways/src/gateways/connectors/myunisoft/client.py")
    assert not is_searched("services/hub/tests/test_entries.py")
