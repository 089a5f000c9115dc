"""Client files: the firm's list, one of them, and the search by the firm's own code."""

import json
import math
from typing import Any

from qontable.database import Connection
from sandbox.adapters.books import axes
from sandbox.adapters.software_files import file_by_code, firm_files
from sandbox.domain.books import SoftwareFile
from sandbox.software.myunisoft import CONNECTOR
from sandbox.software.myunisoft.call import Call, Route
from sandbox.software.myunisoft.errors import VendorError
from sandbox.software.myunisoft.paging import Page

SORTABLE = {"name": "name", "siret": "siret", "folder_reference": "code"}
"""Columns by which the list is sorted, and what they are here; the vendor knows more, all empty in this stand-in."""
MEMBER = 1


async def list_or_one(call: Call) -> Any:
    """`GET /society`: one client file where the key or `society-id` names it, else the firm's list."""
    if call.visit.society is not None:
        return await _society(call.connection, call.society)
    found = _matching(await firm_files(call.connection, CONNECTOR, call.access.firm), call)
    page = Page.of(call.query)
    shown = found[page.offset : page.end(len(found))]
    return {
        "row_numbers": len(found),
        "pages_number": math.ceil(len(found) / page.limit) if page.limit else None,
        "society_array": [await _society(call.connection, society) for society in shown],
    }


async def search(call: Call) -> Any:
    """`GET /society/search?reference=`: the client file with the firm's own code."""
    reference = call.query.get("reference", "")
    society = await file_by_code(call.connection, CONNECTOR, reference)
    if society is None or society.firm != call.access.firm or society.code != reference:
        raise VendorError("SOCIETE16")
    return await _society(call.connection, society)


def _matching(files: list[SoftwareFile], call: Call) -> list[SoftwareFile]:
    wanted = call.query.get("q", "").lower()
    siret = call.query.get("siret", "")
    found = [file for file in files if wanted in file.name.lower() and (file.siret or "").startswith(siret)]
    if "sort" not in call.query:
        return found
    try:
        order = json.loads(call.query["sort"])
        column, descending = SORTABLE[order["column"]], {"asc": False, "desc": True}[order["direction"]]
    except (ValueError, KeyError, TypeError):
        raise VendorError("ERR-BAD-REQUEST", "le tri demandé est inconnu") from None
    return sorted(found, key=lambda file: getattr(file, column) or "", reverse=descending)


async def _society(connection: Connection, society: SoftwareFile) -> dict[str, Any]:
    return {
        "society_id": society.id,
        "name": society.name,
        "siret": society.siret,
        "folder_reference": society.code,
        "member_id": MEMBER,
        "analytics": bool(await axes(connection, society.id)),
        "secured": False,
        "ape": None,
        "city": "",
        "country": "FRANCE",
        "status": "",
        "step": "",
    }


ROUTES = (
    Route("GET", "/society", list_or_one, society=False),
    Route("GET", "/society/search", search, society=False),
)
