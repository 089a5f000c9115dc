"""Pennylane at the HTTP level: the Firm API v1 below `/api/external/firm/v1`, and OAuth below `/oauth`.

Facts: `vendor-apis.md` 2, the vendor's OpenAPI (contracts/pennylane/firm-v1.openapi.json) and its guides, which both
name. What they leave open is written where it is decided, with the word "assumed".
"""

from sandbox.domain.rules import Rules

CONNECTOR = "pennylane"
RULES = Rules(
    CONNECTOR,
    label=None,
    piece=0,
    account=20,
    documents=1,
    marked=True,
    unkept=frozenset({"due date", "analytic", "foreign amount"}),
    manners=("contract", "guide"),
)
"""The contract names no longest label or number; 20 characters of a number are assumed. A created entry takes no due
date, no piece or invoice number, no analytic shares, one file, and one currency for all its lines. `manners` are the
two shapes of error bodies: the OpenAPI's, and the error guide's."""
