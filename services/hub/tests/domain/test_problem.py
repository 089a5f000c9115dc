"""Refusals that a person understands, in both languages."""

import re
import string
from pathlib import Path

import pytest

import hub
from hub.domain.problem import Refused, catalogue
from hub.entrypoints.api.refusals import language_of


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", catalogue())
def test_every_refusal_says_the_same_in_both_languages(code: str) -> None:
    text = catalogue()[code]
    assert set(text.message) == set(text.remedy) == {"fr", "en"}
    assert text.message["fr"] != text.message["en"]
    assert _names(text.message["fr"]) == _names(text.message["en"])
    assert _names(text.remedy["fr"]) == _names(text.remedy["en"])
    assert 400 <= text.status < 600


def test_every_refusal_that_is_raised_is_in_the_catalogue_and_every_one_there_is_raised() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(hub.__file__).parent.rglob("*.py")]
    raised = {code for source in sources for code in re.findall(r'Refused\(\s*"(\w+)"', source)}
    tables = [table for source in sources for table in re.findall(r"^BEFORE_\w+ = (\{.+\})$", source, re.MULTILINE)]
    answered = {code for table in tables for code in re.findall(r'\d+: "(\w+)"', table)}
    assert raised | answered == set(catalogue())


def test_a_value_that_its_sentence_needs_cannot_be_forgotten() -> None:
    with pytest.raises(KeyError):
        Refused("software_file_taken", software_file_id="sw1").problem()


@pytest.mark.parametrize(
    ("header", "language"),
    [("fr-FR,fr;q=0.9,en;q=0.8", "fr"), ("de,en;q=0.5,fr;q=0.1", "en"), ("de", "en"), ("", "en"), (None, "en")],
)
def test_the_readers_first_language_of_ours_is_spoken(header: str | None, language: str) -> None:
    assert language_of(header) == language
