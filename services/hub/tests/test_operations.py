"""A firm's whole use of the API: every operation answers as it should at least once, and every refusal helps."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio
import schemathesis
from services.hub.tests.said import LATELY, REFUSED
from services.hub.tests.test_exports import CSV, completed

from hub.entrypoints.api.application import describe
from qontable.events.export import ExportRequested
from qontable.events.hub import SoftwareFile

DOCUMENT: Any = schemathesis.openapi.from_dict(describe())
OPERATIONS = {found.ok().label: found.ok() for found in DOCUMENT.get_all_operations()}
FILTERS: dict[str, Any] = {
    "status": "to_verify",
    "delivery_state": "rejected",
    "waiting_for": "evening",
    "journal": "ACH",
    "kind": "purchase",
    "date_from": "2026-01-01",
    "date_to": "2026-12-31",
    "amount_from": "1",
    "amount_to": "1000.50",
    "cause": "journal_locked",
    "account": "6064",
    "third_party": "durand",
    "invoice_number": "FD",
    "documents": "missing",
    "open_difference": "true",
    "detail": "exported",
    "q": "papeterie",
    "limit": "10",
}


@dataclass
class Caller:
    """Uses the API as its document says, and keeps which operations were answered and which refused."""

    client: httpx.AsyncClient
    answered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    async def call(self, operation: str, ids: Mapping[str, str] | None = None, **sent: Any) -> Any:
        """What the operation answers."""
        answer = await self._ask(operation, ids or {}, sent)
        assert answer.is_success, f"{operation}: {answer.text}"
        self.answered.add(operation)
        return answer.json() if answer.content else None

    async def refuse(self, operation: str, ids: Mapping[str, str]) -> None:
        """The operation refuses, and says why and what to do in both languages."""
        answer = await self._ask(operation, ids, {"json": {}})
        assert answer.is_client_error, f"{operation}: {answer.text}"
        problem = answer.json()
        assert problem["code"], operation
        for said in ("message", "remedy"):
            assert all(problem[said][language] for language in ("fr", "en")), operation
        self.refused.add(operation)

    async def _ask(self, operation: str, ids: Mapping[str, str], sent: dict[str, Any]) -> httpx.Response:
        method, path = operation.split(" ")
        answer = await self.client.request(method, path.format_map(ids), **sent)
        OPERATIONS[operation].validate_response(answer)
        return answer


@pytest_asyncio.fixture(loop_scope="session")
async def caller(firm: Any) -> AsyncIterator[Caller]:
    """The firm's administrator."""
    yield Caller(firm.admin)


async def test_every_operation_is_reached_and_answers_as_documented(town: Any, firm: Any, caller: Caller) -> None:
    await town.announce_formats(CSV)
    await _people(town, firm, caller)
    connection = await _connection(town, firm, caller)
    file_id = await _mapping(firm, caller, connection)
    await _settings(caller, connection, file_id)
    await _entries(firm, caller, file_id)
    await _resending(town, firm, caller)
    await _exports(town, caller, file_id)
    await _leaving(caller, connection, file_id)
    assert caller.answered == set(OPERATIONS)


async def test_every_operation_of_something_says_what_is_wrong_when_there_is_no_such_thing(caller: Caller) -> None:
    nobodys = {name: "nobodys" for label in OPERATIONS for name in re.findall(r"{(\w+)}", label)}
    named = [label for label in OPERATIONS if "{" in label]
    for label in named:
        await caller.refuse(label, nobodys)
    assert caller.refused == set(named)


async def _people(town: Any, firm: Any, caller: Caller) -> None:
    for path in ("/me", "/firm", "/members", "/tokens", "/connectors", "/audit", "/export-formats"):
        await caller.call(f"GET {path}")
    await caller.call("GET /connectors/{connector}", {"connector": town.sheet.connector})
    platform = {"Authorization": f"Bearer {town.platform_secret}"}
    person = {"user_id": "usr_zoe", "name": "Zoé", "email": "zoe@cabinet.example", "role": "collaborator"}
    given = {"firm_id": firm.id}
    await caller.call("POST /firms/{firm_id}/tokens", given, headers=platform, json={"user": person})
    tokens = (await caller.call("GET /tokens"))["tokens"]
    of_zoe = next(token["token_id"] for token in tokens if token["user_id"] == "usr_zoe")
    await caller.call("DELETE /tokens/{token_id}", {"token_id": of_zoe})


async def _connection(town: Any, firm: Any, caller: Caller) -> dict[str, str]:
    """From the first keys to a connection that knows its files; its id, as addresses name it."""
    fields = {"api_key": f"{town.canary}-first", "server": "books.example"}
    options = {"frequency": "real_time", "synchronize_accounts": True}
    started = await caller.call(
        "POST /connections", json={"connector": town.sheet.connector, "fields": fields, "options": options}
    )
    ids = {"connection_id": started["connection"]["connection_id"]}
    check = {"check_id": started["check"]["check_id"]}
    files = [SoftwareFile(software_file_id=f"sw{number}", name=f"Dossier {number}") for number in (1, 2, 3)]
    await town.answer_check(check["check_id"], "accepted", *files)
    root = "/connections/{connection_id}"
    await caller.call(f"GET {root}/checks/{{check_id}}", ids | check, params={"wait": 20})
    await caller.call(f"POST {root}/checks/{{check_id}}/confirmation", ids | check)
    await caller.call("GET /connections")
    await caller.call(f"GET {root}", ids)
    await caller.call(f"PUT {root}/credentials", ids, json={"fields": fields})
    await caller.call(f"POST {root}/checks", ids, json={"software_file_id": "sw1"})
    await caller.call(f"PUT {root}/options", ids, json=options | {"frequency": "manual"})
    await caller.call(f"PUT {root}/throttle", ids, json={"requests": 1, "seconds": 1, "concurrent": 1})
    await caller.call(f"DELETE {root}/throttle", ids)
    await caller.call(f"GET {root}/software-files", ids, params={"q": "dossier", "limit": 2})
    return ids


async def _mapping(firm: Any, caller: Caller, connection: dict[str, str]) -> str:
    """A file mapped one by one, one in a table, one created in Qonto; the first one's id."""
    first, second = [await firm.add_file(f"Dossier {number}") for number in (1, 2)]
    root = "/connections/{connection_id}"
    await caller.call(f"GET {root}/suggestions", connection, params={"file_id": first})
    wish = {"software_file_id": "sw1", **connection}
    await caller.call("PUT /files/{file_id}/mapping", {"file_id": first}, json=wish)
    rows = [{"file": second, "software_file": "sw2"}]
    await caller.call(f"POST {root}/mappings", connection, json={"mappings": rows})
    await caller.call(f"POST {root}/file-creations", connection, json={"software_file_ids": ["sw3"]})
    await caller.call(f"GET {root}/file-creations", connection)
    await caller.call("GET /files", params={"q": "dossier", "limit": 1, **connection})
    await caller.call("GET /files/{file_id}", {"file_id": first})
    return first


async def _settings(caller: Caller, connection: dict[str, str], file_id: str) -> None:
    ids = {"file_id": file_id}
    await caller.call(
        "PUT /files/{file_id}/activation", ids, json={"send_from": "2026-01-01", "before_send_from": "wait"}
    )
    await caller.call("PUT /files/{file_id}/journal-map", ids, json={"journal_map": {"ACH": "AC"}})
    await caller.call(
        "PUT /files/{file_id}/policies", ids, json={"create_missing_accounts": False, "possible_duplicates": "ask"}
    )
    await caller.call("POST /files/{file_id}/refresh", ids)
    await caller.call("GET /files/{file_id}/refresh", ids)


async def _entries(firm: Any, caller: Caller, file_id: str) -> None:
    await firm.tell(
        firm.status(file_id, "e1", **REFUSED),
        firm.status(file_id, "e2", status="sending", delivery_id="d2", delivery_state="parked"),
        firm.status(file_id, "e3", waiting_for=["duplicate_answer"]),
        firm.status(file_id, "e4", waiting_for=["creation_answer"]),
        firm.status(file_id, "e5", waiting_for=["synchronize"]),
    )
    root, ids = "/files/{file_id}/entries", {"file_id": file_id}
    await caller.call(f"GET {root}", ids, params=FILTERS)
    page = await caller.call(f"GET {root}", ids, params={"limit": 2})
    await caller.call(f"GET {root}", ids, params={"cursor": page["next"]})
    await caller.call("GET /files/{file_id}/entry-counts", ids)
    one = root + "/{entry_id}"
    await caller.call(f"GET {one}", ids | {"entry_id": "e1"})
    await caller.call(f"POST {one}/correction", ids | {"entry_id": "e1"}, json={"revision": 1})
    decision = {"delivery_id": "d2", "answer": "in_books"}
    await caller.call(f"POST {one}/resolution", ids | {"entry_id": "e2"}, json=decision)
    await caller.call(f"POST {one}/duplicate-answer", ids | {"entry_id": "e3"}, json={"answer": "distinct"})
    await caller.call(f"POST {one}/creation-answer", ids | {"entry_id": "e4"}, json={"revision": 1})
    await caller.call("POST /synchronizations", json={"file_ids": [file_id]})


async def _resending(town: Any, firm: Any, caller: Caller) -> None:
    await town.introduce(LATELY)
    connection_id = await firm.connect(SoftwareFile(software_file_id="late", name="Tard"), connector=LATELY.connector)
    file_id = await firm.add_file("Tard")
    await firm.map(file_id, connection_id, "late")
    booked = {"status": "synchronized", "delivery_state": "confirmed", "delivery_id": "d1", "documents": "missing"}
    await firm.tell(firm.status(file_id, "e1", **booked))
    one = "/files/{file_id}/entries/{entry_id}"
    await caller.call(f"POST {one}/document-resending", {"file_id": file_id, "entry_id": "e1"})


async def _exports(town: Any, caller: Caller, file_id: str) -> None:
    asked = await caller.call("POST /exports", json={"file_ids": [file_id], "format": "csv"})
    ids = {"export_id": asked["exports"][0]["export_id"]}
    await caller.call("GET /exports", params={"file_id": file_id, "limit": 1})
    said = await town.hear(ExportRequested, lambda event: event.export_id == ids["export_id"])
    await town.say(completed(said))
    await caller.call("GET /exports/{export_id}", ids, params={"wait": 20})
    await caller.call("POST /exports/{export_id}/links", ids, json={"name": "écritures.zip"})


async def _leaving(caller: Caller, connection: dict[str, str], file_id: str) -> None:
    await caller.call("POST /connections/{connection_id}/resumption", connection)
    await caller.call("POST /connections/{connection_id}/disable", connection)
    await caller.call("POST /connections/{connection_id}/enable", connection)
    await caller.call("DELETE /files/{file_id}/activation", {"file_id": file_id})
    (tied,) = [file for file in (await caller.call("GET /files"))["files"] if file["name"] == "Dossier 2"]
    await caller.call("DELETE /files/{file_id}/mapping", {"file_id": tied["file_id"]})
