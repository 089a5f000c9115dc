"""Every fault that can be ordered: what becomes of the request, and what the caller gets to see."""

import time

import httpx
import pytest

from ..served import eventually
from .conftest import SoftwareFile, Stand, code_of

REFERENCE = "QTB-1"


async def _post(file: SoftwareFile) -> httpx.Response:
    return await file.book(entry_origin_partner_id=REFERENCE)


async def _is_booked(file: SoftwareFile) -> bool:
    return (await file.api.get(f"/entry/id?id_origin={REFERENCE}")).status_code == 200


async def test_a_refused_connection_books_nothing(file: SoftwareFile) -> None:
    await file.fault("refuse_connection", route="POST /entry", count=1)
    with pytest.raises(httpx.TransportError):
        await _post(file)
    assert not await _is_booked(file)
    assert (await _post(file)).status_code == 200


async def test_book_and_cut_books_and_says_nothing(file: SoftwareFile) -> None:
    await file.fault("book_and_cut", route="POST /entry", count=1)
    with pytest.raises(httpx.TransportError):
        await _post(file)
    assert await _is_booked(file)
    assert code_of(await _post(file)) == "UNIK3"


async def test_book_and_error_books_and_says_500(file: SoftwareFile) -> None:
    await file.fault("book_and_error", route="POST /entry", count=1)
    response = await _post(file)
    assert (response.status_code, code_of(response)) == (500, "ERR-INTERNAL")
    assert await _is_booked(file)


async def test_a_server_error_books_nothing(file: SoftwareFile) -> None:
    await file.fault("server_error", route="POST /entry", count=1)
    assert (await _post(file)).status_code == 500
    assert not await _is_booked(file)


async def test_a_late_answer_is_the_answer(file: SoftwareFile) -> None:
    await file.fault("answer_late", route="POST /entry", count=1, seconds=0.4)
    began = time.monotonic()
    response = await _post(file)
    assert response.status_code == 200
    assert time.monotonic() - began >= 0.4


async def test_a_caller_who_does_not_wait_for_a_late_answer_finds_it_booked(file: SoftwareFile) -> None:
    await file.fault("answer_late", route="POST /entry", count=1, seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        await file.api.post("/entry?type=e", json=file.entry(entry_origin_partner_id=REFERENCE), timeout=0.5)
    assert await _is_booked(file)


async def test_book_later_books_later(file: SoftwareFile) -> None:
    await file.fault("book_later", route="POST /entry", count=1, seconds=0.5)
    with pytest.raises(httpx.TransportError):
        await _post(file)
    assert not await _is_booked(file)
    await eventually(lambda: _is_booked(file))


async def test_book_later_can_show_an_error_and_survives_a_restart(stand: Stand, file: SoftwareFile) -> None:
    await file.fault("book_later", route="POST /entry", count=1, seconds=600, reply="server_error")
    assert (await _post(file)).status_code == 500
    kept = await stand.database.pool.fetchval(
        "select count(*) from late_requests where software_file_id = $1 and due_at > now()", file.id
    )
    assert kept == 1
    await stand.database.pool.execute("delete from late_requests where software_file_id = $1", file.id)


async def test_what_was_booked_meanwhile_is_not_booked_again_later(stand: Stand, file: SoftwareFile) -> None:
    await file.fault("book_later", route="POST /entry", count=1, seconds=0.3, reply="server_error")
    await _post(file)
    assert (await _post(file)).status_code == 200

    async def worked_off() -> bool:
        found = await stand.database.pool.fetch("select from late_requests where software_file_id = $1", file.id)
        return not found

    await eventually(worked_off)
    booked = await stand.database.pool.fetch("select from booked_entries where software_file_id = $1", file.id)
    assert len(booked) == 1


async def test_throttling_says_when_to_come_back(file: SoftwareFile) -> None:
    await file.fault("throttle", route="POST /entry", count=1, seconds=7)
    response = await _post(file)
    assert (response.status_code, code_of(response)) == (429, "ERR-TOO-MANY-REQUEST")
    assert response.headers["Retry-After"] == "7"
    assert not await _is_booked(file)


async def test_maintenance(stand: Stand, file: SoftwareFile) -> None:
    await file.fault("maintenance")
    response = await file.api.get("/diary")
    assert (response.status_code, code_of(response)) == (503, "ERR-API-UNDER-MAINTENANCE")
    await stand.control.post("/faults", json={"kind": "maintenance", "route": "GET /api/partners/health"})
    assert (await stand.api.get("/api/partners/health")).status_code == 503


async def test_an_entry_may_be_shown_later_than_it_is_booked(stand: Stand, file: SoftwareFile) -> None:
    await file.fault("show_later", route="POST /entry", count=1, seconds=0.5)
    assert (await _post(file)).status_code == 200
    assert not await _is_booked(file)
    booked = await stand.database.pool.fetch("select from booked_entries where software_file_id = $1", file.id)
    assert len(booked) == 1
    await eventually(lambda: _is_booked(file))


async def test_a_document_is_refused(file: SoftwareFile) -> None:
    await file.fault("refuse_document", route="POST /entry", count=1)
    assert code_of(await _post(file)) == "DOCUMENT6"
    assert not await _is_booked(file)


async def test_garbage_is_a_page_with_status_200(file: SoftwareFile) -> None:
    await file.fault("garbage", route="POST /entry", count=1)
    response = await _post(file)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not await _is_booked(file)


async def test_an_answer_without_the_entry(file: SoftwareFile) -> None:
    await file.fault("answer_without_entry", route="POST /entry", count=1)
    assert (await _post(file)).json() == {"status": "success"}
    assert await _is_booked(file)


async def test_a_refusal_stays_a_refusal_under_a_fault(file: SoftwareFile) -> None:
    await file.change("/journals/ACH", locked=True)
    await file.fault("answer_late", route="POST /entry", seconds=0.1, count=1)
    assert code_of(await _post(file)) == "JOURNAL2"
    await file.fault("book_and_cut", route="POST /entry", count=1)
    with pytest.raises(httpx.TransportError):
        await _post(file)
    assert not await _is_booked(file)


async def test_a_dropped_entry_is_answered_as_if_it_were_booked(file: SoftwareFile) -> None:
    await file.fault("drop", route="POST /entry", count=1)
    assert (await _post(file)).json()["entry_array"][0]["entry_id"] > 0
    assert not await _is_booked(file)


async def test_a_fault_strikes_its_route_its_key_and_its_file_only(stand: Stand, file: SoftwareFile) -> None:
    other = await stand.file()
    await file.fault("server_error", route="GET /diary")
    assert (await file.api.get("/diary")).status_code == 500
    assert (await file.api.get("/society/exercice")).status_code == 200
    assert (await other.api.get("/diary")).status_code == 200
    await stand.control.delete("/faults")
    await stand.control.post("/faults", json={"kind": "server_error", "token": other.token})
    assert (await file.api.get("/diary")).status_code == 200
    assert (await other.api.get("/diary")).status_code == 500


async def test_the_same_seed_strikes_the_same_requests(stand: Stand, file: SoftwareFile) -> None:
    async def struck(seed: int) -> list[int]:
        await stand.control.delete("/faults")
        await file.fault("server_error", route="GET /diary", probability=0.4, seed=seed)
        return [(await file.api.get("/diary")).status_code for _ in range(20)]

    first, again, other = await struck(7), await struck(7), await struck(8)
    assert first == again
    assert first != other
    assert {200, 500} == set(first)


async def test_faults_are_listed_with_how_often_they_struck_and_are_ended(stand: Stand, file: SoftwareFile) -> None:
    await file.fault("server_error", route="GET /diary", count=2)
    for status in (500, 500, 200):
        assert (await file.api.get("/diary")).status_code == status
    listed = (await stand.control.get("/faults")).json()
    assert [(fault["kind"], fault["struck"]) for fault in listed["faults"]] == [("server_error", 2)]
    assert "book_and_cut" in listed["kinds"]
    assert (await stand.control.delete(f"/faults/{listed['faults'][0]['id']}")).status_code == 204
    assert (await stand.control.get("/faults")).json()["faults"] == []


async def test_orders_that_make_no_sense_are_refused(stand: Stand, file: SoftwareFile) -> None:
    assert (await stand.control.post("/faults", json={"kind": "earthquake"})).status_code == 422
    assert (await stand.control.post("/faults", json={"kind": "drop", "software_file": "NOBODY"})).status_code == 404
    where = f"/software-files/myunisoft/{file.code}"
    assert (await stand.control.patch(f"{where}/journals/XX", json={"locked": True})).status_code == 404
    assert (await stand.control.patch(f"{where}/accounts/999", json={"closed": True})).status_code == 404
    assert (await stand.control.patch("/tokens", json={"token": "nobody", "revoked": True})).status_code == 404
