"""What is refused, as a table: status and words, in both shapes of error bodies, and against the contract's schemas."""

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.software.pennylane.currencies import CURRENCIES
from sandbox.software.pennylane.entry_body import EntryBody
from sandbox.software.pennylane.errors import ERRORS, VendorError
from sandbox.software.pennylane.schema import read_body

from .conftest import Company, Stand
from .contract import answer_schema, body_schema, operation

ENTRIES = "/companies/{company_id}/ledger_entries"
Change = Callable[[Company, dict[str, Any]], None]


def put(**fields: Any) -> Change:
    """An entry with other fields."""
    return lambda _company, body: body.update(fields)


def without(name: str) -> Change:
    """An entry that lacks a field."""
    return lambda _company, body: body.pop(name)


def line(**fields: Any) -> Change:
    """An entry whose first line has other fields."""
    return lambda _company, body: body["ledger_entry_lines"][0].update(fields)


def many_lines(company: Company, body: dict[str, Any]) -> None:
    lines = [company.line("606400", debit="1.00") for _ in range(1000)]
    body["ledger_entry_lines"] = [*lines, company.line("401000", credit="1000.00")]


REFUSED: dict[str, tuple[Change, int, str]] = {
    "no date": (without("date"), 400, "NotExistRequiredKey"),
    "no lines": (put(ledger_entry_lines=[]), 400, "LessThanMinItems"),
    "unknown field": (put(external_id="QTB-1"), 400, "NotExistPropertyDefinition"),
    "unknown field of a line": (line(due_date="2026-04-11"), 400, "NotExistPropertyDefinition"),
    "due date": (put(due_date="2026-04-11"), 400, "NotExistPropertyDefinition"),
    "amount as a number": (line(debit=100.00), 400, "ValidateError"),
    "amount with a comma": (line(debit="100,00"), 400, "InvalidPattern"),
    "date that is none": (put(date="2026-02-30"), 400, "InvalidDateFormat"),
    "date with a time": (put(date="2026-03-12T00:00:00Z"), 400, "InvalidDateFormat"),
    "journal as a text": (put(journal_id="30412"), 400, "ValidateError"),
    "null": (put(label=None), 400, "NotNullError"),
    "currency": (put(currency="XXX"), 400, "NotEnumInclude"),
    "unbalanced": (line(debit="100.01"), 422, "Entry lines are not balanced"),
    "a thousand and one lines": (many_lines, 422, "Ledger entry lines cannot exceed 1000 per request"),
    "three decimals": (line(debit="100.001"), 422, "Amount 100.001 is invalid"),
    "empty label": (put(label=" "), 422, "Label is invalid"),
    "unknown journal": (put(journal_id=1), 422, "Couldn't find Journal with 'id'=1"),
    "unknown account": (line(ledger_account_id=1), 422, "Couldn't find LedgerAccount with 'id'=1"),
    "unknown file": (put(file_attachment_id=1), 422, "Couldn't find FileAttachment with 'id'=1"),
    "closed year": (put(date="2025-03-12"), 422, "Date 2025-03-12 is in a closed fiscal year"),
    "no year": (put(date="2031-03-12"), 422, "Date 2031-03-12 is not included in any fiscal year"),
}


async def test_entries_are_refused_and_nothing_is_booked(company: Company) -> None:
    for what, (change, status, words) in REFUSED.items():
        body = company.entry()
        change(company, body)
        response = await company.api.post(f"{company.path}/ledger_entries", json=body)
        told = response.json()
        assert (response.status_code, told.get("code") or told["error"]) == (status, words), what
    assert await company.list("ledger_entries") == []


async def test_the_contract_has_each_shape_of_refusal(company: Company) -> None:
    for change, status, _words in REFUSED.values():
        body = company.entry()
        change(company, body)
        response = await company.api.post(f"{company.path}/ledger_entries", json=body)
        errors = list(answer_schema("POST", ENTRIES, status).iter_errors(response.json()))
        assert not errors, (response.text, errors[:2])


async def test_the_guides_shape_on_demand(stand: Stand, company: Company) -> None:
    await stand.control.put("/manners/pennylane", json={"manner": "guide"})
    body = company.entry()
    body["ledger_entry_lines"][0]["debit"] = "80.00"
    unbalanced = await company.api.post(f"{company.path}/ledger_entries", json=body)
    assert unbalanced.json() == {
        "error": "unprocessable_entity",
        "message": "Entry lines are not balanced",
        "details": {"debit_total": "100.00", "credit_total": "120.00"},
    }
    missing = (await company.api.post(f"{company.path}/ledger_entries", json={})).json()
    assert (missing["error"], missing["details"]["field"]) == ("bad_request", "date")
    await company.change_token(scopes=["ledger"])
    assert (await company.book()).json() == {
        "error": "forbidden",
        "message": 'Access to this resource requires scope "ledger_entries:all".',
    }
    assert (await stand.control.put("/manners/pennylane", json={"manner": "shouting"})).status_code == 422
    assert (await stand.control.put("/manners/myunisoft", json={"manner": "guide"})).status_code == 422


async def test_closed_journals_and_accounts_locked_periods_and_foreign_ids(stand: Stand, company: Company) -> None:
    other = await stand.company()
    foreign = [other.line("606400", debit="120.00"), other.line("401000", credit="120.00")]
    refused = [await company.book(ledger_entry_lines=foreign), await company.book(journal_id=other.journals["ACH"])]
    theirs = (await other.upload()).json()["id"]
    refused.append(await company.book(file_attachment_id=theirs))
    await company.change("/accounts/606400", closed=True)
    refused.append(await company.book())
    await company.change("/accounts/606400", closed=False)
    await company.change("/journals/ACH", locked=True)
    refused.append(await company.book())
    await company.change("/journals/ACH", locked=False)
    period = {"start": "2026-03-01", "end": "2026-03-31"}
    await stand.control.post(f"/software-files/pennylane/{company.code}/locked-periods", json=period)
    refused.append(await company.book())
    assert [response.status_code for response in refused] == [422] * 6
    assert len({response.json()["error"] for response in refused}) == 6


QUERIES: dict[str, tuple[dict[str, str], str]] = {
    "limit of nothing": ({"limit": "0"}, "LessThanMinimum"),
    "limit beyond": ({"limit": "101"}, "MoreThanMaximum"),
    "limit that is none": ({"limit": "ten"}, "ValidateError"),
    "cursor": ({"cursor": "nonsense"}, "The cursor is invalid"),
    "cursor of another order": ({"cursor": "eyJpZCI6ICIxIn0=", "sort": "date"}, "The cursor is invalid"),
    "sort": ({"sort": "label"}, "The sort is invalid: label"),
    "filter that is no JSON": ({"filter": "journal_id=1"}, "The filter is invalid: it is not JSON"),
    "filter of no list": ({"filter": "{}"}, "The filter is invalid: an array is expected"),
    "filter of a label": (
        {"filter": '[{"field":"label","operator":"eq","value":"x"}]'},
        "The filter is invalid: field label is not available",
    ),
    "operator": (
        {"filter": '[{"field":"date","operator":"in","value":["2026-01-01"]}]'},
        "The filter is invalid: operator in is not available for date",
    ),
    "value": (
        {"filter": '[{"field":"journal_id","operator":"eq","value":"ACH"}]'},
        "The filter is invalid: journal_id: an integer is expected",
    ),
}


async def test_queries_are_refused(company: Company) -> None:
    for what, (query, words) in QUERIES.items():
        response = await company.api.get(f"{company.path}/ledger_entries", params=query)
        told = response.json()
        assert (response.status_code, told.get("code") or told["error"]) == (400, words), what
    for path, query in (("/companies", {"per_page": 1001}), (f"{company.path}/fiscal_years", {"per_page": 101})):
        assert (await company.api.get(path, params=query)).json()["code"] == "MoreThanMaximum"


async def test_files_are_refused(company: Company) -> None:
    path = f"{company.path}/file_attachments"
    answers = {
        "type": await company.upload(media_type="text/plain"),
        "empty": await company.upload(content=b""),
        "name": await company.upload(filename="x" * 256),
        "field": await company.upload(kind="invoice"),
        "no file": await company.api.post(path, files={"filename": (None, b"x")}),
        "no form": await company.api.post(path, json={"file": "x"}),
        "broken": await company.api.post(
            path, content=b"--b\r\nx", headers={"content-type": "multipart/form-data; boundary=b"}
        ),
    }
    told = {what: (answer.status_code, answer.json().get("code")) for what, answer in answers.items()}
    assert told == {
        "type": (422, None),
        "empty": (422, None),
        "name": (400, "MoreThanMaxLength"),
        "field": (400, "NotExistPropertyDefinition"),
        "no file": (400, "NotExistRequiredKey"),
        "no form": (400, "NotAMultipartFile"),
        "broken": (400, "NotAMultipartFile"),
    }


async def test_journals_accounts_ids_and_routes_are_refused(company: Company) -> None:
    for path, body, status in (
        ("journals", {"code": "A1", "label": "x"}, 422),
        ("journals", {"code": "ACH", "label": "x"}, 422),
        ("journals", {"code": "ACX", "label": "x", "type": "bank"}, 400),
        ("ledger_accounts", {"number": "X1", "label": "x"}, 422),
        ("ledger_accounts", {"number": "607", "label": " "}, 422),
        ("ledger_accounts", {"number": 607, "label": "x"}, 400),
        ("ledger_accounts", {"number": "607", "label": "x", "vat_rate": "20"}, 400),
    ):
        response = await company.api.post(f"{company.path}/{path}", json=body)
        assert response.status_code == status, (body, response.text)
    for what, words in (
        ("journals", "Journal"),
        ("ledger_accounts", "LedgerAccount"),
        ("ledger_entries", "LedgerEntry"),
        ("ledger_entry_lines", "LedgerEntryLine"),
    ):
        response = await company.api.get(f"{company.path}/{what}/1")
        assert (response.status_code, response.json()) == (
            404,
            {"error": f"Couldn't find {words} with 'id'=1", "status": 404},
        )
        assert (await company.api.get(f"{company.path}/{what}/x")).status_code == 400
        assert (await company.api.get(f"{company.path}/{what}/{2**70}")).status_code == 404
    assert (await company.api.get("/companies/x/journals")).status_code == 400
    unknown: httpx.Response = await company.api.get(f"{company.path}/ledger_attachments")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Not Found", "status": 404})


REPLACEMENTS: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", "1,5", "2026-02-30", [], {}, [None], [{}])
BODY: dict[str, Any] = {
    "date": "2026-03-12",
    "label": "Papeterie",
    "journal_id": 30412,
    "file_attachment_id": 88123,
    "currency": "EUR",
    "ledger_entry_lines": [
        {"ledger_account_id": 1, "debit": "100.00", "credit": "0.00", "label": "a"},
        {"ledger_account_id": 2, "debit": "", "credit": "-100"},
    ],
}


def test_every_body_that_the_contract_refuses_is_refused_and_no_other() -> None:
    validator = body_schema("POST", ENTRIES)
    bodies = list(_mutations(BODY))
    refused = [validator.is_valid(body) for body in bodies].count(False)
    assert (validator.is_valid(BODY), refused > 100) == (True, True)
    differing = [body for body in bodies if validator.is_valid(body) != _taken(body)]
    assert differing == []


def test_the_currencies_are_the_contracts() -> None:
    schema = operation("POST", ENTRIES)["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]["currency"]["enum"]) == CURRENCIES


def test_currencies_without_the_contract() -> None:
    assert {"EUR", "USD", "XOF", "ZWL"} <= CURRENCIES
    assert not {"XXX", "XAU", "eur"} & CURRENCIES


@pytest.mark.parametrize("name", ERRORS)
def test_every_refusal_has_both_shapes(name: str) -> None:
    error = VendorError(name, "x")
    assert error.body("contract") == {"error": error.message, "status": error.status}
    assert set(error.body("guide")) == {"error", "message"}


def _taken(body: Any) -> bool:
    try:
        read_body(EntryBody, json.dumps(body).encode())
    except VendorError:
        return False
    return True


def _mutations(body: dict[str, Any]) -> Any:
    """Each value removed, replaced by each replacement, and each object given one key more."""
    for path in _paths(body):
        for replacement in REPLACEMENTS:
            yield _changed(body, path, lambda holder, key, value=replacement: holder.__setitem__(key, value))
        yield _changed(body, path, lambda holder, key: holder.__delitem__(key))
        yield _changed(body, path, lambda holder, key: isinstance(holder[key], dict) and holder[key].update(more=1))
    yield body | {"more": 1}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Any:
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
