"""The chart of accounts: the list in two degrees of detail, and the upsert that makes missing subsidiaries."""

from typing import Any

from sandbox.adapters.accounts import AccountRow, account_by_number, accounts, add_account
from sandbox.software.myunisoft.call import Call, Route, number, read_json
from sandbox.software.myunisoft.errors import VendorError
from sandbox.software.myunisoft.paging import Page

LIGHT_LIMIT = 5
MAX_NUMBER = 20


async def list_accounts(call: Call) -> Any:
    """`GET /account?mode=1|2`: a light search of five rows by default, or every detail of all accounts."""
    mode = call.query.get("mode")
    if mode not in {"1", "2"}:
        raise VendorError("ERR-BAD-REQUEST", "mode vaut 1 ou 2")
    page = Page.of(call.query, LIGHT_LIMIT if mode == "1" else None)
    count, rows = await accounts(
        call.connection,
        call.society.id,
        begins=call.query.get("begin_by", ""),
        contains=call.query.get("q", ""),
        offset=page.offset,
        limit=page.limit,
    )
    if mode == "1":
        return [_light(row.id, row.number, row.label) for row in rows]
    return {
        "rows_number": count,
        "pages_number": page.pages(count),
        "account_array": [_detailed(index, row) for index, row in enumerate(rows, page.offset + 1)],
    }


async def put_account(call: Call) -> Any:
    """`POST /account`: the account with this number, made now if the chart does not have it."""
    body = read_json(call.body)
    if not isinstance(body, dict):
        raise VendorError("ERR-BAD-REQUEST", "un objet est attendu")
    wanted, label = body.get("account_number"), body.get("label")
    if not isinstance(wanted, str) or not wanted.strip():
        raise VendorError("COMPTE3")
    if not ("1" <= wanted[0] <= "9"):
        raise VendorError("COMPTE6")
    if len(wanted) > MAX_NUMBER:
        raise VendorError("COMPTE7")
    found = await account_by_number(call.connection, call.society.id, wanted)
    if found is None:
        if not isinstance(label, str) or not label.strip() or "\0" in label + wanted:
            raise VendorError("COMPTE4")
        found = await add_account(call.connection, call.society.id, wanted, label)
    return _light(found[0], wanted, found[1]) | {"counterpart_account": None}


def _light(account_id: int, account_number: str, label: str) -> dict[str, Any]:
    return {"account_id": account_id, "account_number": account_number, "label": label}


def _detailed(row_number: int, row: AccountRow) -> dict[str, Any]:
    """A row of mode 2. A closed account is shown as `closed` and as `blocked`; which of the two the vendor sets is
    assumed to be both."""
    return {
        "row_number": row_number,
        **_light(row.id, row.number, row.label),
        "solde": number(abs(row.balance)),
        "sens": "" if row.balance == 0 else "D" if row.balance > 0 else "C",
        "comment": "",
        "intraco": False,
        "btp_autoliquidation": False,
        "presta": False,
        "das_2": False,
        "blocked": row.closed,
        "closed": row.closed,
        "vat_param": None,
        "counterpart_account": None,
        "complementary_informations": None,
    }


ROUTES = (
    Route("GET", "/account", list_accounts),
    Route("POST", "/account", put_account),
)
