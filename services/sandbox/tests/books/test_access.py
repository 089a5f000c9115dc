"""Who is let in: the two headers, the state of the key, the client file."""

import re
from typing import Any

import pytest

from .conftest import SECRET, SoftwareFile, Stand, code_of


async def test_health_asks_for_no_key(stand: Stand) -> None:
    response = await stand.api.get("/api/partners/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_refusal_has_the_vendors_shape(stand: Stand, file: SoftwareFile) -> None:
    response = await stand.client("nobody").get("/diary")
    error = response.json()["error"]
    assert set(error) == {"code", "message", "details"}
    assert error["details"]["url"] == f"{stand.url}/myunisoft/api/v1/diary"
    assert error["details"]["method"] == "GET"
    assert re.fullmatch(r"\d{2} \w{3} \d{4}, \d{2}:\d{2}:\d{2}", error["details"]["requestedAt"])
    assert error["details"]["requestId"] == response.headers["request-id"]


@pytest.mark.parametrize(
    ("header", "value", "status", "code"),
    [
        ("Authorization", "token-1", 401, "ERR-INVALID-AUTH-HEADER"),
        ("Authorization", "Bearer unheard-of", 401, "ERR-INVALID-JWT"),
        ("X-Third-Party-Secret", "wrong", 401, "ERR-INVALID-SECRET"),
        ("society-id", "abc", 400, "ERR-SOCIETY-ID-NOT-SET"),
        ("society-id", "1", 404, "ERR-SOCIETY-DOESNT-EXIST"),
    ],
)
async def test_a_wrong_header_is_named(file: SoftwareFile, header: str, value: str, status: int, code: str) -> None:
    response = await file.api.get("/diary", headers={header: value})
    assert (response.status_code, code_of(response)) == (status, code)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Authorization", "ERR-INVALID-AUTH-HEADER"),
        ("X-Third-Party-Secret", "ERR-SECRET-HEADER-NOT-SET"),
        ("society-id", "ERR-SOCIETY-ID-NOT-SET"),
    ],
)
async def test_a_missing_header_is_named(file: SoftwareFile, header: str, code: str) -> None:
    del file.api.headers[header]
    assert code_of(await file.api.get("/diary")) == code


@pytest.mark.parametrize(
    ("switch", "status", "code"),
    [
        ({"revoked": True}, 401, "ERR-FIRM-TOKEN-NOT-FOUND"),
        ({"disconnected": True}, 403, "ERR-THIRD-PARTY-DISCONNECTED"),
        ({"forbidden_routes": ["GET /diary"]}, 403, "ERR-FORBIDDEN-ROUTE"),
        ({"activated": False}, 403, "ERR-TOKEN-NOT-ACTIVATED"),
    ],
)
async def test_what_a_firm_does_to_its_key(file: SoftwareFile, switch: dict[str, Any], status: int, code: str) -> None:
    changed = await file.control.patch("/tokens", json={"token": file.token, **switch})
    assert changed.status_code == 204
    response = await file.api.get("/diary")
    assert (response.status_code, code_of(response)) == (status, code)


async def test_a_key_is_activated_by_asking_what_it_may_do(stand: Stand, file: SoftwareFile) -> None:
    await stand.key("firm-fresh", "fresh")
    async with stand.client("fresh") as api:
        assert code_of(await api.get("/society")) == "ERR-TOKEN-NOT-ACTIVATED"
        info = (await api.get("/key/info?mode=extended")).json()
        assert info["target"]["type"] == "firm"
        assert info["isActivated"] is True
        assert {"path": "/api/v1/entry", "method": "post"} in info["routes"]
        assert (await api.get("/society")).status_code == 200


async def test_a_folder_key_needs_no_society_id_and_sees_one_file(stand: Stand, file: SoftwareFile) -> None:
    firm = f"firm-{file.code.removeprefix('DOS')}"
    await stand.key(firm, "folder", software_file=file.code, activated=True)
    async with stand.client("folder") as api:
        assert (await api.get("/society")).json()["society_id"] == file.id
        assert (await api.get("/key/info?mode=extended")).json()["target"] == {
            "type": "api",
            "schemaId": 80,
            "thirdPartyId": 101,
            "societyId": file.id,
        }
        assert (await api.get("/diary")).status_code == 200
        await stand.control.patch("/tokens", json={"token": "folder", "revoked": True})
        assert code_of(await api.get("/diary")) == "ERR-API-TOKEN-NOT-FOUND"


async def test_a_firm_key_never_reaches_another_firms_file(stand: Stand, file: SoftwareFile) -> None:
    other = await stand.file()
    response = await file.api.get("/diary", headers={"society-id": str(other.id)})
    assert code_of(response) == "ERR-SOCIETY-DOESNT-EXIST"


async def test_an_unknown_route_is_refused_in_the_vendors_shape(file: SoftwareFile) -> None:
    response = await file.api.get("/nowhere")
    assert (response.status_code, code_of(response)) == (404, "ERR-HTTP")


async def test_neither_token_nor_secret_is_kept_in_clear(stand: Stand, file: SoftwareFile) -> None:
    rows = await stand.database.pool.fetch("select software_tokens::text as row from software_tokens")
    kept = " ".join(row["row"] for row in rows)
    assert file.token not in kept
    assert SECRET not in kept
