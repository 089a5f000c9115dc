"""Bodies of requests: whatever the vendor's schema refuses is refused here, with the contract's codes.

Unknown keys are refused (`additionalProperties: false`), amounts are strings, ids are integers.
"""

import json
import re
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from sandbox.software.pennylane.errors import VendorError

OF_NOTHING = 0
LARGEST_ID = 2**63

CODES = {
    "missing": "NotExistRequiredKey",
    "extra_forbidden": "NotExistPropertyDefinition",
    "string_pattern_mismatch": "InvalidPattern",
    "string_too_long": "MoreThanMaxLength",
    "too_short": "LessThanMinItems",
    "not_in_enum": "NotEnumInclude",
    "not_a_date": "InvalidDateFormat",
    "null": "NotNullError",
}
"""The contract's codes by our kind of mistake; all others are `ValidateError`. Which code means what is assumed from
the names."""


class Mistake(ValueError):
    """A mistake that has a code of its own; its words begin with the key of `CODES`."""

    def __init__(self, kind: str, words: str) -> None:
        self.kind = kind
        super().__init__(words)


def _not_null(value: object) -> object:
    if value is None:
        raise Mistake("null", "null is not allowed")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Mistake("type", f"expected integer, but received {type(value).__name__}")
    return value if abs(value) < LARGEST_ID else OF_NOTHING


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise Mistake("type", f"expected string, but received {type(value).__name__}")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise Mistake("not_a_date", f"{value} is not conformant with date format")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Mistake("not_a_date", f"{value} is not conformant with date format") from None


Text = Annotated[str, BeforeValidator(_not_null)]
Id = Annotated[int, BeforeValidator(_integer), BeforeValidator(_not_null)]
OptionalId = Annotated[int | None, BeforeValidator(_integer), BeforeValidator(_not_null)]
"""An id that may be left out, but where it stands it is one."""
Day = Annotated[date, BeforeValidator(_day), BeforeValidator(_not_null)]
Amount = Annotated[str, StringConstraints(pattern=r"\A(-?[0-9]+(\.[0-9]+)?)?\z"), BeforeValidator(_not_null)]


class Body(BaseModel):
    """An object that may hold nothing that is not known of it."""

    model_config = ConfigDict(strict=True, extra="forbid")


B = TypeVar("B", bound=Body)


def read_body(kind: type[B], body: bytes) -> B:
    """What a body holds. Raises 400 for the first mistake found."""
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise VendorError("schema", "the request body is not valid JSON", code="ValidateError") from None
    return read_object(kind, value)


def read_object(kind: type[B], value: Any) -> B:
    """What an object holds. Raises 400 for the first mistake found."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        cause = first.get("ctx", {}).get("error")
        mistake = cause.kind if isinstance(cause, Mistake) else first["type"]
        code = CODES.get(mistake, "ValidateError")
        field = ".".join(str(step) for step in first["loc"]) or None
        raise VendorError("schema", f"{field or 'body'}: {first['msg']}", code=code, field=field) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
