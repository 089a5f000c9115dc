"""Every kind of request that we make is one that the vendor's contract admits, and our stand-in's answers are of it.

The contract is not the project's to publish: where it lies beside the checkout it is read, elsewhere this is skipped.
"""

import json
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from gateways.connectors.pennylane.client import Pennylane
from gateways.domain.port import Session
from qontable.events.reference import REFERENCE_KINDS, Account

CONTRACT = Path(__file__).parents[5] / "shared" / "contracts" / "pennylane" / "firm-v1.openapi.json"
COMPANY = "/api/external/firm/v1/companies/{company_id}"
pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason=f"the vendor's contract is not at {CONTRACT}")
YEAR = {"id": 1, "start": "2026-01-01", "finish": "2026-12-31", "status": "open"}
JOURNAL = {"id": 30412, "code": "ACH", "label": "Achats", "type": "purchase"}
UPLOADED = {
    "id": 88123,
    "url": "https://files.example/a.pdf",
    "filename": "a.pdf",
    "created_at": "2026-03-12T17:05:00Z",
    "updated_at": "2026-03-12T17:05:00Z",
}


@cache
def contract() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return content


def resolved(schema: Any) -> Any:
    """A schema on its own: references followed, and OpenAPI's `nullable` as JSON Schema says it."""
    if isinstance(schema, list):
        return [resolved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found: Any = contract()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return resolved(found)
    followed = {name: resolved(value) for name, value in schema.items()}
    if followed.pop("nullable", False) and "type" in followed:
        followed["type"] = [followed["type"], "null"]
        if "enum" in followed:
            followed["enum"] = [*followed["enum"], None]
    return followed


def operation_of(asked: Any) -> dict[str, Any]:
    """The contract's operation for a request, by its path without the company's."""
    path = asked.path if asked.path.startswith("/companies") else f"/companies/{{company_id}}{asked.path}"
    found: dict[str, Any] = contract()["paths"][f"/api/external/firm/v1{path}"][asked.method.lower()]
    return found


def check_parameters(asked: Any) -> None:
    declared = {item["name"]: item for item in operation_of(asked).get("parameters", []) if item["in"] == "query"}
    assert set(asked.query) <= set(declared), f"{asked.path} takes no {set(asked.query) - set(declared)}"
    for name, text in asked.query.items():
        schema = resolved(declared[name]["schema"])
        value = int(text) if schema.get("type") == "integer" else text
        validator_for(schema).validate(value)
    if "filter" in asked.query:
        said = declared["filter"]["description"]
        for condition in json.loads(asked.query["filter"]):
            assert set(condition) == {"field", "operator", "value"}
            allowed = next(line for line in said.splitlines() if f"`{condition['field']}`" in line)
            assert condition["operator"] in allowed


def check_body(asked: Any) -> None:
    content = operation_of(asked)["requestBody"]["content"]
    (media_type,) = content
    assert asked.headers["Content-Type"].partition(";")[0] == media_type
    schema = resolved(content[media_type]["schema"])
    validator_for(schema).validate(asked.json if media_type == "application/json" else form_of(asked))


def form_of(asked: Any) -> dict[str, str]:
    """The fields of a form, the file as any text."""
    head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + asked.body)
    parts = {str(part.get_param("name", header="content-disposition")): part for part in message.iter_parts()}
    return {name: "content" if name == "file" else str(part.get_content()).strip() for name, part in parts.items()}


@pytest.fixture
async def made(connector: Pennylane, session: Session, software: Any, books: Any, make: Any) -> list[Any]:
    """Every kind of request, made."""
    company = dict.fromkeys(
        ("name", "billing_company_name", "siren", "address", "city", "postal_code", "activity_nomenclature"), "x"
    ) | dict.fromkeys(("activity_code", "external_id", "client_code"), "x")
    replies = {
        ("GET", "/companies"): make.numbered([{"id": 1, **company}]),
        ("GET", "/fiscal_years"): make.numbered([YEAR]),
        ("GET", "/journals"): make.page([JOURNAL]),
        ("GET", "/ledger_accounts"): make.page([]),
        ("POST", "/ledger_accounts"): make.reply(make.account("606400"), 201),
        ("GET", "/ledger_entries"): make.page([make.entry(4)]),
        ("POST", "/ledger_entries"): make.reply(make.entry(901), 201),
        ("POST", "/file_attachments"): make.reply(UPLOADED, 201),
    }
    for (method, path), reply in replies.items():
        check_answer(method, path, reply)
        software.on(method, path, reply)
    software.on("GET", "/ledger_accounts", lambda asked: make.page([], "c1" if is_first_of_many(asked) else None))
    await connector.check_credentials(session)
    await connector.list_software_files(session)
    await connector.check_prerequisites(session)
    _ = [part async for part in connector.fetch_reference_data(session, REFERENCE_KINDS)]
    await connector.ensure_accounts(session, [Account(number="401NEW", label="Neuf")])
    books.kept["account"].pop("606400")
    await connector.send(session, (make.parcel((make.document(),), create_missing_accounts=True),))
    await connector.find(session, make.parcel())
    assert {(asked.method, asked.path) for asked in software.requests} == set(replies)
    requests: list[Any] = software.requests
    return requests


def is_first_of_many(asked: Any) -> bool:
    return asked.query["limit"] == "100" and "cursor" not in asked.query


def check_answer(method: str, path: str, reply: Any) -> None:
    """What our small stand-in answers is what the contract says that Pennylane answers."""
    path = path if path.startswith("/companies") else f"/companies/{{company_id}}{path}"
    answers = contract()["paths"][f"/api/external/firm/v1{path}"][method.lower()]["responses"]
    schema = resolved(answers[str(reply.status)]["content"]["application/json"]["schema"])
    validator_for(schema).validate(reply.content)


def test_every_kind_of_request_is_admitted(made: list[Any]) -> None:
    for asked in made:
        check_parameters(asked)
        if asked.method == "POST":
            check_body(asked)


def test_the_contract_would_notice(made: list[Any]) -> None:
    entry = next(asked for asked in made if (asked.method, asked.path) == ("POST", "/ledger_entries"))
    schema = resolved(operation_of(entry)["requestBody"]["content"]["application/json"]["schema"])
    for change in ({"reference": "x"}, {"date": None}, {"ledger_entry_lines": []}):
        assert not validator_for(schema).is_valid(entry.json | change)


def test_a_page_that_is_asked_for_is_no_larger_than_the_contract_lets_it_be(made: list[Any]) -> None:
    assert {asked.query["limit"] for asked in made if "cursor" in asked.query} == {"100"}
