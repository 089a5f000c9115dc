"""A snapshot as rows that can be compared: each with its kind, its code, and a hash of all it says."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from qontable.events.reference import REFERENCE_KINDS, ReferenceKind, ReferenceRows

CODE_FIELDS: dict[ReferenceKind, str] = {
    "accounts": "number",
    "subsidiaries": "number",
    "journals": "code",
    "fiscal_years": "start",
}
"""By which field rows of a kind are known from one snapshot to the next."""

LEDGER_KINDS: tuple[ReferenceKind, ...] = ("accounts", "subsidiaries")
MOST_LOST = 0.2
"""A snapshot that loses more than this share of the accounts waits for a person (DESIGN 4)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a snapshot."""

    kind: ReferenceKind
    code: str
    body: dict[str, Any]
    hash: bytes


def items_of(rows: ReferenceRows) -> list[Item]:
    """The rows of a part, each as an item."""
    return [
        _item(kind, row.model_dump(mode="json", exclude_none=True))
        for kind in REFERENCE_KINDS
        for row in getattr(rows, kind)
    ]


def _item(kind: ReferenceKind, body: dict[str, Any]) -> Item:
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return Item(kind, body[CODE_FIELDS[kind]], body, hashlib.sha256(text).digest()[:16])


def rows_of(bodies: Iterable[tuple[str, dict[str, Any]]]) -> ReferenceRows:
    """Rows by kind, from pairs of kind and body."""
    by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in REFERENCE_KINDS}
    for kind, body in bodies:
        by_kind[kind].append(body)
    return ReferenceRows.model_validate(by_kind)


def repeated_codes(items: Sequence[Item]) -> list[str]:
    """Codes that stand in a snapshot more than once, as `kind code`: such a snapshot cannot be believed."""
    counted = Counter((item.kind, item.code) for item in items)
    return sorted(f"{kind} {code}" for (kind, code), times in counted.items() if times > 1)


def loses_too_many(before: int, lost: int) -> bool:
    """Whether a snapshot that lacks `lost` of `before` accounts must be looked at by a person."""
    return lost > before * MOST_LOST
