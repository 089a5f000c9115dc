"""From event models to JSON Schema, and what a change of a model would do to those who read its events."""

from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from qontable.events.base import Event
from qontable.schemas import contract_name

DIALECT = GenerateJsonSchema.schema_dialect
NARROWER_WHEN_LOWER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
NARROWER_WHEN_HIGHER = ("minLength", "minimum", "exclusiveMinimum", "minItems")


class _Plain(GenerateJsonSchema):
    """Without a title for every field that only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def generate(event: type[Event]) -> dict[str, Any]:
    """The schema of a type's body as readers take it: fields with a default may be absent, unknown ones are free."""
    name = contract_name(event.ce_type())
    found = event.model_json_schema(by_alias=True, mode="validation", schema_generator=_Plain)
    return {"$schema": DIALECT, "$id": f"urn:qontable:schema:{name}", **found, "title": event.ce_type()}


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Why readers or writers of `old` could not go on with `new` under the same major version; nothing where they can.

    What was allowed must stay allowed, so nothing becomes required or narrower; and what was there stays there.
    """
    return sorted(set(_breaks(old, new, "body")) | set(_breaks_of_parts(old, new)))


def _breaks_of_parts(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    parts = new.get("$defs", {})
    for name, part in old.get("$defs", {}).items():
        if name in parts:
            yield from _breaks(part, parts[name], name)


def _breaks(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{where}.{name} becomes required"
    for name, value in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _narrowed(value, new["properties"][name], f"{where}.{name}")
        else:
            yield f"{where}.{name} is gone"


def _narrowed(old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[str]:
    allowed = _alternatives(new)
    for alternative in _alternatives(old):
        kind = _kind(alternative)
        same = [item for item in allowed if _kind(item) == kind]
        if not same:
            yield f"{where} is no {kind} any more"
        elif all(_is_narrower(alternative, item) for item in same):
            yield f"{where} becomes narrower"
        elif "items" in alternative:
            yield from _narrowed(alternative["items"], same[0]["items"], f"{where}[]")


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return list(schema.get("anyOf", [schema]))


def _kind(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref") or schema.get("type"))


def _is_narrower(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether `new` refuses what `old` allowed; any change of a pattern counts."""
    values = set(old.get("enum", ()))
    return (
        bool(values and "enum" in new and not values <= set(new["enum"]))
        or (not values and "enum" in new)
        or ("const" in new and new["const"] != old.get("const"))
        or ("pattern" in new and new["pattern"] != old.get("pattern"))
        or any(name in new and new[name] < old.get(name, float("inf")) for name in NARROWER_WHEN_LOWER)
        or any(name in new and new[name] > old.get(name, float("-inf")) for name in NARROWER_WHEN_HIGHER)
    )
