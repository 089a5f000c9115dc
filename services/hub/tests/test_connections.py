"""Connecting a software as an administrator does, over HTTP, with a gateway that the test plays."""

import asyncio
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from local_stack.moved_clock import moved_clock
from qontable.clock import PARIS, now
from qontable.events.connector import ConnectionHealthChanged, ConnectionResealed, ConnectorAnnounced
from qontable.events.hub import (
    ConnectionChanged,
    ConnectionCheckRequested,
    DeliveriesResumeRequested,
    FileIntegrationChanged,
    SoftwareFile,
    Throttle,
)
from qontable.vault import load_ring

FILES = (
    SoftwareFile(software_file_id="sw2", name="Zinc", code="Z1"),
    SoftwareFile(software_file_id="sw1", name="Acier", siren="732829320"),
)


async def test_a_wrong_key_is_refused_and_the_right_one_connects(town: Any, firm: Any) -> None:
    started = await firm.start()
    connection_id, check_id = started["connection"]["connection_id"], started["check"]["check_id"]
    path = f"/connections/{connection_id}/checks"
    assert (await firm.admin.post(f"{path}/{check_id}/confirmation")).json()["code"] == "check_pending"
    await town.answer_check(check_id, "refused")
    refused = (await firm.admin.get(f"{path}/{check_id}", params={"wait": 20})).json()
    assert (refused["status"], refused["message"]["text"]) == ("refused", "Jeton inconnu")
    assert (await firm.admin.post(f"{path}/{check_id}/confirmation")).json()["code"] == "check_not_accepted"

    typed = {"api_key": f"{town.canary}-right", "server": "books.example"}
    confirmed = await firm.confirm(connection_id, typed, *FILES)
    assert (confirmed["state"], confirmed["version"]) == ("enabled", 1)

    changed = await town.hear(ConnectionChanged, lambda event: event.connection_id == connection_id)
    opened = load_ring(town.world.gateway_keys).open(changed.sealed, firm_id=firm.id, connection_id=connection_id)
    assert opened == {"api_key": typed["api_key"]}
    assert changed.options.parameters == {"server": "books.example"}
    listed = (await firm.admin.get(f"/connections/{connection_id}/software-files")).json()
    assert [item["name"] for item in listed["software_files"]] == ["Acier", "Zinc"]


async def test_the_answer_of_a_check_reaches_who_waits_for_it_at_once(town: Any, firm: Any) -> None:
    started = await firm.start()
    path = f"/connections/{started['connection']['connection_id']}/checks/{started['check']['check_id']}"
    waiting = asyncio.create_task(firm.admin.get(path, params={"wait": 30}))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    answered = time.monotonic()
    await town.answer_check(started["check"]["check_id"])
    assert (await waiting).json()["status"] == "accepted"
    assert time.monotonic() - answered < 1.5


async def test_old_credentials_stay_until_new_ones_are_confirmed(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(*FILES)
    path = f"/connections/{connection_id}"
    typed = {"fields": {"api_key": f"{town.canary}-other", "server": "other.example"}}
    older, newer = [(await firm.admin.put(f"{path}/credentials", json=typed)).json() for _ in range(2)]
    for check in (older, newer):
        await town.answer_check(check["check_id"])
        await firm.admin.get(f"{path}/checks/{check['check_id']}", params={"wait": 20})
    unchanged = (await firm.admin.get(path)).json()
    assert (unchanged["version"], unchanged["options"]["parameters"]) == (1, {"server": "books.example"})

    assert (await firm.admin.post(f"{path}/checks/{newer['check_id']}/confirmation")).json()["version"] == 2
    twice = (await firm.admin.post(f"{path}/checks/{newer['check_id']}/confirmation")).json()
    assert (twice["version"], twice["options"]["parameters"]) == (2, {"server": "other.example"})
    overtaken = await firm.admin.post(f"{path}/checks/{older['check_id']}/confirmation")
    assert overtaken.json()["code"] == "check_outdated"
    kept = "select 1 from connection_check where connection_id = $1 and box is not null"
    assert await town.rows(kept, connection_id) == []


async def test_every_wrong_field_is_named_and_no_value_is_repeated(town: Any, firm: Any) -> None:
    wrong: dict[str, tuple[Any, str]] = {
        "pattern": ({"api_key": f"{town.canary} !", "server": "a"}, "fields.api_key"),
        "spaces": ({"api_key": f" {town.canary}-a", "server": "a"}, "fields.api_key"),
        "too_long": ({"api_key": town.canary * 1000, "server": "a"}, "fields.api_key"),
        "missing": ({"api_key": "", "server": "a"}, "fields.api_key"),
        "unknown_field": ({"api_key": "abcdefgh", "server": "a", town.canary: town.canary}, "fields (unknown 1)"),
    }
    for code, (fields, where) in wrong.items():
        answer = await firm.admin.post(
            "/connections",
            json={
                "connector": town.sheet.connector,
                "fields": fields,
                "options": {"frequency": "manual", "synchronize_accounts": False},
            },
            headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"},
        )
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "credentials_invalid")
        assert answer.headers["content-type"] == "application/problem+json"
        assert [(fault["where"], fault["code"]) for fault in problem["errors"]] == [(where, code)]
        assert problem["errors"][0]["message"]["fr"]
        assert problem["detail"] == problem["message"]["fr"]
        assert town.canary not in answer.text
    assert (await firm.admin.get("/connections")).json() == {"connections": []}


async def test_options_and_throttle_reach_the_other_services_in_versions(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(*FILES)
    path = f"/connections/{connection_id}"
    await firm.admin.put(f"{path}/options", json={"frequency": "manual", "synchronize_accounts": True})
    await firm.admin.put(f"{path}/throttle", json={"requests": 500, "seconds": 10, "concurrent": 9})
    await firm.admin.delete(f"{path}/throttle")
    await town.hear(ConnectionChanged, lambda event: (event.connection_id, event.version) == (connection_id, 4))
    said = {
        event.version: event
        for event in town.heard
        if isinstance(event, ConnectionChanged) and event.connection_id == connection_id
    }
    assert (said[2].options.frequency, said[2].options.synchronize_accounts) == ("manual", True)
    assert said[3].throttle == Throttle(requests=500, seconds=10, concurrent=9)
    assert said[4].throttle is None
    refused = await firm.admin.put(f"{path}/options", json={"frequency": "daily", "synchronize_accounts": False})
    assert refused.json()["code"] == "frequency_unsupported"
    assert "real_time, manual" in refused.json()["remedy"]["en"]


async def test_options_of_an_unconfirmed_connection_are_nobody_elses_business(town: Any, firm: Any) -> None:
    started = await firm.start()
    path = f"/connections/{started['connection']['connection_id']}"
    changed = await firm.admin.put(f"{path}/options", json={"frequency": "manual", "synchronize_accounts": False})
    assert (changed.json()["state"], changed.json()["version"]) == ("to_confirm", 0)
    assert (await firm.admin.post(f"{path}/enable")).json()["code"] == "connection_not_confirmed"
    assert (await firm.admin.post(f"{path}/checks", json={})).json()["code"] == "connection_not_confirmed"
    await town.listen()
    assert not [event for event in town.heard if isinstance(event, ConnectionChanged) and event.firm_id == firm.id]


async def test_disabling_says_in_figures_what_it_means(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    await firm.tell(
        *(firm.status(file_id, f"ready{number}") for number in range(3)),
        firm.status(file_id, "sent", status="sending", delivery_id="d1", delivery_state="sending"),
        firm.status(file_id, "lost", status="sending", delivery_id="d2", delivery_state="unknown"),
        firm.status(file_id, "stuck", status="sending", delivery_id="d3", delivery_state="parked"),
        firm.status(file_id, "done", status="synchronized"),
    )
    answer = (await firm.admin.post(f"/connections/{connection_id}/disable")).json()
    assert answer["consequence"] == {"waiting": 3, "under_way": 3, "unknown": 1, "parked": 1}
    assert answer["connection"]["state"] == "disabled"
    assert (await firm.admin.get(f"/files/{file_id}")).json()["state"] == "suspended"
    again = (await firm.admin.post(f"/connections/{connection_id}/disable")).json()
    assert again["connection"]["version"] == answer["connection"]["version"]
    enabled = (await firm.admin.post(f"/connections/{connection_id}/enable")).json()
    assert (enabled["connection"]["state"], enabled["connection"]["version"]) == ("enabled", 3)
    last = await town.hear(ConnectionChanged, lambda event: (event.connection_id, event.version) == (connection_id, 3))
    assert last.enabled


async def test_one_press_lets_everything_parked_on_a_connection_go_on(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    sending = {"status": "sending", "delivery_state": "parked"}
    await firm.tell(*(firm.status(file_id, f"e{number}", **sending, delivery_id=f"d{number}") for number in range(9)))
    answer = await firm.admin.post(f"/connections/{connection_id}/resumption")
    assert (answer.status_code, answer.json()["consequence"]["parked"]) == (202, 9)
    said = await town.hear(DeliveriesResumeRequested, lambda event: event.connection_id == connection_id)
    assert (said.firm_id, said.requested_by) == (firm.id, "usr_ada")
    acts = (await firm.admin.get("/audit", params={"subject": connection_id})).json()["acts"]
    assert acts[0]["action"] == "connection.resumed"


async def test_a_check_of_the_credentials_in_place_brings_the_list_up_to_date(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(*FILES)
    check = (await firm.admin.post(f"/connections/{connection_id}/checks", json={})).json()
    await town.answer_check(check["check_id"], "accepted", SoftwareFile(software_file_id="sw9", name="Neuf"))
    path = f"/connections/{connection_id}/checks/{check['check_id']}"
    assert (await firm.admin.get(path, params={"wait": 20})).json()["status"] == "accepted"
    listed = (await firm.admin.get(f"/connections/{connection_id}/software-files")).json()
    assert [item["software_file_id"] for item in listed["software_files"]] == ["sw9"]
    assert (await firm.admin.post(f"{path}/confirmation")).json()["code"] == "nothing_to_confirm"


async def test_prerequisites_of_one_file_leave_the_list_alone(town: Any, firm: Any) -> None:
    connection_id = await firm.connect(*FILES)
    check = (await firm.admin.post(f"/connections/{connection_id}/checks", json={"software_file_id": "sw1"})).json()
    request = await town.hear(ConnectionCheckRequested, lambda event: event.check_id == check["check_id"])
    assert request.software_file_id == "sw1"
    await town.answer_check(check["check_id"])
    await firm.admin.get(f"/connections/{connection_id}/checks/{check['check_id']}", params={"wait": 20})
    listed = (await firm.admin.get(f"/connections/{connection_id}/software-files")).json()
    assert len(listed["software_files"]) == len(FILES)


@pytest.mark.parametrize("meanwhile", ["other credentials", "other options"])
async def test_credentials_sealed_again_hold_unless_a_person_confirmed_others_since(
    town: Any, firm: Any, meanwhile: str
) -> None:
    connection_id = await firm.connect()
    path = f"/connections/{connection_id}"
    if meanwhile == "other credentials":
        await firm.confirm(connection_id, {"api_key": f"{town.canary}-newest", "server": "a"})
    else:
        await firm.admin.put(f"{path}/options", json={"frequency": "manual", "synchronize_accounts": False})
    newer = replace(load_ring(town.world.gateway_keys).sealing_key, key_id="newer")
    renewed = newer.seal({"api_key": f"{town.canary}-renewed"}, firm_id=firm.id, connection_id=connection_id)
    said = {"firm_id": firm.id, "connection_id": connection_id, "connector": town.sheet.connector}
    await town.say(ConnectionResealed.model_validate(said | {"from_version": 1, "sealed": renewed}))
    if meanwhile == "other credentials":
        await town.eventually(lambda: town.rows("select 1 from inbox where consumer = 'hub.connection.resealed'"))
        assert (await firm.admin.get(path)).json()["version"] == 2
    else:
        changed = await town.hear(ConnectionChanged, lambda event: event.sealed == renewed)
        assert (changed.version, changed.options.frequency) == (3, "manual")
        acts = (await firm.admin.get("/audit", params={"subject": connection_id})).json()["acts"]
        assert (acts[0]["user_id"], acts[0]["action"]) == ("gateways", "connection.credentials_resealed")


async def test_the_newest_health_is_shown_whatever_arrives_last(town: Any, firm: Any) -> None:
    connection_id = await firm.connect()
    for version, health in ((2, "credentials_refused"), (1, "connected"), (3, "unreachable"), (2, "connected")):
        await town.say(
            ConnectionHealthChanged.model_validate(
                {
                    "firm_id": firm.id,
                    "connection_id": connection_id,
                    "connector": "x",
                    "version": version,
                    "health": health,
                    "since": now(),
                }
            )
        )
    shown = await town.eventually(
        lambda: firm.admin.get(f"/connections/{connection_id}"),
        lambda answer: answer.json()["health"] and answer.json()["health"]["state"] == "unreachable",
    )
    assert shown.json()["state"] == "enabled"


async def test_an_answer_to_a_check_that_nobody_asked_for_is_set_aside(town: Any, firm: Any) -> None:
    started = await firm.start()
    check_id = started["check"]["check_id"]
    request = await town.hear(ConnectionCheckRequested, lambda event: event.check_id == check_id)
    town.heard.append(request.model_copy(update={"check_id": f"stray.{firm.id}"}))
    await town.answer_check(f"stray.{firm.id}")
    await town.answer_check(check_id)
    aside = "select 1 from set_aside where reason = 'unknown_check' and strpos(convert_from(body, 'utf8'), $1) > 0"
    await town.eventually(lambda: town.rows(aside, f"stray.{firm.id}"))
    path = f"/connections/{request.connection_id}/checks/{check_id}"
    assert (await firm.admin.get(path, params={"wait": 20})).json()["status"] == "accepted"


async def test_the_present_state_is_said_again_at_every_start(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    file_said = await town.hear(FileIntegrationChanged, lambda event: event.file_id == file_id and event.active)
    async with town.another_hub():
        await town.hear(ConnectionChanged, lambda event: event.connection_id == connection_id, times=2)
        assert await town.hear(FileIntegrationChanged, lambda event: event == file_said, times=2)


async def test_credentials_that_nobody_confirmed_are_forgotten_after_a_day(town: Any, firm: Any) -> None:
    started = await firm.start()
    check_id = started["check"]["check_id"]
    await town.answer_check(check_id)
    path = f"/connections/{started['connection']['connection_id']}/checks/{check_id}"
    await firm.admin.get(path, params={"wait": 20})
    await town.rows(
        "update connection_check set requested_at = now() - interval '25 hours' where check_id = $1", check_id
    )
    async with town.another_hub():
        kept = "select 1 from connection_check where check_id = $1 and box is not null"
        await town.eventually(lambda: town.rows(kept, check_id), lambda rows: not rows)
    assert (await firm.admin.post(f"{path}/confirmation")).json()["code"] == "check_outdated"


async def test_no_secret_is_found_anywhere_but_sealed(town: Any, firm: Any) -> None:
    await firm.connect(*FILES)
    await firm.start(fields={"api_key": f"{town.canary}-unconfirmed", "server": "a"})
    await town.listen()
    tables = await town.rows("select tablename from pg_tables where schemaname = 'hub'")
    for table in (row["tablename"] for row in tables):
        leaks = await town.rows(f"select 1 from {table} as row where row::text like $1", f"%{town.canary}%")
        assert not leaks, f"a secret is in table {table}"
    assert tables
    assert town.answers
    assert not [text for text in town.answers if town.canary in text]
    assert town.bodies
    assert not [body for body in town.bodies if town.canary.encode() in body]


async def test_where_entries_leave_daily_one_sees_when_they_do_so_next(town: Any, firm: Any) -> None:
    sheet = town.sheet.model_copy(update={"connector": "nightly", "frequencies": ("real_time", "daily", "manual")})
    key = load_ring(town.world.gateway_keys).sealing_key
    await town.say(
        ConnectorAnnounced(
            connector="nightly", version=1, sheet=sheet, sealing_key_id=key.key_id, sealing_key=key.public
        )
    )
    await town.eventually(lambda: firm.admin.get("/connectors/nightly"), lambda answer: answer.status_code == 200)
    connection_id = await firm.connect(SoftwareFile(software_file_id="n1", name="Dupont"), connector="nightly")
    path, options = f"/connections/{connection_id}", {"frequency": "daily", "synchronize_accounts": False}
    file_id = await firm.add_file("Dupont")
    await firm.map(file_id, connection_id, "n1")
    assert (await firm.admin.get(path)).json()["next_sending"] is None
    with moved_clock(datetime(2026, 10, 24, 20, tzinfo=PARIS)) as clock:
        following = (await firm.admin.put(f"{path}/options", json=options)).json()["next_sending"]
        assert following == {"at": "2026-10-25T20:00:00+01:00", "hour": "20:00", "time_zone": "Europe/Paris"}
        assert (await firm.admin.get(f"/files/{file_id}")).json()["next_sending"] is None, "it is not active yet"
        body = {"send_from": "2026-01-01", "before_send_from": "wait"}
        await firm.admin.put(f"/files/{file_id}/activation", json=body)
        clock.set(datetime(2026, 10, 24, 19, 59, 50, tzinfo=PARIS))
        files = (await firm.admin.get("/files")).json()["files"]
        shown = next(file["next_sending"] for file in files if file["file_id"] == file_id)
        assert (shown["at"], shown["hour"]) == ("2026-10-24T20:00:00+02:00", "20:00")
    disabled = (await firm.admin.post(f"{path}/disable")).json()["connection"]
    assert disabled["next_sending"] is None
    assert (await firm.admin.get(f"/files/{file_id}")).json()["next_sending"] is None


async def test_a_refusal_repeats_no_name_that_may_be_a_secret_or_a_label(firm: Any) -> None:
    misplaced = {"connector": "ledgerly", "fields": {}, "options": {}, "sk_live_4eC39": "x", "optoins": {}}
    told = (await firm.admin.post("/connections", json=misplaced)).json()["errors"]
    assert {"body.(name)", "body.optoins", "body.options.frequency"} <= {fault["where"] for fault in told}
    labels = {"journal_map": {"Café Durand": 3}}
    (fault,) = (await firm.admin.put("/files/fil_1/journal-map", json=labels)).json()["errors"]
    assert fault["where"] == "body.journal_map.(name)"
