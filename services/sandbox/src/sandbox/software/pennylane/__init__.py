"""Pennylane at the HTTP level: the Firm API v1 below `/api/external/firm/v1`, and OAuth below `/oauth`.

Facts: `vendor-apis.md` 2, the vendor's OpenAPI (contracts/pennylane/firm-v1.openapi.json) and its guides, which both
name. What they leave open is written where it is decided, with the word "assumed".
"""

from sandbox.domain.rules import Rules

CONNECTOR = "pennylane"
RULES = Rules(
    CONNECTOR,
    label=255,
    piece=0,
    account=20,
    documents=1,
    marked=True,
    unkept=frozenset({"due date", "analytic", "foreign amount"}),
    manners=("contract", "guide"),
)
"""The contract names no longest label or number: here none is refused but numbers beyond 20 characters (assumed), and a
label may arrive cut at 255 (assumed too), the width that a careful client keeps. A created entry takes no due
date, no piece or invoice number, no analytic shares, one file, and one currency for all its lines. `manners` are the
two shapes of error bodies: the OpenAPI's, and the error guide's."""
