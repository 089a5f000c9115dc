"""Problems planted in a book, each with what mends it.

Half lie in the reference data, so that pre-flight finds them before anything is sent; half arise in the software after
its reference data were retrieved, so that only the software can say so: whatever can be closed in it is closed.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from qontable.entry import EntryKind
from qontable.events.platform import WireJournal, WireLine, WireSubsidiary
from sandbox.domain.book.generator import Book
from sandbox.domain.drafts import Draft
from sandbox.domain.rules import Closable

LOCKED_JOURNAL = "NDF"
CLOSED_LATER = "618100"
CLOSED_BEFORE = "615500"

Where = Literal["reference_data", "software"]
Change = Callable[[Draft], Draft]


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry that will come back: as it is published first, and as it is validated again.

    Without `corrected` it is validated again as it is, once the software has been put right.
    """

    name: str
    where: Where
    published: Draft
    corrected: Draft | None


@dataclass(frozen=True, slots=True)
class _Recipe:
    name: str
    where: Where
    kind: EntryKind
    spoil: Change
    as_it_is: bool = False
    closes: Closable | None = None


def plant_problems(book: Book, closes: Collection[Closable]) -> tuple[Problem, ...]:
    """Problems in entries of `book`, one of every recipe; the entries stay balanced and keep their keys.

    `closes` says what can be closed in the software.
    """
    return tuple(_planted(book, closes))


def _planted(book: Book, closes: Collection[Closable]) -> Iterator[Problem]:
    candidates = {kind: _plain_entries(book, kind) for kind in EntryKind}
    for recipe in RECIPES:
        if recipe.closes is None or recipe.closes in closes:
            whole = next(candidates[recipe.kind])
            yield Problem(recipe.name, recipe.where, recipe.spoil(whole), None if recipe.as_it_is else whole)


def _plain_entries(book: Book, kind: EntryKind) -> Iterator[Draft]:
    """Entries of a kind in euros whose first line is an expense without analytic shares."""
    for draft in book.drafts:
        first = draft.lines[0]
        if draft.kind is kind and first.account.startswith("6") and first.foreign is None and not first.analytic:
            yield draft


def _on_account(account: str, label: str) -> Change:
    def change(draft: Draft) -> Draft:
        first, *rest = draft.lines
        moved = first.model_copy(update={"account": account, "account_label": label})
        return draft.model_copy(update={"lines": (moved, *rest)})

    return change


def _unknown_subsidiary(draft: Draft) -> Draft:
    def renamed(line: WireLine) -> WireLine:
        stranger = WireSubsidiary(code="401INCONNU", label="Fournisseur de passage", kind="supplier")
        return line.model_copy(update={"subsidiary": stranger}) if line.subsidiary else line

    return draft.model_copy(update={"lines": tuple(map(renamed, draft.lines))})


def _unknown_journal(draft: Draft) -> Draft:
    return draft.model_copy(update={"journal": WireJournal(code="ACX", label="Achats exceptionnels")})


def _unchanged(draft: Draft) -> Draft:
    return draft


_closed_before = _on_account(CLOSED_BEFORE, "Entretien et réparations")
_closed_later = _on_account(CLOSED_LATER, "Documentation générale")

RECIPES = (
    _Recipe("unknown account", "reference_data", EntryKind.PURCHASE, _on_account("606399", "Fournitures diverses")),
    _Recipe("account closed before", "reference_data", EntryKind.PURCHASE, _closed_before),
    _Recipe("unknown subsidiary account", "reference_data", EntryKind.PURCHASE, _unknown_subsidiary),
    _Recipe("unknown journal", "reference_data", EntryKind.PURCHASE, _unknown_journal),
    *[_Recipe("journal locked since", "software", EntryKind.EXPENSE_REPORT, _unchanged, True, "journal")] * 2,
    *[_Recipe("account closed since", "software", EntryKind.PURCHASE, _closed_later, False, "account")] * 2,
    *[_Recipe("fiscal year closed since", "software", EntryKind.PURCHASE, _unchanged, True, "fiscal_year")] * 2,
)
