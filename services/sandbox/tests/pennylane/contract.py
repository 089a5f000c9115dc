"""The vendor's OpenAPI, where it is there: answers and bodies are held against it."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

FILE = Path(__file__).parents[4] / ".." / "shared" / "contracts" / "pennylane" / "firm-v1.openapi.json"
BASE = "/api/external/firm/v1"


@cache
def _document() -> dict[str, Any]:
    if not FILE.exists():
        pytest.skip(f"the vendor's OpenAPI is not at {FILE.resolve()}: nothing to compare with")
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def operation(method: str, path: str) -> dict[str, Any]:
    """An operation of the Firm API by its path. Skips with the reason where the file is not there."""
    found: dict[str, Any] = _document()["paths"][f"{BASE}{path}"][method.lower()]
    return found


@cache
def answer_schema(method: str, path: str, status: int) -> Any:
    """What validates an answer of this status."""
    answers = operation(method, path)["responses"]
    return _validator(_resolved(answers[str(status)])["content"]["application/json"]["schema"])


@cache
def body_schema(method: str, path: str) -> Any:
    """What validates a JSON body."""
    return _validator(operation(method, path)["requestBody"]["content"]["application/json"]["schema"])


def _validator(schema: dict[str, Any]) -> Any:
    """OpenAPI 3.0's `nullable` said in JSON Schema, references resolved."""
    return jsonschema_rs.validator_for(_nullable(_resolved(copy.deepcopy(schema))), validate_formats=True)


def _resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        found: Any = _document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _resolved(found)
    return {key: _resolved(part) for key, part in value.items()}


def _nullable(value: Any) -> Any:
    if isinstance(value, list):
        return [_nullable(part) for part in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _nullable(part) for key, part in value.items() if key != "nullable"}
    return {"anyOf": [{"type": "null"}, plain]} if value.get("nullable") is True else plain
