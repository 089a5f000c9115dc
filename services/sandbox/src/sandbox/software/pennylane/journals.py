"""Journals. The contract does not say what their types are; a public mock of the vendor's lists the ones used here."""

import re
from typing import Any

from sandbox.adapters.books import JournalRow, add_journal, journals
from sandbox.adapters.listing import Condition
from sandbox.software.pennylane.call import COMPANY, Call, Route, path_id, readers, writers
from sandbox.software.pennylane.errors import VendorError
from sandbox.software.pennylane.filters import (
    LISTED,
    Field,
    Sorting,
    cursor_page,
    holds,
    page_of,
    read_text,
)
from sandbox.software.pennylane.schema import Body, Text, read_body

TYPES = {
    "purchases": "purchase",
    "sales": "sale",
    "bank": "bank",
    "cash": "miscellaneous",
    "expense_reports": "miscellaneous",
    "general": "miscellaneous",
    "opening": "new_year",
    "other": "miscellaneous",
}
"""By the kit's word. Assumed: the values, and which of them a cash journal or one of expense reports has."""

FIELDS = {"type": Field(("eq", "not_eq", *LISTED), "type", read_text)}
SORTING = Sorting("id", {"id": "id"})


class JournalBody(Body):
    """A journal to be made."""

    code: Text
    label: Text


async def list_journals(call: Call) -> Any:
    """`GET /journals`: latest first."""
    page, name = page_of({key: value for key, value in call.query.items() if key != "sort"}, FIELDS, SORTING)
    rows = sorted(await journals(call.connection, call.company.id), key=lambda row: -row.id)
    found = [row for row in rows if _wanted(row, page.conditions) and (page.after is None or row.id < page.after[0])]
    frame = cursor_page(found[: page.limit], page, name, lambda row: {"id": row.id})
    return {**frame, "items": [_journal(row) for row in found[: page.limit - 1]]}


async def get_journal(call: Call) -> Any:
    """`GET /journals/{id}`."""
    wanted = path_id(call, "no_journal")
    found = next((row for row in await journals(call.connection, call.company.id) if row.id == wanted), None)
    if found is None:
        raise VendorError("no_journal", wanted)
    return _journal(found)


async def create_journal(call: Call) -> Any:
    """`POST /journals`: of type `miscellaneous` (assumed)."""
    body = read_body(JournalBody, call.visit.body)
    if not re.fullmatch(r"[A-Za-z]{2,5}", body.code):
        raise VendorError("code")
    if not body.label.strip() or "\0" in body.label:
        raise VendorError("text")
    if body.code in {row.code for row in await journals(call.connection, call.company.id)}:
        raise VendorError("code_taken")
    await add_journal(call.connection, call.company.id, body.code, body.label)
    return _journal(next(row for row in await journals(call.connection, call.company.id) if row.code == body.code))


def _wanted(row: JournalRow, conditions: tuple[Condition, ...]) -> bool:
    return all(holds(condition, TYPES[row.type]) for condition in conditions)


def _journal(row: JournalRow) -> dict[str, Any]:
    return {"id": row.id, "code": row.code, "label": row.name, "type": TYPES[row.type]}


ROUTES = (
    Route("GET", f"{COMPANY}/journals", list_journals, readers("journals")),
    Route("GET", f"{COMPANY}/journals/{{id}}", get_journal, readers("journals")),
    Route("POST", f"{COMPANY}/journals", create_journal, writers("journals"), status=201),
)
