"""What came of writing a batch, as it is told."""

from dataclasses import dataclass, field
from typing import Any

from qontable.events.delivery import StatusFinding

MOST_TOLD = 100
"""Findings that travel with the event; the report has the others."""


@dataclass(frozen=True, slots=True)
class Came:
    """Totals of a batch, and what was found: all counted, the first ones told."""

    entries: int = 0
    lines: int = 0
    documents: int = 0
    debit: str = "0.00"
    credit: str = "0.00"
    findings: tuple[StatusFinding, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """By the names of `export.completed`."""
        return {name: getattr(self, name) for name in self.__slots__}


NOTHING = Came()
