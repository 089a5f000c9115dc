"""What a software that errs books instead of what it was given."""

from dataclasses import replace
from decimal import Decimal

from sandbox.domain.books import NewEntry
from sandbox.domain.faults import Effect, Fault

CENT = Decimal("0.01")


def distorted(entry: NewEntry, fault: Fault) -> NewEntry:
    """The entry without its documents, a cent more on the first line of each side, or shown in look-ups only later."""
    match fault.effect:
        case Effect.WITHOUT_DOCUMENTS:
            return replace(entry, documents=())
        case Effect.SHOWN_LATER:
            return replace(entry, hidden_seconds=fault.seconds)
        case Effect.WRONG_BY_A_CENT:
            return _wrong_by_a_cent(entry)
        case _:
            return entry


def _wrong_by_a_cent(entry: NewEntry) -> NewEntry:
    lines = list(entry.lines)
    for side in ("debit", "credit"):
        index = next(index for index, line in enumerate(lines) if getattr(line, side))
        lines[index] = replace(lines[index], **{side: getattr(lines[index], side) + CENT})
    return replace(entry, lines=tuple(lines))
