"""The chart: general and third parties' accounts alike, one number each."""

import re
from typing import Annotated, Any

from pydantic import StringConstraints

from sandbox.adapters.accounts import account_by_number, add_account
from sandbox.adapters.listing import Condition, ListedAccount, Slice, list_accounts
from sandbox.software.pennylane import RULES
from sandbox.software.pennylane.call import COMPANY, Call, Route, path_id, readers, writers
from sandbox.software.pennylane.errors import VendorError
from sandbox.software.pennylane.filters import (
    LISTED,
    ORDERED,
    Field,
    Sorting,
    cursor_page,
    page_of,
    read_flag,
    read_integer,
    read_text,
)
from sandbox.software.pennylane.schema import Body, Text, read_body

ANY = "any"
VAT_RATE = r"\A([A-Z]{2}_[0-9_]+(_construction)?|intracom_[0-9]+|exempt|crossborder|extracom|any)\z"
FIELDS = {
    "id": Field((*ORDERED, *LISTED), "account.id", read_integer),
    "number": Field(("start_with", "eq", "in"), "account.number", read_text),
    "enabled": Field(("eq",), "(not account.closed)", read_flag),
}
SORTING = Sorting("account.id", {"id": "account.id"})


class AccountBody(Body):
    """An account to be made. What is said of its VAT is not kept, and only its form is looked at: the stand-in knows
    nothing of VAT."""

    number: Text
    label: Text
    vat_rate: Annotated[Text, StringConstraints(pattern=VAT_RATE)] = ANY
    country_alpha2: Annotated[Text, StringConstraints(pattern=r"\A([A-Z]{2}|any)\z")] = ANY


async def list_ledger_accounts(call: Call) -> Any:
    """`GET /ledger_accounts`: latest first."""
    page, name = page_of({key: value for key, value in call.query.items() if key != "sort"}, FIELDS, SORTING)
    rows = await list_accounts(call.connection, call.company.id, page)
    frame = cursor_page(rows, page, name, lambda row: {"id": row.id})
    return {**frame, "items": [_account(row) for row in rows[: page.limit - 1]]}


async def get_ledger_account(call: Call) -> Any:
    """`GET /ledger_accounts/{id}`."""
    wanted = path_id(call, "no_account")
    found = await list_accounts(call.connection, call.company.id, _one(wanted))
    if not found:
        raise VendorError("no_account", wanted)
    return _account(found[0])


async def create_ledger_account(call: Call) -> Any:
    """`POST /ledger_accounts`: a number of 401 or 411 makes the supplier or customer too, of whom the account is all
    that the stand-in holds. That a number is digits and letters from 1 to 9 on is assumed."""
    body = read_body(AccountBody, call.visit.body)
    if not re.fullmatch(r"[1-9][0-9A-Za-z]*", body.number) or len(body.number) > RULES.account:
        raise VendorError("number")
    if not body.label.strip() or "\0" in body.label:
        raise VendorError("text")
    if await account_by_number(call.connection, call.company.id, body.number):
        raise VendorError("number_taken")
    account_id, label = await add_account(call.connection, call.company.id, body.number, body.label)
    return _account(ListedAccount(account_id, body.number, label, closed=False))


def _one(account_id: int) -> Slice:
    return Slice((Condition("account.id", "eq", account_id),), ("account.id",), descending=True, after=None, limit=1)


def _account(row: ListedAccount) -> dict[str, Any]:
    """An account. That one which is closed is shown as not enabled, and as archived by nobody, is assumed."""
    return {
        "id": row.id,
        "number": row.number,
        "label": row.label,
        "vat_rate": ANY,
        "country_alpha2": ANY,
        "enabled": not row.closed,
        "letterable": row.number.startswith("4"),
        "archived_at": None,
    }


ROUTES = (
    Route("GET", f"{COMPANY}/ledger_accounts", list_ledger_accounts, readers("ledger_accounts")),
    Route("GET", f"{COMPANY}/ledger_accounts/{{id}}", get_ledger_account, readers("ledger_accounts")),
    Route("POST", f"{COMPANY}/ledger_accounts", create_ledger_account, writers("ledger_accounts"), status=201),
)
