"""What kinds of entries, journals and third parties are called in the formats that name them."""

from exports.domain.book import Kind

PIECES: dict[Kind, str] = {
    "purchase": "FF",
    "sale": "FC",
    "expense_report": "OD",
    "bank": "OD",
    "miscellaneous": "OD",
}
"""TRA and PNM (facts 2, 7): invoice of a supplier, of a customer, anything else."""

CREDIT_NOTES: dict[Kind, str] = {"purchase": "AF", "sale": "AC"}
PAYMENTS = {"40": "RF", "41": "RC"}
"""A bank entry is the payment of a supplier or a customer where it has one."""

TRA_JOURNALS: dict[Kind, str] = {
    "purchase": "ACH",
    "sale": "VTE",
    "expense_report": "OD",
    "bank": "BQE",
    "miscellaneous": "OD",
}
ISACOMPTA_JOURNALS: dict[Kind, str] = {
    "purchase": "ac",
    "sale": "ve",
    "expense_report": "od",
    "bank": "tr",
    "miscellaneous": "od",
}
TRA_THIRD_PARTIES = {"40": "FOU", "41": "CLI", "42": "SAL"}
OTHER_THIRD_PARTY = "DIV"
QUADRA_THIRD_PARTIES = {"40": "F", "41": "C"}
OTHER_QUADRA = "G"
