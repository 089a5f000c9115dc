"""Many rows in one statement: the arrays that `unnest` makes rows of again."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import orjson

T = TypeVar("T")


def columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """One array per column of equally long rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def json_list(items: Sequence[Any]) -> orjson.Fragment:
    """A JSON list as one value of an array: asyncpg would take a plain one for a further dimension."""
    return orjson.Fragment(orjson.dumps(items))


def latest(items: Iterable[T], key: Callable[[T], Hashable], version: Callable[[T], int]) -> list[T]:
    """Of the items with one key, the one with the highest version; of equal versions, the last that came.

    A statement may touch a row once only, and the highest version is what a row keeps anyway.
    """
    kept: dict[Hashable, T] = {}
    for item in items:
        before = kept.get(key(item))
        if before is None or version(item) >= version(before):
            kept[key(item)] = item
    return list(kept.values())
