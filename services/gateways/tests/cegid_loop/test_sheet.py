"""The data sheet of Cegid Loop: every refusal the facts name has a row, every row is reached, nothing falls through."""

import re

import pytest

from qontable.sheet import Sheet

FAILED = "4"
EXAMPLES: list[tuple[int, str | None, str, str]] = [
    (429, None, "", "throttled"),
    (401, None, "Access denied due to invalid subscription key.", "partner_key_refused"),
    (200, None, "The collaborator 12 does not have access to the folder DOS0042", "connector_not_activated"),
    (200, None, "The folder DOS0042 does not exist", "software_file_unknown"),
    (401, None, "", "credentials_refused"),
    (403, None, "", "credentials_refused"),
    (200, None, "x-apikey is not valid", "credentials_refused"),
    (200, None, "No payload", "request_malformed"),
    (200, None, "An entry needs at least two lines", "too_few_lines"),
    (200, None, "ecritures is empty", "no_entries"),
    (200, None, "debCutOff and finCutOff go together: half a cut-off", "cut_off_refused"),
    (200, None, "date is not ISO 8601", "impossible_date"),
    (200, None, "SIRET 123 is not valid", "establishment_refused"),
    (413, None, "", "request_too_large"),
    (200, FAILED, "Entry is unbalanced", "unbalanced"),
    (200, FAILED, "The period is closed", "period_closed"),
    (200, FAILED, "Journal AC is closed", "journal_closed"),
    (200, FAILED, "Journal AC does not exist", "journal_unknown"),
    (200, FAILED, "Tiers FDURAND inconnu", "subsidiary_unknown"),
    (200, FAILED, "Compte 606400 fermé", "account_closed"),
    (200, None, "Cegid Loop has no such account.", "account_not_created"),
    (200, FAILED, "Compte 606400 inconnu", "account_unknown"),
    (200, FAILED, "The file could not be downloaded", "document_refused"),
    (200, None, "The entry is kept in USD, not in euros.", "book_currency"),
    (200, None, "The entry has more documents than lines, each of which takes one.", "too_many_documents"),
    (200, None, "Cegid Loop takes no document of type application/zip.", "document_type_refused"),
    (200, None, "A document has 30000000 bytes.", "document_too_large"),
    (200, None, "A third party's code cannot be shortened: codes_collide.", "codes_collide"),
    (200, None, "Cegid Loop has lines here that do not say where from.", "look_up_ambiguous"),
    (200, FAILED, "", "import_failed"),
    (200, None, "Something else", "refused"),
    (502, None, "", "answer_unclear"),
]
"""One answer for each row of the error table, in the table's order."""


def test_every_row_of_the_error_table_is_reached_by_its_example(sheet: Sheet) -> None:
    assert len(EXAMPLES) == len(sheet.errors)
    for rule, (status, code, text, category) in zip(sheet.errors, EXAMPLES, strict=True):
        assert sheet.error_rule(status, code, text) is rule, f"{status} {code} {text} is answered by an earlier row"
        assert rule.category == category


FACTS = [
    ("no payload", "request_malformed"),
    ("context missing", "request_malformed"),
    ("entries are empty or no array", "no_entries"),
    ("fewer than two lines", "too_few_lines"),
    ("non-ISO dates", "impossible_date"),
    ("half a cut-off pair", "cut_off_refused"),
    ("bad SIRET", "establishment_refused"),
    ("mixed SIREN", "establishment_refused"),
    ("unknown establishment", "establishment_refused"),
    ("unknown file", "software_file_unknown"),
    (
        "An error occurred during the JSON import request: The collaborator 12 does not have access to the folder X",
        "connector_not_activated",
    ),
]
"""Every refusal that the facts name (vendor facts, section 3; product facts, section 4.2); their wording is ours but
for the last."""


@pytest.mark.parametrize(("words", "category"), FACTS)
@pytest.mark.parametrize("code", [None, FAILED])
def test_every_refusal_that_the_facts_name_is_rejected_under_a_category_of_its_own(
    sheet: Sheet, words: str, category: str, code: str | None
) -> None:
    rule = sheet.error_rule(200, code, words)
    assert (rule.outcome, rule.category) == ("rejected", category)


def test_a_rejected_entry_is_always_told_to_be_validated_again(sheet: Sheet) -> None:
    for rule in sheet.errors:
        if rule.outcome == "rejected":
            assert "valide" in rule.remedy["fr"].lower(), rule.category
            assert "validate" in rule.remedy["en"].lower(), rule.category


def test_what_no_vendor_page_says_is_marked_as_assumed(sheet: Sheet) -> None:
    unknown = ("fiscal_years", "lists_software_files", "finds_by_reference", "entries_per_call", "status_answer")
    assert {sheet.capabilities[name].evidence for name in unknown} == {"assumed"}
    assert {sheet.throttle.evidence, sheet.settles_within.evidence, sheet.unique_references.evidence} == {"assumed"}


@pytest.mark.parametrize(
    ("field", "typed", "taken"),
    [
        ("api_key", "a1b2c3d4e5", True),
        ("api_key", "a1b2c3d4e5:secret", False),
        ("api_key", "a1b2 c3d4", False),
        ("api_secret", "s3cr3t-value", True),
        ("api_secret", "short", False),
        ("domain", "CEGIDPARTENAIRES", True),
        ("domain", "https://loop", False),
    ],
)
def test_what_is_typed_in_the_wizard_is_checked_before_it_is_tried(
    sheet: Sheet,
    field: str,
    typed: str,
    taken: bool,  # noqa: FBT001
) -> None:
    wizard = {item.name: item for item in sheet.wizard}
    assert (re.fullmatch(wizard[field].pattern, typed) is not None) is taken
    assert wizard[field].help["fr"]
    assert wizard[field].help["en"]
