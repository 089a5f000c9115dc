"""What the OpenAPI document promises, tried with whatever fits it and whatever does not, signed in."""

import asyncio
import os
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from hub.entrypoints.api.application import describe

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def known(town: Any, new_firm: Any) -> dict[str, Any]:
    """A firm where something is in every table, and its administrator's token."""
    firm = await new_firm()
    file_id, connection_id = await firm.active_file()
    await firm.tell(firm.status(file_id, "ent_1", status="to_verify"))
    check = (await firm.admin.post(f"/connections/{connection_id}/checks", json={})).json()
    return {
        "url": str(firm.admin.base_url),
        "person": {"Authorization": firm.admin.headers["Authorization"]},
        "platform": {"Authorization": f"Bearer {town.platform_secret}"},
        "ids": {
            "firm_id": firm.id,
            "connection_id": connection_id,
            "check_id": check["check_id"],
            "file_id": file_id,
            "entry_id": "ent_1",
            "connector": town.sheet.connector,
        },
    }


DOCUMENT: Any = schemathesis.openapi.from_dict(describe())
OPERATIONS = {found.ok().label: found.ok() for found in DOCUMENT.get_all_operations()}
EXAMPLES = int(os.environ.get("QONTABLE_TEST_EXAMPLES", "12"))
"""Requests per operation, half of them such as the document forbids."""


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_every_answer_is_as_documented(operation: str, known: dict[str, Any], data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(GenerationMode))
    case = data.draw(OPERATIONS[operation].as_strategy(generation_mode=mode))
    values = [unquote(str(value)) for value in case.path_parameters.values()]
    assume(not any("\n" in value for value in values))  # no such address can be mounted
    if str(case.query.get("wait", "")).isdigit():
        case.query["wait"] = 0
    if len(str(case.path_parameters)) % 2:
        case.path_parameters = case.path_parameters | {
            name: value for name, value in known["ids"].items() if name in case.path_parameters
        }
    headers = known["platform" if case.path == "/firms/{firm_id}/tokens" else "person"]
    await asyncio.to_thread(case.call_and_validate, base_url=known["url"], headers=headers, checks=CHECKS)


async def test_bodies_that_are_no_json_or_too_large_are_refused(known: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=known["url"], headers=known["person"]) as client:
        kinds = {"content-type": "application/json"}
        for body in (b"{", b"\xff", b'{"file_ids": "\\ud800"}', b"[" * 100_000, b'{"file_ids": ["\\u0000"]}'):
            answer = await client.post("/synchronizations", content=body, headers=kinds)
            assert answer.status_code in {400, 422}, body[:20]
            assert answer.json()["code"] in {"unreadable_body", "invalid_request"}
        large = await client.post("/synchronizations", content=b" " * 1_100_000, headers=kinds)
        assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
        infinite = b'{"requests": 1, "seconds": Infinity, "concurrent": 1}'
        path = f"/connections/{known['ids']['connection_id']}/throttle"
        assert (await client.put(path, content=infinite, headers=kinds)).status_code == 422


async def test_unknown_addresses_and_methods_are_refused_in_our_words(known: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=known["url"], headers=known["person"]) as client:
        assert (await client.get("/nowhere")).json()["code"] == "route_unknown"
        assert (await client.patch("/files")).json()["code"] == "method_not_allowed"
        assert (await client.get("/docs")).status_code == 404


async def test_health_and_metrics_answer_beside_the_api(known: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=known["url"].removesuffix("/v1/")) as client:
        assert (await client.get("/live")).status_code == 200
        assert (await client.get("/ready")).json()["missing"] == []
        counted = 'qontable_http_seconds_count{method="GET",route="/files/{file_id}"'
        assert counted in (await client.get("/metrics")).text
