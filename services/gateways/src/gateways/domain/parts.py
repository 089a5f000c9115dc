"""Parts of a snapshot small enough for one record, whatever size the connector's own pages have."""

from collections.abc import Iterator
from typing import Any

from qontable.events.reference import Account, FiscalYear, ReferenceJournal, ReferenceRows

MOST_ROWS = 2_000
MOST_CHARACTERS = 250_000
"""Of the texts in a part: with their JSON around them 2,000 rows stay below a third of the 1 MiB of an intake."""


def pieces(rows: ReferenceRows) -> Iterator[ReferenceRows]:
    """The same rows in the same order, in pieces of at most `MOST_ROWS` rows and about `MOST_CHARACTERS`."""
    piece = _Piece()
    for kind in ("accounts", "subsidiaries", "journals", "fiscal_years"):
        for row in getattr(rows, kind):
            if piece.full():
                yield piece.rows()
                piece = _Piece()
            piece.add(kind, row)
    if piece.count:
        yield piece.rows()


class _Piece:
    def __init__(self) -> None:
        self.count = 0
        self._characters = 0
        self._rows: dict[str, Any] = {}

    def full(self) -> bool:
        return self.count >= MOST_ROWS or self._characters >= MOST_CHARACTERS

    def add(self, kind: str, row: Account | ReferenceJournal | FiscalYear) -> None:
        self._rows.setdefault(kind, []).append(row)
        self.count += 1
        self._characters += len(getattr(row, "label", "")) + len(getattr(row, "number", ""))

    def rows(self) -> ReferenceRows:
        return ReferenceRows(**self._rows)
