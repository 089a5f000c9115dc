"""Cegid Loop at the HTTP level: reads of reference data, the asynchronous JSON import, its status, and Loop Hub.

Facts: `vendor-apis.md` 3, `qonto-domain.md` 4.2 and the vendor's public pages below
developers.cegid.com/docreference/BusinessUnits/Loop-Api-Management-Docs, which they name. What these leave open is
written where it is decided, with the word "assumed".
"""

from sandbox.domain.firm_key import KeyForm
from sandbox.domain.rules import Rules

CONNECTOR = "cegid_loop"
RULES = Rules(
    CONNECTOR,
    label=35,
    piece=None,
    account=17,
    one_field=False,
    cut_codes=True,
    uuids=True,
    signs=True,
    one_number=True,
    coded=True,
    thirds_due=True,
    unkept=frozenset({"analytic"}),
    key=KeyForm("{id}:{secret}", {"api_key": "{id}", "api_secret": "{secret}", "domain": "CEGIDPARTENAIRES"}),
)
"""Labels of 35 and codes of 17 characters are Qonto's (LOOP-2); pieces have no published limit. What the arrays of
`axeAna[…]` hold is shown by the vendor in pictures only: they are taken and not read, so nobody can judge them. A firm
types its key, its secret and its domain (LOOP-1)."""
