"""How much a bench does: enough to measure, or just enough to show that it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Rounds, and how much of everything each of them holds.

    Neighbours take more rounds than the others: what is judged there is a tenth, and single rounds differ by more.
    `formats` are those of import files that are written; none named, all. `partitions` are those of each topic.
    `at_once` are benches under way together: several where no figure counts, for they wait most of the time.
    `files` and `kept` are client files and entries of the Hub's read model, `samples` how often each page is asked for.
    `patience` are the seconds after which what is waited for is said not to come.
    """

    rounds: int
    neighbour_rounds: int
    entries: int
    deliveries: int
    accounts: int
    documents: int
    seconds: int
    evening: int
    lines: int
    files: int
    kept: int
    samples: int
    statuses: int
    partitions: int
    at_once: int
    patience: int
    formats: frozenset[str] = frozenset()


FULL = Scale(
    rounds=3,
    neighbour_rounds=9,
    entries=6_000,
    deliveries=1_500,
    accounts=100_000,
    documents=1_000,
    seconds=30,
    evening=100_000,
    lines=1_000_000,
    files=500,
    kept=1_000_000,
    samples=60,
    statuses=60_000,
    partitions=12,
    at_once=1,
    patience=900,
)
SMOKE = Scale(
    rounds=1,
    neighbour_rounds=1,
    entries=60,
    deliveries=40,
    accounts=300,
    documents=10,
    seconds=1,
    evening=300,
    lines=300,
    files=20,
    kept=2_000,
    samples=1,
    statuses=300,
    partitions=3,
    at_once=3,
    patience=100,
    formats=frozenset({"fec", "quadra-ascii", "xlsx"}),
)
