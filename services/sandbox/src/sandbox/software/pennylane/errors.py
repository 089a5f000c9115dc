"""What this stand-in refuses, as data, and the two bodies in which the vendor's documents say that it does.

The contract gives `{error, status}`, and for what the schema of a request refuses `{message, field, code}`; the error
guide gives `{error, message, details}`. Which one is sent is a manner of the software (`RULES.manners`). Over the limit
the body is a plain sentence, as the rate-limit guide shows. `assumed` marks a row whose status or words are nowhere
published for this case.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.domain.faults import Refused


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A name of ours, the HTTP status, and a sentence with places `{0}` for what it is about."""

    name: str
    status: int
    message: str
    assumed: bool = False


class VendorError(Refused):
    """The software refuses a request. `details` are the guide's, `code` and `field` the contract's for a schema."""

    def __init__(
        self,
        name: str,
        *values: object,
        code: str | None = None,
        field: str | None = None,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        row = ERRORS[name]
        self.name = name
        self.status = row.status
        self.message = row.message.format(*values)
        self.code = code
        self.field = field
        self.details = details
        self.headers = headers or {}
        super().__init__(f"{name}: {self.message}")

    def body(self, manner: str) -> dict[str, Any]:
        """The JSON body in one of `RULES.manners`."""
        if manner == "guide":
            details = self.details or ({"field": self.field, "issue": self.message} if self.field else None)
            guide = {"error": WORDS[self.status], "message": self.message}
            return guide | {"details": details} if details else guide
        if self.code is not None:
            named = {} if self.field is None else {"field": self.field}
            return {"message": self.message, "code": self.code} | named
        return {"error": self.message, "status": self.status}


WORDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "unprocessable_entity",
    429: "too_many_requests",
    500: "internal_server_error",
    503: "service_unavailable",
}
"""The guide's machine-readable words; it shows those of 403 and 422, the others are assumed alike."""

ROWS = (
    # The request.
    ErrorRow("schema", 400, "{0}"),
    ErrorRow("filter", 400, "The filter is invalid: {0}", assumed=True),
    ErrorRow("sort", 400, "The sort is invalid: {0}", assumed=True),
    ErrorRow("cursor", 400, "The cursor is invalid", assumed=True),
    # Access. That an expired or revoked token is told from an unknown one is assumed.
    ErrorRow("token_invalid", 401, "The access token is invalid"),
    ErrorRow("token_expired", 401, "The access token expired", assumed=True),
    ErrorRow("token_revoked", 401, "The access token was revoked", assumed=True),
    ErrorRow("scope", 403, 'Access to this resource requires scope "{0}".'),
    ErrorRow("route_forbidden", 403, "Access to this resource is forbidden", assumed=True),
    # Things that are not there, in the words of the 2026 guide where it shows them.
    ErrorRow("not_found", 404, "Not Found"),
    ErrorRow("no_journal", 404, "Couldn't find Journal with 'id'={0}"),
    ErrorRow("no_account", 404, "Couldn't find LedgerAccount with 'id'={0}"),
    ErrorRow("no_entry", 404, "Couldn't find LedgerEntry with 'id'={0}"),
    ErrorRow("no_line", 404, "Couldn't find LedgerEntryLine with 'id'={0}"),
    # A ledger entry. Only the words for an unbalanced one are published.
    ErrorRow("not_balanced", 422, "Entry lines are not balanced"),
    ErrorRow("too_many_lines", 422, "Ledger entry lines cannot exceed 1000 per request", assumed=True),
    ErrorRow("amount", 422, "Amount {0} is invalid", assumed=True),
    ErrorRow("text", 422, "Label is invalid", assumed=True),
    ErrorRow("unknown_journal", 422, "Couldn't find Journal with 'id'={0}", assumed=True),
    ErrorRow("journal_closed", 422, "Journal {0} is closed", assumed=True),
    ErrorRow("unknown_account", 422, "Couldn't find LedgerAccount with 'id'={0}", assumed=True),
    ErrorRow("account_disabled", 422, "Ledger account {0} is disabled", assumed=True),
    ErrorRow("unknown_attachment", 422, "Couldn't find FileAttachment with 'id'={0}", assumed=True),
    ErrorRow("no_fiscal_year", 422, "Date {0} is not included in any fiscal year", assumed=True),
    ErrorRow("fiscal_year_closed", 422, "Date {0} is in a closed fiscal year", assumed=True),
    ErrorRow("period_locked", 422, "Date {0} is in a locked period", assumed=True),
    ErrorRow("attachment_taken", 409, "A document with ID {0} already exists with such attachment.", assumed=True),
    # Accounts, journals, files.
    ErrorRow("number", 422, "Number is invalid", assumed=True),
    ErrorRow("number_taken", 422, "Number has already been taken", assumed=True),
    ErrorRow("code", 422, "Code must have 2 to 5 letters", assumed=True),
    ErrorRow("code_taken", 422, "Code has already been taken", assumed=True),
    ErrorRow("file_type", 422, "File has an invalid content type", assumed=True),
    ErrorRow("file_size", 422, "File is too large: 100MB at most", assumed=True),
    ErrorRow("file_empty", 422, "File is empty", assumed=True),
    # The service itself.
    ErrorRow("rate_limit", 429, "Rate limit exceeded. Please retry in {0} seconds."),
    ErrorRow("internal", 500, "Internal Server Error", assumed=True),
    ErrorRow("maintenance", 503, "Service Unavailable", assumed=True),
)

ERRORS = {row.name: row for row in ROWS}
