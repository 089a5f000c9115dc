"""Client files: mapped, activated, refreshed, let go, over HTTP."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from qontable.clock import now
from qontable.events.hub import FileIntegrationChanged, FilePolicies, SoftwareFile, SyncRequested
from qontable.events.platform import FileClosed, FileCreated
from qontable.events.reference import AccountsRefreshed, ReferenceChanges
from qontable.sheet import load_sheet

SOFTWARE_FILES = (
    SoftwareFile(software_file_id="sw1", name="DUPONT PLOMBERIE SARL", siren="73282932000074"),
    SoftwareFile(software_file_id="sw2", name="Boulangerie Martin", code="MART"),
    SoftwareFile(software_file_id="sw3", name="Dupont Plomberie (ancien)", siren="999000219"),
)
SHEET = load_sheet(Path(__file__).parent / "ledgerly.toml")
CARDLY = SHEET.model_validate(
    SHEET.model_dump()
    | {
        "connector": "cardly",
        "name": "Cardly",
        "wizard": [SHEET.wizard[0].model_dump() | {"name": "card", "pattern": r"\d{4}"}],
        "capabilities": {"lists_software_files": {"value": False, "evidence": "assumed", "source": "test"}},
    }
)
"""A software that asks for other credentials, and has no call that lists its files."""


async def test_a_file_goes_from_to_map_to_active(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(*SOFTWARE_FILES)
    file_id = await firm.add_file("Dupont Plomberie", siren="732829320")
    path = f"/files/{file_id}"
    assert (await firm.admin.get(path)).json()["state"] == "to_map"
    assert (await firm.map(file_id, connection_id, "sw1"))["file"]["state"] == "to_activate"
    body = {"send_from": "2026-01-01", "before_send_from": "already_in_books"}
    assert (await firm.admin.put(f"{path}/activation", json=body)).json()["file"]["state"] == "activating"
    await town.say(
        AccountsRefreshed(
            firm_id=firm.id,
            file_id=file_id,
            connection_id=connection_id,
            software_file_id="sw1",
            from_version=0,
            version=1,
            changes=ReferenceChanges(),
            refreshed_at=now(),
        )
    )
    active = await town.eventually(lambda: firm.admin.get(path), lambda answer: answer.json()["state"] == "active")
    assert active.json()["reference_version"] == 1
    said = await town.hear(FileIntegrationChanged, lambda event: event.file_id == file_id and event.active)
    assert (said.version, said.send_from, said.before_send_from) == (2, "2026-01-01", "already_in_books")
    assert said.software_file == SOFTWARE_FILES[0]
    assert (said.connection_id, said.connector) == (connection_id, town.sheet.connector)


async def test_a_file_of_a_software_that_tells_none_is_named_by_its_typed_code(town: Any, firm: Any) -> None:
    await town.introduce(CARDLY)
    connection_id = await firm.connect(connector=CARDLY.connector, fields={"card": "4711"})
    file_id = await firm.add_file("Dupont Plomberie", siren="732829320")
    assert (await firm.map(file_id, connection_id, "DOS0042"))["file"]["state"] == "to_activate"
    said = await town.hear(FileIntegrationChanged, lambda event: event.file_id == file_id)
    assert said.software_file == SoftwareFile(software_file_id="DOS0042", name="DOS0042", code="DOS0042")
    assert said.connector == CARDLY.connector


async def test_doing_it_again_changes_nothing(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    body = {"send_from": "2026-01-01", "before_send_from": "wait"}
    assert (await firm.map(file_id, connection_id, "sw1"))["file"]["version"] == 2
    assert (await firm.admin.put(f"/files/{file_id}/activation", json=body)).json()["file"]["version"] == 2
    for _ in range(2):
        assert (await firm.admin.delete(f"/files/{file_id}/activation")).json()["file"]["version"] == 3
    for _ in range(2):
        assert (await firm.admin.delete(f"/files/{file_id}/mapping")).json()["file"]["version"] == 4
    acts = (await firm.admin.get("/audit", params={"subject": file_id})).json()["acts"]
    expected = ["file.unmapped", "file.deactivated", "file.activated", "file.mapped"]
    assert [act["action"] for act in acts] == expected


async def test_one_software_file_holds_the_books_of_one_client(firm: Any) -> None:
    connection_id = await firm.connect(*SOFTWARE_FILES)
    files = [await firm.add_file(name) for name in ("a", "b", "c")]
    body = {"connection_id": connection_id, "software_file_id": "sw2"}
    answers = await asyncio.gather(*(firm.admin.put(f"/files/{file_id}/mapping", json=body) for file_id in files))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    winner = next(file_id for file_id, answer in zip(files, answers, strict=True) if answer.status_code == 200)
    problem = next(answer.json() for answer in answers if answer.status_code == 409)
    assert problem["code"] == "software_file_taken"
    assert winner in problem["message"]["fr"]
    listed = (await firm.admin.get(f"/connections/{connection_id}/software-files", params={"q": "martin"})).json()
    assert [item["tied_to"] for item in listed["software_files"]] == [winner]


async def test_another_company_is_mapped_only_when_a_person_confirms(firm: Any) -> None:
    connection_id = await firm.connect(*SOFTWARE_FILES)
    file_id = await firm.add_file("Dupont", siren="732 829 320")
    body = {"connection_id": connection_id, "software_file_id": "sw3"}
    refused = (await firm.admin.put(f"/files/{file_id}/mapping", json=body)).json()
    assert refused["code"] == "siren_mismatch"
    assert "999000219" in refused["detail"]
    confirmed = body | {"siren_mismatch_confirmed": True}
    assert (await firm.admin.put(f"/files/{file_id}/mapping", json=confirmed)).status_code == 200


async def test_suggestions_name_the_likeliest_free_file_and_why(firm: Any) -> None:
    connection_id = await firm.connect(*SOFTWARE_FILES)
    dupont = await firm.add_file("Dupont Plomberie", siren="732829320")
    martin = await firm.add_file("Ste Martin", code="mart")
    await firm.add_file("Zorglub")
    found = (await firm.admin.get(f"/connections/{connection_id}/suggestions")).json()["suggestions"]
    best = {item["file_id"]: item["candidates"][0] for item in found}
    assert best[dupont]["software_file"]["software_file_id"] == "sw1"
    assert (best[dupont]["reasons"], best[dupont]["score"] > 0.95) == (["siren", "name"], True)
    assert (best[martin]["software_file"]["software_file_id"], best[martin]["reasons"][0]) == ("sw2", "code")
    assert set(best) == {dupont, martin}
    await firm.map(martin, connection_id, "sw2")
    path = f"/connections/{connection_id}/suggestions"
    assert (await firm.admin.get(path, params={"file_id": martin})).json() == {"suggestions": []}


@pytest.mark.parametrize("delivery_state", ["unknown", "missing", "parked"])
async def test_a_file_stays_where_it_is_while_an_outcome_is_unknown(firm: Any, delivery_state: str) -> None:
    file_id, connection_id = await firm.active_file()
    lost = {"status": "sending", "delivery_id": "d1", "delivery_state": delivery_state}
    await firm.tell(firm.status(file_id, "e1", **lost))
    refused = await firm.admin.delete(f"/files/{file_id}/mapping")
    assert (refused.status_code, refused.json()["code"]) == (409, "outcome_unknown")
    await firm.confirm(connection_id, {"api_key": "abcdefgh", "server": "a"}, *SOFTWARE_FILES)
    body = {"connection_id": connection_id, "software_file_id": "sw2"}
    assert (await firm.admin.put(f"/files/{file_id}/mapping", json=body)).json()["code"] == "outcome_unknown"
    await firm.tell(firm.status(file_id, "e1", version=2, status="synchronized", delivery_state="confirmed"))
    remapped = await firm.map(file_id, connection_id, "sw2")
    assert (remapped["file"]["active"], remapped["file"]["send_from"]) == (False, None)


async def test_mapping_says_what_is_missing(firm: Any) -> None:
    started = await firm.start()
    unconfirmed = started["connection"]["connection_id"]
    connection_id = await firm.connect(*SOFTWARE_FILES)
    file_id = await firm.add_file("a")
    path = f"/files/{file_id}"
    cases: list[tuple[str, str, dict[str, Any], str]] = [
        ("put", f"{path}/mapping", {"connection_id": "con_x", "software_file_id": "sw1"}, "connection_unknown"),
        (
            "put",
            f"{path}/mapping",
            {"connection_id": unconfirmed, "software_file_id": "sw1"},
            "connection_not_confirmed",
        ),
        ("put", f"{path}/mapping", {"connection_id": connection_id, "software_file_id": "no"}, "software_file_unknown"),
        ("put", "/files/nobody/mapping", {"connection_id": connection_id, "software_file_id": "sw1"}, "file_unknown"),
        ("put", f"{path}/activation", {"send_from": "2026-01-01", "before_send_from": "wait"}, "file_not_mapped"),
        ("put", f"{path}/policies", {"create_missing_accounts": True, "possible_duplicates": "ask"}, "file_not_mapped"),
        ("post", f"{path}/refresh", {}, "file_not_mapped"),
        ("post", "/synchronizations", {"file_ids": [file_id]}, "file_not_active"),
        ("post", "/synchronizations", {"file_ids": ["nobody"]}, "file_unknown"),
    ]
    for method, address, body, code in cases:
        answer = await firm.admin.request(method, address, json=body)
        assert answer.json()["code"] == code, answer.text
    await firm.admin.post(f"/connections/{connection_id}/disable")
    body = {"connection_id": connection_id, "software_file_id": "sw1"}
    assert (await firm.admin.put(f"{path}/mapping", json=body)).json()["code"] == "connection_disabled"


async def test_journals_and_policies_reach_the_other_services(town: Any, firm: Any) -> None:
    file_id, _ = await firm.active_file()
    path = f"/files/{file_id}"
    mapped = await firm.admin.put(f"{path}/journal-map", json={"journal_map": {"ACH": "AC", "VTE": "VE"}})
    assert mapped.json()["journal_map"] == {"ACH": "AC", "VTE": "VE"}
    policies = {"create_missing_accounts": True, "possible_duplicates": "send"}
    kept = (await firm.admin.put(f"{path}/policies", json=policies)).json()["policies"]
    assert kept == FilePolicies.model_validate(policies).model_dump()
    said = await town.hear(FileIntegrationChanged, lambda event: event.file_id == file_id and event.version == 4)
    assert (said.journal_map, said.policies.create_missing_accounts) == ({"ACH": "AC", "VTE": "VE"}, True)
    assert said.active


async def test_synchronize_reaches_every_file_or_none(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(*SOFTWARE_FILES)
    files = [await firm.add_file(name) for name in ("a", "b")]
    for file_id, software_file_id in zip(files, ("sw1", "sw2"), strict=True):
        await firm.map(file_id, connection_id, software_file_id)
    activation = {"send_from": "2026-01-01", "before_send_from": "wait"}
    await firm.admin.put(f"/files/{files[0]}/activation", json=activation)
    refused = await firm.admin.post("/synchronizations", json={"file_ids": files})
    assert (refused.json()["code"], files[1] in refused.json()["detail"]) == ("file_not_active", True)
    await firm.admin.put(f"/files/{files[1]}/activation", json=activation)
    await firm.tell(firm.status(files[0], "e1"), firm.status(files[0], "e2", status="synchronized"))
    asked = await firm.admin.post("/synchronizations", json={"file_ids": [*files, files[0]]})
    assert asked.status_code == 202
    assert asked.json()["files"] == [{"file_id": files[0], "ready": 1}, {"file_id": files[1], "ready": 0}]
    for file_id in files:
        said = await town.hear(SyncRequested, lambda event, file_id=file_id: event.file_id == file_id)
        assert said.requested_by == "usr_ada"
    assert sum(isinstance(event, SyncRequested) and event.firm_id == firm.id for event in town.heard) == 2


async def test_a_closed_file_stops_and_is_let_go(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    await town.say(FileClosed(firm_id=firm.id, file_id=file_id, closed_at=now()))
    said = await town.hear(FileIntegrationChanged, lambda event: event.file_id == file_id and event.version == 3)
    assert not said.active
    assert (await firm.admin.get(f"/files/{file_id}")).json()["state"] == "closed"
    assert (await firm.admin.get("/files")).json()["files"] == []
    assert len((await firm.admin.get("/files", params={"state": "closed"})).json()["files"]) == 1
    body = {"connection_id": connection_id, "software_file_id": "sw1"}
    assert (await firm.admin.put(f"/files/{file_id}/mapping", json=body)).json()["code"] == "file_closed"
    assert (await firm.admin.delete(f"/files/{file_id}/mapping")).status_code == 200


async def test_what_the_platform_says_last_of_a_file_holds_in_any_order(town: Any, firm: Any) -> None:
    early = f"early.{firm.id}"
    await town.say(FileClosed(firm_id=firm.id, file_id=early, closed_at=now()))
    await town.eventually(lambda: town.rows("select 1 from client_file where file_id = $1", early))
    assert (await firm.admin.get(f"/files/{early}")).status_code == 404
    for version, name in ((1, "one"), (3, "three"), (2, "two")):
        await town.say(FileCreated(firm_id=firm.id, file_id=early, version=version, name=name))
    await town.say(FileCreated(firm_id=firm.id, file_id=f"last.{firm.id}", name="last"))
    shown = await town.eventually(
        lambda: firm.admin.get(f"/files/{early}"),
        lambda answer: answer.status_code == 200 and answer.json()["name"] == "three",
    )
    assert shown.json()["state"] == "closed"


async def test_five_hundred_files_are_read_page_by_page(town: Any, firm: Any) -> None:
    await town.say(
        *(
            FileCreated(
                firm_id=firm.id, file_id=f"f{number:03}.{firm.id}", name=f"Client {number % 7}", code=f"C{number:03}"
            )
            for number in range(500)
        )
    )
    await town.eventually(
        lambda: town.rows("select 1 from client_file where firm_id = $1", firm.id), lambda rows: len(rows) == 500
    )
    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"limit": 150} | ({"cursor": cursor} if cursor else {})
        page = (await firm.admin.get("/files", params=parameters)).json()
        seen += [file["file_id"] for file in page["files"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 500
    found = (await firm.admin.get("/files", params={"q": "c042"})).json()
    assert [file["code"] for file in found["files"]] == ["C042"]
    assert (await firm.admin.get("/files", params={"cursor": "bm9uc2Vuc2U"})).json()["code"] == "invalid_cursor"
