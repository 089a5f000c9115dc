"""How the importer makes entries of a flat list of lines.

The vendor says only that it groups them. Assumed: lines that agree in establishment, journal, date, piece and origin
are one entry, wherever they stand in the list; entries keep the order of their first lines. With the option
`sortLines`, which changes an order that nobody describes, nothing changes here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.software.cegid_loop.import_body import Line


@dataclass(slots=True)
class Group:
    """The lines of one entry, each with its place in the request from 0."""

    lines: list[tuple[int, Line]] = field(default_factory=list)

    @property
    def first(self) -> Line:
        """The line that speaks for the whole entry."""
        return self.lines[0][1]

    @property
    def origin(self) -> str | None:
        """The integrator's uuid for the entry."""
        return self.first.ecriture_origine


def grouped(lines: Sequence[Line]) -> list[Group]:
    """The entries of a request."""
    groups: dict[tuple[str | None, ...], Group] = {}
    for place, line in enumerate(lines):
        key = (line.siret or None, line.journal, line.date, line.ref_piece, line.ecriture_origine)
        groups.setdefault(key, Group()).lines.append((place, line))
    return list(groups.values())
