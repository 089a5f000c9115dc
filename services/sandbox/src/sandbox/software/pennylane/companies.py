"""Companies: the client files of the firm, paged by number."""

from dataclasses import replace
from typing import Any

from sandbox.adapters.software_files import firm_files
from sandbox.domain.books import SoftwareFile
from sandbox.software.pennylane import CONNECTOR
from sandbox.software.pennylane.call import Call, Route
from sandbox.software.pennylane.filters import LISTED, Field, conditions, holds, numbered_page, read_text
from sandbox.software.pennylane.gate import company_of

MAX_PER_PAGE = 1000
FIELDS = {"client_code": Field(("eq", "not_eq", *LISTED), "code", read_text)}
SCOPES = ("companies:readonly",)


async def list_companies(call: Call) -> Any:
    """`GET /companies`: those that the token reaches, oldest first (assumed)."""
    token = call.access
    wanted = conditions(call.query, FIELDS)
    found = [
        company
        for company in await firm_files(call.connection, CONNECTOR, token.firm)
        if token.software_file_id in (None, company.id) and all(holds(one, company.code) for one in wanted)
    ]
    frame, shown = numbered_page(call.query, found, MAX_PER_PAGE)
    return {"items": [_company(company) for company in shown], **frame}


async def get_company(call: Call) -> Any:
    """`GET /companies/{id}`."""
    company = await company_of(call.connection, call.query["id"], call.access)
    return _company(replace(call, visit=replace(call.visit, company=company)).company)


def _company(company: SoftwareFile) -> dict[str, Any]:
    """A company. What the stand-in knows nothing of is an empty string: the contract wants strings everywhere."""
    return {
        "id": company.id,
        "name": company.name,
        "billing_company_name": company.name,
        "siren": (company.siret or "")[:9],
        "address": "",
        "city": "",
        "postal_code": "",
        "activity_nomenclature": "",
        "activity_code": "",
        "external_id": f"company-{company.id}",
        "client_code": company.code,
    }


ROUTES = (
    Route("GET", "/companies", list_companies, SCOPES),
    Route("GET", "/companies/{id}", get_company, SCOPES),
)
