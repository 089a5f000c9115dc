"""`GET /EcritureComptable`: lines of the books by the vendor's filter, 100 at most.

Published: the filter must name `codeLettrage` or `ecritureOrigine`, further fields, the cap. Assumed: a row is a line;
the names of fields that no filter takes are those of the import; drafts are shown with type 7; an import's uuid can be
searched (the folder's switch `origin_searchable`); nothing here is ever lettered.
"""

from typing import Any

from sandbox.adapters.looked_up import LookedUp, look_up
from sandbox.software.cegid_loop.call import Call, Route, amount
from sandbox.software.cegid_loop.errors import StatusRefused
from sandbox.software.cegid_loop.filters import EQUAL, Listing
from sandbox.software.cegid_loop.folders import folder_settings
from sandbox.software.cegid_loop.identity import object_id, revision_id

MOST = 100
NEEDED = frozenset({"codeLettrage", "ecritureOrigine"})
GENERAL, DRAFT = 1, 7
FIELDS = (
    "objectId",
    "revisionId",
    "ecritureOrigine",
    "codeLettrage",
    "journalCode",
    "datePiece",
    "refPiece",
    "reference",
    "compteNumero",
    "tiersCode",
    "libelle",
    "debit",
    "credit",
    "dateEcheance",
    "type",
)


async def find_entries(call: Call) -> Any:
    """The lines that fulfil a filter."""
    listing = Listing.of(call.query, FIELDS)
    if not NEEDED & {term.field for term in listing.terms}:
        raise StatusRefused("bad_query", "le filtre porte sur codeLettrage ou ecritureOrigine")
    equal = {term.field: term.value for term in listing.terms if term.operator in EQUAL and isinstance(term.value, str)}
    settings = await folder_settings(call.connection, call.folder.id)
    origin = equal.get("ecritureOrigine")
    if origin is not None and not settings.origin_searchable:
        return []
    found = await look_up(
        call.connection,
        call.folder.id,
        reference=origin,
        journal=equal.get("journalCode"),
        piece=equal.get("refPiece"),
    )
    return listing.shown([_row(line) for line in found], MOST)


def _row(line: LookedUp) -> dict[str, Any]:
    return {
        "objectId": object_id("ecriture", line.id),
        "revisionId": revision_id(line.id),
        "ecritureOrigine": line.reference,
        "codeLettrage": None,
        "journalCode": line.journal,
        "datePiece": line.date.isoformat(),
        "refPiece": line.piece,
        "reference": line.invoice_number,
        "compteNumero": line.general,
        "tiersCode": line.third,
        "libelle": line.label,
        "debit": amount(line.debit),
        "credit": amount(line.credit),
        "dateEcheance": line.due_date.isoformat(),
        "type": DRAFT if line.pending else GENERAL,
    }


ROUTES = (Route("GET", "/EcritureComptable", find_entries),)
