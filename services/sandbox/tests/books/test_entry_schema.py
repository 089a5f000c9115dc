"""The stand-in refuses every body that the vendor's own JSON schema refuses."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sandbox.software.myunisoft.entry_body import MEDIA_TYPES, read_entry_body
from sandbox.software.myunisoft.errors import VendorError

SCHEMA = Path(__file__).parents[4] / ".." / "shared" / "contracts" / "myunisoft" / "new-entry.schema.json"
REPLACEMENTS: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", "x" * 60, "2026-02-30", [], {}, [None], [{}])
BODY: dict[str, Any] = {
    "date_piece": "2026-03-12",
    "period_from": "2026-03-01",
    "period_to": "2026-03-31",
    "etablissement_id": 4521,
    "diary_id": 77110,
    "entry_origin_partner_id": "QTB-1",
    "json": "{}",
    "comment": {"content": "lot 2"},
    "pj_list": [{"name": "a.pdf", "type": "application/pdf", "content": "JVBERg=="}],
    "entry_list": [
        {
            "account_id": 910321,
            "label": "Papeterie",
            "debit": 100.5,
            "credit": 0,
            "deadline": "2026-04-11",
            "piece": "P1",
            "piece2": "FD1",
            "currency": "USD",
            "value_currency": 110.25,
            "payment_type_id": -1,
            "lettrage": "AB",
            "analytique": [
                {
                    "id_axe": 1,
                    "code": "A",
                    "label": "Axe",
                    "repartition": [{"id_section": 1, "code": "S", "label": "Section", "rate": 100, "amount": 100.5}],
                }
            ],
            "pj_list": [{"name": "b.png", "type": "image/png", "content": "iVBORw=="}],
        },
        {"account_id": 1, "label": "Durand", "debit": 0, "credit": 100.5, "deadline": "2026-04-11"},
    ],
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip(f"the vendor's schema is not at {SCHEMA.resolve()}: nothing to compare with")
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded


def test_every_mistake_that_the_schema_finds_is_refused(schema: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(schema, validate_formats=True, ignore_unknown_formats=True)
    assert validator.is_valid(BODY)
    refused = [body for body in _mutations(BODY) if not validator.is_valid(body)]
    print(f"{len(refused)} bodies that the vendor's schema refuses")  # noqa: T201
    assert len(refused) > 500
    accepted = [body for body in refused if _taken(body)]
    assert accepted == []


def test_a_body_that_the_schema_takes_is_not_refused_for_its_form(schema: dict[str, Any]) -> None:
    assert _taken(BODY)
    assert _taken(BODY | {"something_else": {"deep": 1}})
    smallest = {name: BODY[name] for name in schema["required"]}
    smallest["entry_list"] = [{name: BODY["entry_list"][0][name] for name in _line_required(schema)}]
    assert _taken(smallest)


def test_the_media_types_are_the_schemas(schema: dict[str, Any]) -> None:
    assert list(MEDIA_TYPES) == schema["definitions"]["PJ"]["properties"]["type"]["enum"]


def test_the_expressions_that_stand_in_format_are_meant(schema: dict[str, Any]) -> None:
    properties = schema["definitions"]["NewEntryLine"]["properties"]
    assert properties["piece"]["format"] == properties["piece2"]["format"] == "^[a-zA-Z0-9]{1,25}$"
    for name, wrong in (("piece", "FD-1"), ("piece2", "A" * 26), ("lettrage", "A1")):
        body = copy.deepcopy(BODY)
        body["entry_list"][0][name] = wrong
        assert not _taken(body)


def _taken(body: Any) -> bool:
    try:
        read_entry_body(json.dumps(body).encode())
    except VendorError:
        return False
    return True


def _line_required(schema: dict[str, Any]) -> list[str]:
    required: list[str] = schema["definitions"]["NewEntryLine"]["required"]
    return required


def _mutations(body: dict[str, Any]) -> Iterator[Any]:
    """Each value of the body removed, replaced by each replacement, and each object given one key more."""
    for path in _paths(body):
        for replacement in REPLACEMENTS:
            yield _changed(body, path, lambda holder, key, value=replacement: holder.__setitem__(key, value))
        yield _changed(body, path, lambda holder, key: holder.__delitem__(key))
        yield _changed(body, path, _with_one_key_more)


def _with_one_key_more(holder: Any, key: Any) -> None:
    if isinstance(holder[key], dict):
        holder[key]["unheard_of"] = 1


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield (*path, step)
        yield from _paths(part, (*path, step))


def _changed(body: dict[str, Any], path: tuple[Any, ...], change: Any) -> Any:
    changed = copy.deepcopy(body)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return changed
