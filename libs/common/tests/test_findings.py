"""What findings say to the accountant."""

import re
import string
from pathlib import Path

import pytest

import qontable
from qontable.entry import Finding
from qontable.findings import catalogue, cured_by, render, waits


def test_a_finding_is_told_in_both_languages_with_its_values() -> None:
    told = render(Finding("account_unknown", "lines.2.account", {"account": "606400"}))
    assert told.where == "lines.2.account"
    assert told.message == {
        "fr": "Le compte 606400 n'existe pas dans le logiciel comptable.",
        "en": "Account 606400 does not exist in the accounting software.",
    }
    assert set(told.remedy) == {"fr", "en"}


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_each_finding_has_a_message_and_a_remedy_that_name_the_same_values(code: str) -> None:
    text = catalogue()[code]
    assert all(text.message[language] and text.remedy[language] for language in ("fr", "en"))
    named = [
        {name for _, name, _, _ in string.Formatter().parse(text.message[language]) if name}
        for language in text.message
    ]
    assert named[0] == named[1]


def test_braces_in_a_value_are_harmless() -> None:
    assert "{0.__class__}" in render(Finding("account_unknown", "", {"account": "{0.__class__}"})).message["en"]


def test_an_entry_waits_only_for_what_comes_or_is_answered_without_a_new_revision() -> None:
    years, rules = {"no_fiscal_year", "fiscal_year_closed"}, {"account_to_create", "subsidiary_to_create"}
    assert {code for code in catalogue() if waits(Finding(code))} == years | rules | {"document_absent"}


def test_findings_name_the_reference_data_that_could_cure_them() -> None:
    assert cured_by([Finding("account_unknown"), Finding("unbalanced"), Finding("journal_closed")]) == {
        "accounts",
        "journals",
    }


def test_every_finding_that_the_kit_makes_has_its_sentences() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(qontable.__file__).parent.glob("*.py"))
    made = set(re.findall(r'(?:Finding|TextRefused)\("(\w+)"', sources))
    made |= set(re.findall(r'InvalidAmount\(\w+, "(\w+)"', sources))
    assert {"unbalanced", "codes_collide", "journal_unknown", "amount_too_precise"} <= made
    assert made <= set(catalogue())
