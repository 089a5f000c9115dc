"""The data sheet of Pennylane: every row is reached by its example, and nothing falls through."""

import pytest

from qontable.sheet import Sheet

EXAMPLES: list[tuple[int, str | None, str, str]] = [
    (429, "429", "Rate limit exceeded", "throttled"),
    (400, "invalid_grant", "The refresh token was used", "credentials_refused"),
    (401, "invalid_client", "Client authentication failed", "partner_secret_refused"),
    (401, "401", "The access token is invalid", "credentials_refused"),
    (403, "403", 'Access to this resource requires scope "ledger".', "rights_missing"),
    (403, "403", "Forbidden", "company_forbidden"),
    (403, None, "<html>", "access_blocked"),
    (422, "422", "Entry lines are not balanced", "unbalanced"),
    (422, "422", "Ledger account not found", "account_unknown"),
    (404, "404", "Journal not found", "journal_unknown"),
    (422, "422", "File attachment not found", "attachment_unknown"),
    (422, "422", "The content type is not allowed", "document_refused"),
    (413, None, "", "document_too_large"),
    (422, "422", "The fiscal year is frozen", "fiscal_year_closed"),
    (400, "InvalidDateFormat", "date", "impossible_date"),
    (400, "MoreThanMaxItems", "too many", "too_many_lines"),
    (400, "MoreThanMaxLength", "too long", "text_too_long"),
    (404, "404", "Not Found", "company_unknown"),
    (409, "409", "Conflict", "conflict"),
    (422, "422", "Something new", "refused"),
    (0, "before sending: currency", "", "book_currency"),
    (0, "before sending: documents", "", "too_many_documents"),
    (0, "prerequisites: fiscal years", "", "no_fiscal_year"),
    (0, "look-up: several entries", "", "found_several"),
    (502, None, "Bad Gateway", "answer_unclear"),
]
"""One answer for each row of the error table, in the table's order."""


def test_every_row_of_the_error_table_is_reached_by_its_example(sheet: Sheet) -> None:
    assert len(EXAMPLES) == len(sheet.errors)
    for rule, (status, code, text, category) in zip(sheet.errors, EXAMPLES, strict=True):
        assert sheet.error_rule(status, code, text) is rule, f"{status} {code} {text} is answered by an earlier row"
        assert rule.category == category


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 502, 503])
def test_nothing_rejects_an_entry_that_pennylane_did_not_say_itself(sheet: Sheet, status: int) -> None:
    assert (
        sheet.error_rule(status, None, "<html>load-balanced journal ledger account closed</html>").outcome == "unknown"
    )


def test_a_rejected_entry_is_always_told_to_be_validated_again(sheet: Sheet) -> None:
    for rule in sheet.errors:
        if rule.outcome == "rejected":
            assert "validez" in rule.remedy["fr"], rule.category
            assert "validate" in rule.remedy["en"], rule.category


def test_any_one_of_the_wizard_s_fields_is_enough(sheet: Sheet) -> None:
    assert {field.name for field in sheet.wizard} == {"token", "authorization_code", "refresh_token"}
    assert not any(field.required for field in sheet.wizard)
    assert all(field.secret for field in sheet.wizard)
