"""A snapshot as rows that can be compared: each with its kind, its code, and a hash of all it says."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from qontable.events.reference import REFERENCE_KINDS, ReferenceChanges, ReferenceKind

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
CHANGES = ("created", "changed", "removed")

Key: TypeAlias = tuple[str, str]
"""Kind and code."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a snapshot: what it is known by within its file, all it says as JSON, and the hash of that."""

    key: Key
    body: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One row that another version says differently; `body` is JSON."""

    change: str
    key: Key
    body: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a snapshot says otherwise than the rows that hold."""

    created: Sequence[Item]
    changed: Sequence[Item]
    removed: Sequence[Key]


def items_of(part: Mapping[str, Sequence[dict[str, Any]]]) -> list[Item]:
    """The rows of a part (`ReferenceRows` as plain values), each as an item."""
    return [_item(kind, row) for kind in REFERENCE_KINDS for row in part.get(kind, ())]


def _item(kind: ReferenceKind, row: dict[str, Any]) -> Item:
    text = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    return Item((kind, row[CODE_FIELDS[kind]]), text.decode(), hashlib.sha256(text).digest()[:16])


def difference(current: Mapping[Key, bytes], items: Sequence[Item]) -> Difference:
    """How a snapshot differs from the rows that hold, which are given as the hash of each."""
    kept = {item.key for item in items}
    return Difference(
        created=[item for item in items if item.key not in current],
        changed=[item for item in items if current.get(item.key, item.hash) != item.hash],
        removed=[key for key in current if key not in kept],
    )


def heavy_losses(current: Iterable[Key], removed: Sequence[Key]) -> list[str]:
    """The kinds of account of which a snapshot lacks so many that a person must look at it, in words."""
    before = Counter(kind for kind, _ in current)
    lost = Counter(kind for kind, _ in removed)
    return [
        f"{lost[kind]} of {before[kind]} {kind}" for kind in LEDGER_KINDS if loses_too_many(before[kind], lost[kind])
    ]


def changes_of(changes: Sequence[Change]) -> ReferenceChanges:
    """Changes as they are published, by what happened and by kind."""
    bodies: dict[str, dict[str, list[str]]] = {change: {kind: [] for kind in REFERENCE_KINDS} for change in CHANGES}
    for change in changes:
        kind, _ = change.key
        bodies[change.change][kind].append(change.body)
    return ReferenceChanges.model_validate_json(
        _object(
            (change, _object((kind, f"[{','.join(rows)}]") for kind, rows in kinds.items()))
            for change, kinds in bodies.items()
        )
    )


def _object(members: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"


def repeated_codes(items: Sequence[Item]) -> list[str]:
    """Codes that stand in a snapshot more than once, as `kind code`: such a snapshot cannot be believed."""
    if len({item.key for item in items}) == len(items):
        return []
    counted = Counter(item.key for item in items)
    return sorted(f"{kind} {code}" for (kind, code), times in counted.items() if times > 1)


def loses_too_many(before: int, lost: int) -> bool:
    """Whether a snapshot that lacks `lost` of `before` accounts must be looked at by a person."""
    return lost > before * MOST_LOST
