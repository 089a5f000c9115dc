"""Tokens, scopes, limits, and renewals that are good for one use."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from sandbox.adapters.grants import Grant
from sandbox.software.pennylane.oauth import ACCESS_SECONDS

from .conftest import Company, Stand

CLIENT = {"client_id": "qontable", "client_secret": "client-secret-H2"}
REDIRECT = "https://hub.example/pennylane"


@pytest_asyncio.fixture(loop_scope="session")
async def oauth(stand: Stand) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{stand.url}/pennylane/oauth", timeout=30) as client:
        yield client


async def _granted(stand: Stand, company: Company, kind: str = "refresh", **more: Any) -> str:
    token = f"granted-{company.code}-{kind}"
    seed = {"connector": "pennylane", "firm": company.firm, "kind": kind, "token": token, "seconds": 600, **CLIENT}
    assert (await stand.control.post("/grants", json=seed | more)).status_code == 204
    return token


def _renewal(token: str) -> dict[str, str]:
    return {**CLIENT, "grant_type": "refresh_token", "refresh_token": token}


async def _status(stand: Stand, company: Company, token: str) -> int:
    async with stand.client(token) as api:
        return (await api.get(f"{company.path}/journals")).status_code


async def test_without_a_token_that_is_good_nothing_is_answered(stand: Stand, company: Company) -> None:
    async with httpx.AsyncClient(base_url=str(company.api.base_url)) as nobody:
        response = await nobody.get("/companies")
    assert (response.status_code, response.json()) == (401, {"error": "The access token is invalid", "status": 401})
    assert await _status(stand, company, "unknown") == 401
    await company.change_token(expires_at="2026-01-01T00:00:00Z")
    assert (await company.api.get("/companies")).json()["error"] == "The access token expired"
    await company.change_token(revoked=True, expires_at=None)
    assert (await company.api.get("/companies")).json()["error"] == "The access token was revoked"


SCOPED = {
    "companies:readonly": ("GET", "/companies"),
    "journals:readonly": ("GET", "{path}/journals"),
    "ledger_accounts:readonly": ("GET", "{path}/ledger_accounts"),
    "ledger_entries:readonly": ("GET", "{path}/ledger_entry_lines"),
    "fiscal_years:readonly": ("GET", "{path}/fiscal_years"),
    "ledger_entries:all": ("POST", "{path}/ledger_entries"),
    "file_attachments:all": ("POST", "{path}/file_attachments"),
}


async def test_each_scope_opens_what_is_its_own(company: Company) -> None:
    for scope, (method, path) in SCOPED.items():
        where = path.format(path=company.path)
        await company.change_token(scopes=sorted(set(SCOPED) - {scope, scope.replace("readonly", "all")}))
        refused = await company.api.request(method, where, json={})
        assert refused.status_code == 403, scope
        assert refused.json()["error"] == f'Access to this resource requires scope "{scope}".'
        await company.change_token(scopes=[scope])
        assert (await company.api.request(method, where, json={})).status_code in (200, 400), scope
    await company.change_token(scopes=None, forbidden_routes=["GET /journals"])
    assert (await company.api.get(f"{company.path}/journals")).status_code == 403


async def test_the_limit_is_told_on_every_answer_and_kept(stand: Stand, company: Company) -> None:
    await stand.key(company.firm, "pl-limited", seconds=600)
    async with stand.client("pl-limited") as api:
        for left in range(24, -1, -1):
            response = await api.get("/companies/0")
            assert response.headers["ratelimit-limit"] == "25"
            assert response.headers["ratelimit-remaining"] == str(left)
        over = await api.get("/companies")
    assert over.status_code == 429
    wait = int(over.headers["retry-after"])
    assert 0 < wait <= 600
    assert over.headers["content-type"].startswith("text/plain")
    assert over.text == f"Rate limit exceeded. Please retry in {wait} seconds."
    assert over.headers["ratelimit-remaining"] == "0"
    assert int(over.headers["ratelimit-reset"]) > 1_700_000_000


async def test_a_code_is_exchanged_once_with_its_address(
    stand: Stand, company: Company, oauth: httpx.AsyncClient
) -> None:
    code = await _granted(stand, company, "code", redirect_uri=REDIRECT, scopes=["journals:readonly"])
    form = {**CLIENT, "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    wrong = await oauth.post("/token", data=form | {"redirect_uri": "https://other.example"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    issued = (await oauth.post("/token", data=form)).json()
    assert set(issued) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 86_400)
    assert await _status(stand, company, issued["access_token"]) == 200
    async with stand.client(issued["access_token"]) as api:
        assert (await api.get("/companies")).status_code == 403
    assert (await oauth.post("/token", data=form)).json()["error"] == "invalid_grant"


async def test_a_renewal_ends_itself_and_the_access_before_it(
    stand: Stand, company: Company, oauth: httpx.AsyncClient
) -> None:
    first = await _granted(stand, company)
    one = (await oauth.post("/token", data=_renewal(first))).json()
    two = (await oauth.post("/token", data=_renewal(one["refresh_token"]))).json()
    assert await _status(stand, company, one["access_token"]) == 401
    assert await _status(stand, company, two["access_token"]) == 200
    for used in (first, one["refresh_token"]):
        again = await oauth.post("/token", data=_renewal(used))
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await _status(stand, company, two["access_token"]) == 200


async def test_of_many_renewals_at_once_one_is_answered(
    stand: Stand, company: Company, oauth: httpx.AsyncClient
) -> None:
    token = await _granted(stand, company)
    answers = await asyncio.gather(*(oauth.post("/token", data=_renewal(token)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


async def test_a_renewal_whose_answer_is_lost_is_gone(stand: Stand, company: Company, oauth: httpx.AsyncClient) -> None:
    token = await _granted(stand, company)
    fault = {"connector": "pennylane", "kind": "book_and_cut", "route": "POST /oauth/token", "count": 1}
    await stand.control.post("/faults", json=fault)
    try:
        await oauth.post("/token", data=_renewal(token))
    except httpx.TransportError:
        pass
    else:
        raise AssertionError("the connection was to be cut")
    assert (await oauth.post("/token", data=_renewal(token))).json()["error"] == "invalid_grant"


async def test_lifetimes(stand: Stand, company: Company, oauth: httpx.AsyncClient) -> None:
    token = await _granted(stand, company)
    issued = (await oauth.post("/token", data=_renewal(token))).json()
    ends = await stand.database.pool.fetchrow(
        """
        select extract(epoch from renewal.expires_at - now()) / 3600 as renewal,
               extract(epoch from access.expires_at - now()) / 3600 as access
        from software_grants renewal join software_tokens access on access.id = renewal.access_token_id
        where access.firm = $1
        """,
        company.firm,
    )
    assert (round(ends["renewal"]), round(ends["access"])) == (90 * 24, ACCESS_SECONDS // 3600)
    await stand.database.pool.execute("update software_grants set expires_at = now() where firm = $1", company.firm)
    ended = await oauth.post("/token", data=_renewal(issued["refresh_token"]))
    assert ended.json()["error"] == "invalid_grant"


async def test_a_grant_is_revoked_by_either_token(stand: Stand, company: Company, oauth: httpx.AsyncClient) -> None:
    for name in ("access_token", "refresh_token"):
        issued = (await oauth.post("/token", data=_renewal(await _granted(stand, company)))).json()
        done = await oauth.post("/revoke", data=CLIENT | {"token": issued[name]})
        assert (done.status_code, done.content) == (200, b"")
        assert await _status(stand, company, issued["access_token"]) == 401
        assert (await oauth.post("/token", data=_renewal(issued["refresh_token"]))).status_code == 400


async def test_forms_that_are_wrong_are_refused(stand: Stand, company: Company, oauth: httpx.AsyncClient) -> None:
    good = _renewal(await _granted(stand, company))
    for change, status, error in (
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"refresh_token": ""}, 400, "invalid_request"),
    ):
        response = await oauth.post("/token", data=good | change)
        assert (response.status_code, response.json()["error"]) == (status, error), change
    assert (await oauth.post("/token", json=good)).json()["error"] == "invalid_request"
    assert (await oauth.post("/token", data=good)).status_code == 200


def test_a_grant_without_scopes_has_them_all() -> None:
    assert Grant("firm", None, None, None).scopes is None
