"""Imports that Loop takes, as an integrator who knows only the vendor's page writes them."""

from typing import Any
from uuid import UUID, uuid5

ORIGIN = "0190a3c2-7d1e-7c55-9a3f-2f0f6a1b9e10"
SIRET = "73282932000074"
SISTER = "73282932000009"
STRANGER = "99900030000015"
_SPACE = UUID("b3b0f2ce-1d7e-4b2c-8d7b-0f2f9c6a4b11")

STRICT = {
    "separatorDecimal": ".",
    "formatDate": "YYYY-MM-DDTHH:mm:ss.SSSZ",
    "multiPeriode": False,
    "failOnUnbalanced": True,
    "createNewJournaux": False,
    "createNewComptes": False,
    "createNewTiers": False,
    "balanceAuto": False,
}
"""Options with which nothing is created, balanced or repaired."""


def origin(number: int) -> str:
    """The integrator's uuid for its entry of this number."""
    return str(uuid5(_SPACE, str(number)))


def money(amount: float, **more: Any) -> dict[str, Any]:
    """One side of a line in euros."""
    return {"amount": amount, "currency": "EUR", "currencyAmount": amount, "currencyRate": "1.0"} | more


def line(account: str, debit: float = 0, credit: float = 0, **more: Any) -> dict[str, Any]:
    """A line of the invoice."""
    return {
        "date": "2026-03-12T00:00:00.000Z",
        "journal": "AC",
        "compte": account,
        "libelle": "Papeterie Durand FD-2026-0147",
        "refPiece": "FD-2026-0147",
        "ecritureOrigine": ORIGIN,
        "debit": money(debit),
        "credit": money(credit),
        **more,
    }


def invoice(**more: Any) -> list[dict[str, Any]]:
    """A purchase; `more` goes on each of its lines."""
    due = {"tiers": "FDURAND", "dateEcheance": "2026-04-11T00:00:00.000Z", "modePaiement": 5}
    return [
        line("606400", debit=100, dateJustif="2026-03-12T00:00:00.000Z", reference="FD-2026-0147", **more),
        line("445660", debit=20, **more),
        line("401000", credit=120, **(due | more)),
    ]


def numbered(number: int, **more: Any) -> list[dict[str, Any]]:
    """The purchase of this number: a piece and a uuid of its own."""
    return invoice(refPiece=f"FD-{number}", ecritureOrigine=origin(number), **more)


def request(code: str, lines: Any, **options: Any) -> dict[str, Any]:
    """An import of these lines into March 2026."""
    return {
        "codeIbs": code,
        "data": {
            "contexte": {"from": "2026-03-01T00:00:00.000Z", "to": "2026-03-31T00:00:00.000Z"},
            "options": STRICT | options,
            "ecritures": lines,
        },
    }
