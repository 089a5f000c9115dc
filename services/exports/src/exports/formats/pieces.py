"""The nature of a piece, as TRA and PNM name it: judged by the entry's kind and the side of its third party."""

from exports.domain.posting import Posting
from exports.formats.natures import CREDIT_NOTES, PAYMENTS, PIECES


def nature(posting: Posting) -> str:
    """FF, AF, RF for suppliers, FC, AC, RC for customers, OD for the rest."""
    entry = posting.head.entry
    roots = {line.account[:2]: line for line in entry.lines if line.subsidiary}
    if entry.kind == "bank":
        return next((PAYMENTS[root] for root in roots if root in PAYMENTS), PIECES["bank"])
    root = {"purchase": "40", "sale": "41"}.get(entry.kind)
    third_party = roots.get(root) if root else None
    if third_party is not None:
        balance = third_party.debit - third_party.credit
        if (balance > 0) == (entry.kind == "purchase") and balance:
            return CREDIT_NOTES[entry.kind]
    return PIECES[entry.kind]
