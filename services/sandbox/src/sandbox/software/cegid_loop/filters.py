"""The language of `filter`, `sort`, `select`, `skip` and `take` on the vendor's reads.

Published: comparisons as in JavaScript (`==`, `===`, `!=`, and `>=` for `datePiece`) joined by `&&`; `null` or a
string in double quotes on the right; `sort` as `field1&&field2:desc`. Assumed: single quotes are taken too, `!==`, `>`,
`<` and `<=` exist beside the published ones, fields that no row has are refused, `select` separates names by commas.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.software.cegid_loop.errors import StatusRefused

Row = dict[str, Any]


def _ordered(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: left is not None and right is not None and compare(str(left), str(right))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "===": operator.eq,
    "!==": operator.ne,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": _ordered(operator.ge),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    "<": _ordered(operator.lt),
}
EQUAL = ("==", "===")

_TERM = re.compile(
    r"""\s*(?P<field>[A-Za-z_][\w.]*)\s*(?P<operator>===|!==|==|!=|>=|<=|>|<)\s*
    (?:(?P<word>null|true|false|-?[0-9]+)|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)')\s*""",
    re.VERBOSE,
)
_WORDS: Mapping[str, Any] = {"null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison of a field with a constant."""

    field: str
    operator: str
    value: Any

    def holds(self, row: Row) -> bool:
        """Whether a row fulfils it."""
        return OPERATORS[self.operator](row[self.field], self.value)


def parse_filter(text: str) -> tuple[Term, ...]:
    """The comparisons that a filter joins. Raises `StatusRefused` for anything else."""
    terms = []
    position = 0
    while True:
        found = _TERM.match(text, position)
        if found is None:
            raise StatusRefused("bad_query", f"filter, position {position}")
        terms.append(Term(found["field"], found["operator"], _value(found)))
        position = found.end()
        if position == len(text):
            return tuple(terms)
        if not text.startswith("&&", position):
            raise StatusRefused("bad_query", f"filter, position {position}")
        position += 2


def _value(found: re.Match[str]) -> Any:
    if found["word"] is not None:
        return _WORDS.get(found["word"]) if found["word"] in _WORDS else int(found["word"])
    quoted = found["double"] if found["double"] is not None else found["single"]
    return re.sub(r"\\(.)", r"\1", quoted)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a caller wants to see of a list."""

    terms: tuple[Term, ...]
    order: tuple[tuple[str, bool], ...]
    skip: int
    take: int | None
    select: tuple[str, ...]

    @classmethod
    def of(cls, query: Mapping[str, str], fields: Sequence[str]) -> "Listing":
        """Read a query over rows that have these fields. Raises `StatusRefused`."""
        listing = cls(
            parse_filter(query["filter"]) if query.get("filter", "").strip() else (),
            _order(query.get("sort", "")),
            _number(query, "skip") or 0,
            _number(query, "take"),
            tuple(filter(None, re.split(r"[,\s]+", query.get("select", "")))),
        )
        named = {term.field for term in listing.terms} | {name for name, _ in listing.order} | {*listing.select}
        unknown = sorted(named - {*fields})
        if unknown:
            raise StatusRefused("bad_query", f"champ inconnu {unknown[0]}")
        return listing

    def in_order_of(self, field: str) -> tuple["Listing", int, int | None]:
        """What is left to do where rows are read in the order of this field, and which stretch of them is enough."""
        if self.terms or self.order not in ((), ((field, False),)):
            return self, 0, None
        return replace(self, skip=0), self.skip, self.take

    def shown(self, rows: Sequence[Row], cap: int | None = None) -> list[Row]:
        """The page that is asked for; never more than `cap` rows."""
        found = [row for row in rows if all(term.holds(row) for term in self.terms)]
        for name, descending in reversed(self.order):
            found.sort(key=lambda row, name=name: (row[name] is not None, row[name]), reverse=descending)  # type: ignore[misc]
        take = len(found) if self.take is None else self.take
        page = found[self.skip : self.skip + (take if cap is None else min(take, cap))]
        if not self.select:
            return page
        return [{name: row[name] for name in self.select} for row in page]


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    order = []
    for part in filter(None, (part.strip() for part in text.split("&&"))):
        name, _, direction = part.partition(":")
        if direction not in ("", "asc", "desc"):
            raise StatusRefused("bad_query", f"sort, {part}")
        order.append((name, direction == "desc"))
    return tuple(order)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise StatusRefused("bad_query", f"{name} est un nombre")
    return int(text)
