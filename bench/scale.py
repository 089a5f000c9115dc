"""How much a bench does: enough to measure, or just enough to show that it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Rounds, and how much of everything each of them holds."""

    rounds: int
    entries: int
    deliveries: int
    accounts: int
    documents: int
    seconds: int
    evening: int
    lines: int


FULL = Scale(
    rounds=3,
    entries=6_000,
    deliveries=1_500,
    accounts=100_000,
    documents=1_000,
    seconds=30,
    evening=100_000,
    lines=1_000_000,
)
SMOKE = Scale(rounds=1, entries=60, deliveries=40, accounts=300, documents=10, seconds=1, evening=300, lines=300)
