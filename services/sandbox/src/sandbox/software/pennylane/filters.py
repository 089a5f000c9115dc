"""`filter`, `sort`, `cursor` and `limit` of lists, and the older `page` and `per_page`.

A cursor holds a position and nothing else: who does not send filter and sort again gets unfiltered rows from there on,
as the vendor's guide says.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.adapters.listing import Condition, Slice
from sandbox.software.pennylane.errors import VendorError

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
"""Every cursor list's `maximum` in the contract. The sentence beside that of entries says 1000: the stricter one holds
here (assumed), as both readings allow it."""

ORDERED = ("lt", "lteq", "gt", "gteq", "eq", "not_eq")
LISTED = ("in", "not_in")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be filtered: its operators, its column, how a value is read (raises `ValueError`)."""

    operators: tuple[str, ...]
    column: str
    read: Callable[[object], Any]


def read_integer(value: object) -> int:
    """A number, also as text."""
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
        raise ValueError("an integer is expected")
    return int(str(value))


def read_text(value: object) -> str:
    """A text without NUL; a number is taken as its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int) or "\0" in str(value):
        raise ValueError("a string is expected")
    return str(value)


def read_day(value: object) -> date:
    """A date."""
    if not isinstance(value, str):
        raise ValueError("a date is expected")  # noqa: TRY004 - what becomes a refusal
    return date.fromisoformat(value)


def read_flag(value: object) -> bool:
    """True or false, also as text."""
    known = {True: True, False: False, "true": True, "false": False}
    if not isinstance(value, bool | str) or value not in known:
        raise ValueError("true or false is expected")
    return known[value]


def conditions(query: Mapping[str, str], fields: Mapping[str, Field]) -> tuple[Condition, ...]:
    """What `filter` asks for: a JSON list of `{field, operator, value}`. Raises 400."""
    text = query.get("filter", "")
    if not text:
        return ()
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        raise VendorError("filter", "it is not JSON") from None
    if not isinstance(wanted, list):
        raise VendorError("filter", "an array is expected")
    return tuple(_condition(item, fields) for item in wanted)


def _condition(item: object, fields: Mapping[str, Field]) -> Condition:
    if not isinstance(item, dict) or not {"field", "operator", "value"} <= item.keys():
        raise VendorError("filter", "field, operator and value are expected")
    field = fields.get(item["field"]) if isinstance(item["field"], str) else None
    if field is None:
        raise VendorError("filter", f"field {item['field']} is not available")
    operator, value = item["operator"], item["value"]
    if operator not in field.operators:
        raise VendorError("filter", f"operator {operator} is not available for {item['field']}")
    try:
        return Condition(field.column, operator, _value(field, operator, value))
    except ValueError as error:
        raise VendorError("filter", f"{item['field']}: {error}") from None


def _value(field: Field, operator: str, value: object) -> Any:
    """Of `in` and `not_in` a list; that one text with commas is a list too is assumed."""
    if operator not in LISTED:
        return field.read(value)
    several = value.split(",") if isinstance(value, str) else value
    if not isinstance(several, list):
        raise ValueError("an array is expected")  # noqa: TRY004 - what becomes a refusal
    return [field.read(one) for one in several]


@dataclass(frozen=True, slots=True)
class Sorting:
    """Fields by which a list can be sorted, and their columns; the id breaks ties and is the default, latest first."""

    id: str
    fields: Mapping[str, str]


KEYS: Mapping[str, Callable[[object], Any]] = {"id": read_integer, "date": read_day}


def page_of(query: Mapping[str, str], fields: Mapping[str, Field], sorting: Sorting) -> tuple[Slice, str]:
    """One row more than the page that a query asks for, and the field it is sorted by. Raises 400."""
    wanted = query.get("sort", "-id")
    name = wanted.removeprefix("-").removeprefix("+").strip()
    if name not in sorting.fields:
        raise VendorError("sort", wanted)
    order = (sorting.id,) if name == "id" else (sorting.fields[name], sorting.id)
    limit = bounded(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    after = _position(query.get("cursor", ""), name)
    return Slice(conditions(query, fields), order, wanted.startswith("-"), after, limit + 1), name


def cursor_page(rows: Sequence[Any], page: Slice, name: str, key: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """The frame of a page around its rows; `key` says id and date of a row. The caller fills `items`."""
    more = len(rows) == page.limit
    return {"has_more": more, "next_cursor": _cursor(name, key(rows[page.limit - 2])) if more else None}


def _cursor(name: str, key: Mapping[str, Any]) -> str:
    position = {field: str(key[field]) for field in dict.fromkeys((name, "id"))}
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(cursor: str, name: str) -> tuple[Any, ...] | None:
    """The sort key that a cursor holds. Raises 400, also for one of another order."""
    if not cursor:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if list(position) != list(dict.fromkeys((name, "id"))):
            raise VendorError("cursor")
        return tuple(KEYS[field](value) for field, value in position.items())
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise VendorError("cursor") from None


def bounded(query: Mapping[str, str], name: str, default: int, most: int | None) -> int:
    """A positive number of a query. Raises 400 with the contract's codes."""
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        words = f"expected integer, but received String: {text}"
        raise VendorError("schema", words, code="ValidateError", field=name)
    number = int(text)
    if number < 1:
        raise VendorError("schema", f"{number} is less than minimum value", code="LessThanMinimum", field=name)
    if most is not None and number > most:
        raise VendorError("schema", f"{number} is more than maximum value", code="MoreThanMaximum", field=name)
    return number


def numbered_page(query: Mapping[str, str], rows: Sequence[Any], most: int) -> tuple[dict[str, Any], Sequence[Any]]:
    """The frame of a numbered page, and its rows. Raises 400. Without any row there is one page (assumed)."""
    page = bounded(query, "page", 1, None)
    size = bounded(query, "per_page", DEFAULT_LIMIT, most)
    frame = {
        "total_pages": max(-(-len(rows) // size), 1),
        "current_page": page,
        "total_items": len(rows),
        "per_page": size,
    }
    return frame, rows[(page - 1) * size : page * size]


def holds(condition: Condition, value: Any) -> bool:
    """Whether a value fulfils a condition, for lists that are short enough to be filtered here."""
    match condition.operator:
        case "eq":
            return bool(value == condition.value)
        case "not_eq":
            return bool(value != condition.value)
        case "in":
            return value in condition.value
        case "not_in":
            return value not in condition.value
        case other:
            raise ValueError(f"operator {other} is for columns only")
