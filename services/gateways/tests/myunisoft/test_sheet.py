"""The data sheet of MyUnisoft: every refusal the facts name is covered, every row is reached, nothing falls through."""

import pytest

from qontable.sheet import Sheet

EXAMPLES: list[tuple[int, str | None, str]] = [
    (503, "ERR-API-UNDER-MAINTENANCE", "maintenance"),
    (429, "ERR-TOO-MANY-CONCURRENT-REQUEST", "throttled"),
    (429, None, "throttled"),
    (401, "ERR-SECRET-HEADER-NOT-SET", "partner_secret_refused"),
    (403, "ERR-THIRD-PARTY-DISCONNECTED", "plugin_off"),
    (401, "ERR-API-TOKEN-NOT-FOUND", "credentials_refused"),
    (403, "ERR-MISSING-RULE", "credentials_refused"),
    (401, None, "credentials_refused"),
    (400, "IMPORT25", "reference_taken"),
    (409, "BALIMP01", "reference_taken"),
    (404, "ERR-SOCIETY-DOESNT-EXIST", "software_file_unknown"),
    (400, "SOCIETE12", "software_file_inactive"),
    (403, "DROIT1", "software_file_forbidden"),
    (400, "EXERCICE14", "fiscal_year_closed"),
    (400, "EXERCICE1", "no_fiscal_year"),
    (400, "BLOCAGE_PERIODIQUE26", "period_locked"),
    (400, "CLOTURE1", "journal_closed"),
    (400, "JOURNAL3", "journal_unknown"),
    (400, "JOURNAL9", "journal_without_type"),
    (400, "JOURNAL13", "journal_of_openings"),
    (400, "ECR36", "bank_line_missing"),
    (400, "ECR37", "cash_line_missing"),
    (400, "COMPTE32", "account_closed"),
    (400, "COMPTE5", "account_unknown"),
    (400, "COMPTE 13", "account_not_in_journal"),
    (400, "COMPTE6", "account_number_invalid"),
    (400, "COMPTE7", "code_too_long"),
    (400, "COMPTE33", "account_validated"),
    (400, "COMPTE23", "account_refused"),
    (400, "ECR14", "unbalanced"),
    (400, "ECR27", "invalid_amount"),
    (400, "ECR42", "label_empty"),
    (400, "ECR6", "impossible_date"),
    (400, "DEADLINE1", "due_date_refused"),
    (400, "GBL5", "text_too_long"),
    (400, "CURRENCY01", "book_currency"),
    (400, "SECTION002", "analytic_unknown"),
    (400, "ANALYT003", "analytic_account"),
    (400, "ANALYT004", "analytic_refused"),
    (400, "DOCUMENT9", "document_type_refused"),
    (400, "DOCUMENT6", "document_refused"),
    (413, None, "document_too_large"),
    (500, "DOCUMENT5", "software_fault"),
    (404, "ECR999", "entry_not_found"),
    (400, "TYPEPAY1", "refused"),
    (403, None, "credentials_refused"),
    (422, "ERR-VALIDATION", "refused"),
    (502, None, "answer_unclear"),
]
"""One answer for each row of the error table, in the table's order."""


def test_every_row_of_the_error_table_is_reached_by_its_example(sheet: Sheet) -> None:
    assert len(EXAMPLES) == len(sheet.errors)
    for rule, (status, code, category) in zip(sheet.errors, EXAMPLES, strict=True):
        assert sheet.error_rule(status, code, "") is rule, f"{status} {code} is answered by an earlier row"
        assert rule.category == category


FACTS = [
    "ERR-INVALID-FIRM-JWT",
    "ERR-FIRM-TOKEN-NOT-FOUND",
    "ERR-THIRD-PARTY-DISCONNECTED",
    "ERR-API-UNDER-MAINTENANCE",
    "ERR-TOO-MANY-REQUEST",
    "ERR-TOO-MANY-CONCURRENT-REQUEST",
    "ERR-TOO-MANY-CONCURRENT-REQUESTS",
    "ECR1",
    "ECR14",
    "IMPORT13",
    "ECR9",
    "EXERCICE14",
    "ECR10",
    "EXERCICE1",
    "ECR36",
    "ECR42",
    "COMPTE7",
    "COMPTE32",
    "BLOCAGE_PERIODIQUE23",
    "BLOCAGE_PERIODIQUE26",
    *(f"ANALYT00{number}" for number in range(1, 7)),
    "IMPORT25",
    "UNIK1",
    "UNIK2",
]
"""Every code that the facts name for an entry (vendor facts, section 1; product facts, section 4.5)."""


@pytest.mark.parametrize("code", FACTS)
def test_every_code_that_the_facts_name_has_a_row_of_its_own(sheet: Sheet, code: str) -> None:
    assert sheet.error_rule(400, code, "").category not in {"refused", "answer_unclear"}


@pytest.mark.parametrize("code", ["UNIK1", "UNIK27", "IMPORT25"])
def test_a_reference_that_exists_is_looked_up_and_never_rejected(sheet: Sheet, code: str) -> None:
    rule = sheet.error_rule(400, code, "")
    assert (rule.outcome, rule.lookup) == ("unknown", True)


def test_a_rejected_entry_is_always_told_to_be_validated_again(sheet: Sheet) -> None:
    for rule in sheet.errors:
        if rule.outcome == "rejected":
            assert "validez" in rule.remedy["fr"], rule.category
            assert "validate" in rule.remedy["en"], rule.category
