"""MyUnisoft at the HTTP level: the partners' API below `/api/v1` and its health below `/api/partners`.

Facts: `vendor-apis.md` 1 and the vendor's public repository MyUnisoft/api-partenaires, which both name. What they leave
open is written where it is decided, with the word "assumed".
"""

from sandbox.domain.rules import Rules

CONNECTOR = "myunisoft"
RULES = Rules(CONNECTOR, label=50, piece=25, account=20, usual=True)
"""The account's 20 characters are COMPTE7's."""
