"""Every route: its answer against goldens of our own, and against the vendor's OpenAPI where that is there."""

import json
from typing import Any

import httpx
import pytest

from .conftest import Company, Stand
from .contract import answer_schema

HOST = "https://app.pennylane.com/api/external/firm/v1"


async def _ids(company: Company) -> dict[str, Any]:
    attachment = (await company.upload()).json()["id"]
    entry = (await company.book(file_attachment_id=attachment)).json()["id"]
    line = (await company.list("ledger_entry_lines", limit=1))[0]["id"]
    return {"entry": entry, "line": line, "attachment": attachment}


READS = {
    "/companies": "/companies",
    "/companies/{id}": "/companies/{company.id}",
    "/companies/{company_id}/fiscal_years": "/companies/{company.id}/fiscal_years",
    "/companies/{company_id}/journals": "/companies/{company.id}/journals",
    "/companies/{company_id}/journals/{id}": "/companies/{company.id}/journals/{journal}",
    "/companies/{company_id}/ledger_accounts": "/companies/{company.id}/ledger_accounts",
    "/companies/{company_id}/ledger_accounts/{id}": "/companies/{company.id}/ledger_accounts/{account}",
    "/companies/{company_id}/ledger_entries": "/companies/{company.id}/ledger_entries",
    "/companies/{company_id}/ledger_entries/{id}": "/companies/{company.id}/ledger_entries/{entry}",
    "/companies/{company_id}/ledger_entry_lines": "/companies/{company.id}/ledger_entry_lines",
    "/companies/{company_id}/ledger_entry_lines/{id}": "/companies/{company.id}/ledger_entry_lines/{line}",
}


async def test_every_read_answers_as_the_contract_says(company: Company) -> None:
    ids = await _ids(company) | {"journal": company.journals["ACH"], "account": company.accounts["401000"]}
    for path, template in READS.items():
        response = await company.api.get(template.format(company=company, **ids))
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        errors = list(answer_schema("GET", path, 200).iter_errors(response.json()))
        assert not errors, (path, errors[:2])


async def test_every_write_answers_as_the_contract_says(company: Company) -> None:
    prefix = "/companies/{company_id}"
    for path, response in (
        ("/file_attachments", await company.upload()),
        ("/ledger_entries", await company.book()),
        ("/journals", await company.api.post(f"{company.path}/journals", json={"code": "NDF", "label": "Frais"})),
        ("/ledger_accounts", await _account(company, "411MARTIN", "Martin")),
    ):
        assert response.status_code == 201, response.text
        errors = list(answer_schema("POST", prefix + path, 201).iter_errors(response.json()))
        assert not errors, (path, errors[:2])


async def _account(company: Company, number: str, label: str, **more: Any) -> httpx.Response:
    return await company.api.post(f"{company.path}/ledger_accounts", json={"number": number, "label": label, **more})


async def test_companies_are_those_of_the_firm_by_page_number_and_client_code(stand: Stand, company: Company) -> None:
    second = await stand.company(firm=company.firm)
    other = await stand.company()
    page = (await company.api.get("/companies", params={"per_page": 1, "page": 2})).json()
    counts = {key: page[key] for key in ("total_pages", "current_page", "total_items", "per_page")}
    assert counts == {"total_pages": 2, "current_page": 2, "total_items": 2, "per_page": 1}
    assert page["items"] == [
        {
            "id": second.id,
            "name": f"Atelier {second.code}",
            "billing_company_name": f"Atelier {second.code}",
            "siren": "732829320",
            "address": "",
            "city": "",
            "postal_code": "",
            "activity_nomenclature": "",
            "activity_code": "",
            "external_id": f"company-{second.id}",
            "client_code": second.code,
        }
    ]
    found = {}
    for operator, value in (("eq", company.code), ("not_eq", company.code), ("in", [company.code, other.code])):
        query = json.dumps([{"field": "client_code", "operator": operator, "value": value}])
        rows = (await company.api.get("/companies", params={"filter": query})).json()["items"]
        found[operator] = [row["id"] for row in rows]
    assert found == {"eq": [company.id], "not_eq": [second.id], "in": [company.id]}
    assert (await company.api.get(f"/companies/{other.id}")).status_code == 404
    assert (await company.api.get(f"{other.path}/journals")).status_code == 404


async def test_a_token_of_one_company_sees_that_one_only(stand: Stand, company: Company) -> None:
    second = await stand.company(firm=company.firm)
    await stand.key(company.firm, "pl-single", software_file=second.code)
    async with stand.client("pl-single") as api:
        assert [row["id"] for row in (await api.get("/companies")).json()["items"]] == [second.id]
        assert (await api.get(f"{company.path}/journals")).status_code == 404


async def test_fiscal_years(company: Company) -> None:
    page = (await company.api.get(f"{company.path}/fiscal_years", params={"per_page": 1})).json()
    assert (page["total_items"], page["total_pages"], page["per_page"]) == (2, 2, 1)
    year = page["items"][0]
    assert year | {"id": 0} == {"id": 0, "start": "2026-01-01", "finish": "2026-12-31", "status": "open"}
    rest = (await company.api.get(f"{company.path}/fiscal_years", params={"page": 2, "per_page": 1})).json()
    assert rest["items"][0]["status"] == "closed"


async def test_journals(company: Company) -> None:
    rows = await company.list("journals", limit=2)
    assert {(row["code"], row["label"], row["type"]) for row in rows} == {
        ("ACH", "Achats", "purchase"),
        ("BQ", "Banque", "bank"),
        ("AN", "À-nouveaux", "new_year"),
    }
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    kept = await company.list("journals", [{"field": "type", "operator": "in", "value": ["bank", "purchase"]}], limit=1)
    assert {row["code"] for row in kept} == {"ACH", "BQ"}


async def test_accounts_are_filtered_and_made(company: Company) -> None:
    starting = [{"field": "number", "operator": "start_with", "value": "401"}]
    assert {row["number"] for row in await company.list("ledger_accounts", starting)} == {"401000", "401DURAND"}
    made = await _account(company, "411MARTIN", "Martin SARL", vat_rate="FR_200", country_alpha2="FR")
    golden = {
        "number": "411MARTIN",
        "label": "Martin SARL",
        "vat_rate": "any",
        "country_alpha2": "any",
        "enabled": True,
        "letterable": True,
        "archived_at": None,
    }
    assert made.json() == golden | {"id": made.json()["id"]}
    assert (await _account(company, "411MARTIN", "again")).status_code == 422
    await company.change("/accounts/411MARTIN", closed=True)
    disabled = await company.list("ledger_accounts", [{"field": "enabled", "operator": "eq", "value": False}])
    assert [row["number"] for row in disabled] == ["411MARTIN"]
    one = [{"field": "number", "operator": "in", "value": ["512000", "606400"]}]
    assert len(await company.list("ledger_accounts", one, limit=1)) == 2


async def test_an_uploaded_file_goes_with_an_entry(company: Company) -> None:
    uploaded = (await company.upload(name="Pièce n° 1.pdf", filename="Pièce d'été.pdf")).json()
    assert uploaded["filename"] == "Pièce d'été.pdf"
    assert (await company.upload(name="Pièce n° 1.pdf")).json()["filename"] == "Pièce n° 1.pdf"
    entry = (await company.book(file_attachment_id=uploaded["id"])).json()
    assert entry["attachment"]["filename"] == "Pièce d'été.pdf"


async def test_an_entry_and_its_lines_are_read_back(company: Company) -> None:
    made = (await company.book()).json()
    golden = {
        "label": "Papeterie Durand FD-2026-0147 (#7K2M#)",
        "piece_number": None,
        "date": "2026-03-12",
        "journal": {
            "id": company.journals["ACH"],
            "url": f"{HOST}{company.path}/journals/{company.journals['ACH']}",
        },
        "due_date": None,
        "invoice_number": None,
        "status": None,
        "categories": [],
        "attachment": None,
    }
    assert made == golden | {key: made[key] for key in ("id", "created_at", "updated_at")}
    assert (await company.api.get(f"{company.path}/ledger_entries/{made['id']}")).json() == made
    lines = await company.list(
        "ledger_entry_lines", [{"field": "ledger_entry_id", "operator": "eq", "value": str(made["id"])}], sort="id"
    )
    booked = [(line["ledger_account"]["number"], line["debit"], line["credit"], line["label"]) for line in lines]
    assert booked == [
        ("606400", "100.00", "0.00", "Papeterie Durand"),
        ("445660", "20.00", "0.00", "TVA déductible 20 %"),
        ("401DURAND", "0.00", "120.00", "Papeterie Durand"),
    ]


async def test_two_equal_requests_are_two_entries(company: Company) -> None:
    first, second = await company.book(), await company.book()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


async def test_entries_of_closed_years_are_listed_only_by_date(company: Company) -> None:
    await company.book()
    await company.change("/fiscal-years/2026-01-01", closed=True)
    assert await company.list("ledger_entries") == []
    dated = [{"field": "date", "operator": "eq", "value": "2026-03-12"}]
    assert len(await company.list("ledger_entries", dated)) == 1


async def test_what_is_booked_as_a_draft_is_listed_as_one(company: Company) -> None:
    await company.change("", books_as_draft=True)
    assert (await company.book()).json()["status"] == "draft"
    assert [row["status"] for row in await company.list("ledger_entries")] == ["draft"]


@pytest.mark.parametrize("order", ["id", "-id", "date", "-date"])
async def test_pages_hold_every_row_once_in_order(company: Company, order: str) -> None:
    days = ["2026-03-12", "2026-03-10", "2026-03-12", "2026-03-11", "2026-03-10"]
    for day in days:
        assert (await company.book(date=day)).status_code == 201
    rows = await company.list("ledger_entries", sort=order, limit=2)
    field = order.removeprefix("-")
    assert len({row["id"] for row in rows}) == 5
    keys = [(row[field], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=order.startswith("-"))
    assert {row["date"] for row in await company.list("ledger_entries", limit=2)} == set(days)


async def test_a_cursor_without_its_filter_gives_unfiltered_rows(company: Company) -> None:
    for journal in ("ACH", "BQ", "ACH"):
        await company.book(journal_id=company.journals[journal])
    wanted = json.dumps([{"field": "journal_id", "operator": "eq", "value": str(company.journals["ACH"])}])
    path = f"{company.path}/ledger_entries"
    first = (await company.api.get(path, params={"filter": wanted, "limit": 1})).json()
    kept = (await company.api.get(path, params={"filter": wanted, "cursor": first["next_cursor"]})).json()
    lost = (await company.api.get(path, params={"cursor": first["next_cursor"]})).json()
    assert [row["journal"]["id"] for row in kept["items"]] == [company.journals["ACH"]]
    assert {row["journal"]["id"] for row in lost["items"]} == {company.journals["ACH"], company.journals["BQ"]}


async def test_an_entry_gets_its_file_afterwards_once(company: Company) -> None:
    entry = (await company.book()).json()["id"]
    attachment = (await company.upload()).json()["id"]
    path = f"{company.path}/ledger_entries/{entry}"
    for _ in range(2):
        response = await company.api.put(path, json={"file_attachment_id": attachment})
        assert response.status_code == 200, response.text
        schema = answer_schema("PUT", "/companies/{company_id}/ledger_entries/{id}", 200)
        assert not list(schema.iter_errors(response.json()))
        assert response.json()["attachment"]["filename"]
    unknown = await company.api.put(path, json={"file_attachment_id": 999_999_999})
    assert unknown.status_code == 200, "an entry that has its file is left as it is"
    other = (await company.book()).json()["id"]
    refused = await company.api.put(f"{company.path}/ledger_entries/{other}", json={"file_attachment_id": 999_999_999})
    assert refused.status_code in {404, 422}, refused.text
