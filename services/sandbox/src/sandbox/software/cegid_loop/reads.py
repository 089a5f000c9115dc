"""Reference data: general accounts, the four kinds of third parties, journals.

Published: routes, fields, codes of journal types, and that a list is a JSON array. Assumed: an account's `type` is its
class, which accounts are collective, and that accounts with one beginning have third parties of one kind.
"""

from collections.abc import Callable
from typing import Any

from sandbox.adapters.books import JournalRow, journals
from sandbox.adapters.charts import ChartRow, general_accounts, third_parties
from sandbox.software.cegid_loop.call import Call, Handler, Route
from sandbox.software.cegid_loop.filters import Listing
from sandbox.software.cegid_loop.identity import object_id, revision_id

HIGHEST_TYPE = 7
COLLECTIVE = ("40", "41", "42")
CUSTOMER, SUPPLIER, EMPLOYEE, OTHER = 0, 1, 2, 4
KINDS = {"41": CUSTOMER, "40": SUPPLIER, "42": EMPLOYEE}
"""Types of third parties by the beginning of their general account; all others are `OTHER`."""

JOURNAL_TYPES = {
    "purchases": 1,
    "general": 2,
    "expense_reports": 2,
    "other": 2,
    "opening": 3,
    "bank": 4,
    "cash": 5,
    "sales": 8,
}
"""The vendor has no type for expense reports: miscellaneous is assumed. 6 and 7 are never seeded."""

FREE = 1
LEGAL_PERSON = 2

ACCOUNT_FIELDS = (
    "objectId",
    "revisionId",
    "description",
    "numero",
    "libelle",
    "type",
    "collectif",
    "lettrable",
    "pointable",
    "centralisable",
    "analytique",
    "ferme",
    "compteContrepartie",
    "compteBanque",
    "tva",
)
THIRD_FIELDS = (
    "objectId",
    "revisionId",
    "code",
    "type",
    "nature",
    "prenom",
    "nom",
    "raisonSociale",
    "nomUsuel",
    "lettrable",
    "compteContrepartie",
    "SIRET",
    "actif",
)
JOURNAL_FIELDS = ("objectId", "revisionId", "code", "libelle", "type", "compteContrepartie", "typeContrepartie")


async def list_accounts(call: Call) -> Any:
    """`GET /compte`: the general accounts."""
    listing, offset, limit = Listing.of(call.query, ACCOUNT_FIELDS).in_order_of("numero")
    found = await general_accounts(call.connection, call.folder.id, offset, limit)
    return listing.shown([_account(row) for row in found])


async def list_journals(call: Call) -> Any:
    """`GET /journal`: the journals; closed ones are left out, as there is no field that says so: assumed."""
    listing = Listing.of(call.query, JOURNAL_FIELDS)
    found = await journals(call.connection, call.folder.id)
    return listing.shown([_journal(row) for row in found if not row.closed])


def _thirds(kind: int) -> Handler:
    async def list_thirds(call: Call) -> Any:
        listing = Listing.of(call.query, THIRD_FIELDS)
        found = await third_parties(call.connection, call.folder.id)
        return listing.shown([_third(row, kind) for row in found if kind_of(row) == kind])

    return list_thirds


def kind_of(row: ChartRow) -> int:
    """The vendor's type of a third party."""
    return KINDS.get((row.collective or "")[:2], OTHER)


def _account(row: ChartRow) -> dict[str, Any]:
    collective = row.number.startswith(COLLECTIVE)
    return {
        **_object("compte", row.id),
        "description": [row.number],
        "numero": row.number,
        "libelle": row.label,
        "type": min(int(row.number[0]), HIGHEST_TYPE) if row.number[0].isdecimal() else HIGHEST_TYPE,
        "collectif": collective,
        "lettrable": row.number.startswith("4"),
        "pointable": row.number.startswith("5"),
        "centralisable": collective,
        "analytique": row.number.startswith(("6", "7")),
        "ferme": row.closed,
        "compteContrepartie": _nothing(),
        "compteBanque": None,
        "tva": None,
    }


def _third(row: ChartRow, kind: int) -> dict[str, Any]:
    return {
        **_object("tiers", row.id),
        "code": row.number,
        "type": kind,
        "nature": str(LEGAL_PERSON),
        "prenom": "",
        "nom": row.label if kind == EMPLOYEE else "",
        "raisonSociale": "" if kind == EMPLOYEE else row.label,
        "nomUsuel": row.label,
        "lettrable": True,
        "compteContrepartie": {"objectId": None, "description": [row.collective]},
        "SIRET": "",
        "actif": not row.closed,
    }


def _journal(row: JournalRow) -> dict[str, Any]:
    balances = row.account_id is not None
    return {
        **_object("journal", row.id),
        "code": row.code,
        "libelle": row.name,
        "type": JOURNAL_TYPES[row.type],
        "compteContrepartie": _named(row) if balances else _nothing(),
        "typeContrepartie": FREE,
    }


def _named(row: JournalRow) -> dict[str, Any]:
    assert row.account_id is not None
    return {"objectId": object_id("compte", row.account_id), "description": [row.account]}


def _nothing() -> dict[str, Any]:
    """How the vendor's example shows an object that is not there."""
    return {"objectId": None, "description": [""]}


def _object(kind: str, row_id: int) -> dict[str, str]:
    return {"objectId": object_id(kind, row_id), "revisionId": revision_id(row_id)}


_PATHS: tuple[tuple[str, Callable[[Call], Any]], ...] = (
    ("/compte", list_accounts),
    ("/journal", list_journals),
    ("/tiersClient", _thirds(CUSTOMER)),
    ("/tiersFournisseur", _thirds(SUPPLIER)),
    ("/tierssalarie", _thirds(EMPLOYEE)),
    ("/tiersDivers", _thirds(OTHER)),
)
ROUTES = tuple(Route("GET", path, handler) for path, handler in _PATHS)
"""The spelling of the paths is the vendor's."""
