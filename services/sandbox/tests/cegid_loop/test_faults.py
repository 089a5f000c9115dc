"""Every fault that can be ordered: what becomes of the request or of the import, and what the caller gets to see."""

import time

import httpx
import pytest

from ..served import eventually
from .bodies import ORIGIN, invoice, request
from .conftest import DONE, Folder, Stand

IMPORT = "POST /importJson"
MINE = f'ecritureOrigine == "{ORIGIN}"'


async def _booked(folder: Folder) -> bool:
    return len(await folder.find(MINE)) > 0


async def _registered(folder: Folder) -> int:
    return len(await folder.imports())


async def test_book_and_cut_registers_and_says_nothing(folder: Folder) -> None:
    await folder.fault("book_and_cut", route=IMPORT, count=1)
    with pytest.raises(httpx.TransportError):
        await folder.send(invoice())
    await eventually(lambda: _booked(folder))
    assert await _registered(folder) == 1


async def test_book_and_error_registers_and_says_500(folder: Folder) -> None:
    await folder.fault("book_and_error", route=IMPORT, count=1)
    assert (await folder.send(invoice())).status_code == 500
    await eventually(lambda: _booked(folder))


@pytest.mark.parametrize(("kind", "status"), [("server_error", 500), ("maintenance", 503), ("throttle", 429)])
async def test_refusals_register_nothing(folder: Folder, kind: str, status: int) -> None:
    await folder.fault(kind, route=IMPORT, count=1, seconds=7)
    answered = await folder.send(invoice())
    assert (answered.status_code, answered.json()["statusCode"]) == (status, status)
    assert answered.headers.get("Retry-After") == ("7" if kind == "throttle" else None)
    assert await _registered(folder) == 0


async def test_a_refused_connection_and_garbage_register_nothing(folder: Folder) -> None:
    await folder.fault("refuse_connection", route=IMPORT, count=1)
    with pytest.raises(httpx.TransportError):
        await folder.send(invoice())
    await folder.fault("garbage", route=IMPORT, count=1)
    answered = await folder.send(invoice())
    assert (answered.status_code, answered.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert await _registered(folder) == 0


async def test_a_late_answer_is_the_answer(folder: Folder) -> None:
    await folder.fault("answer_late", route=IMPORT, count=1, seconds=0.3)
    began = time.monotonic()
    assert "accountingImportRequestId" in (await folder.send(invoice())).json()
    assert time.monotonic() - began >= 0.3


async def test_a_stalled_call_that_nobody_waits_for_is_registered_all_the_same(folder: Folder) -> None:
    await folder.fault("answer_late", route=IMPORT, count=1, seconds=4)
    with pytest.raises(httpx.ReadTimeout):
        await folder.api.post("/importJson", json=request(folder.code, invoice()), timeout=0.5)
    await eventually(lambda: _booked(folder))


async def test_an_import_is_registered_later_with_a_cut_and_survives_in_between(folder: Folder) -> None:
    await folder.fault("book_later", route=IMPORT, count=1, seconds=0.5)
    with pytest.raises(httpx.TransportError):
        await folder.send(invoice())
    assert await _registered(folder) == 0
    await eventually(lambda: _booked(folder))


async def test_what_is_booked_is_shown_later(folder: Folder) -> None:
    await folder.fault("show_later", route=IMPORT, count=1, seconds=3600)
    assert await folder.ended(invoice()) == DONE
    assert not await _booked(folder)
    await folder.pass_time(3601)
    assert await _booked(folder)


async def test_an_answer_without_the_id(folder: Folder) -> None:
    await folder.fault("answer_without_entry", route=IMPORT, count=1)
    assert (await folder.send(invoice())).json() == {}
    await eventually(lambda: _booked(folder))


async def test_the_importer_lies(folder: Folder) -> None:
    await folder.fault("drop", route=IMPORT, count=1)
    assert await folder.ended(invoice()) == DONE
    assert not await _booked(folder)
    await folder.fault("book_extra", route=IMPORT, count=1)
    assert await folder.ended(invoice()) == DONE
    assert len(await folder.find(MINE)) == 6
    await folder.fault("alter_a_cent", route=IMPORT, count=1)
    assert await folder.ended(invoice(refPiece="CENT")) == DONE
    altered = await folder.find('codeLettrage == null && refPiece == "CENT"')
    assert [(row["debit"], row["credit"]) for row in altered] == [(100.01, 0), (20, 0), (0, 120.01)]


async def test_reads_status_and_look_ups_are_struck_too(stand: Stand, folder: Folder) -> None:
    sent = (await folder.send(invoice())).json()["accountingImportRequestId"]
    query = {"codeDossier": folder.code, "filter": MINE}
    asked = {
        "GET /getImportStatus": {"accountingImportRequestId": sent},
        "GET /EcritureComptable": query,
        "GET /compte": {"codeDossier": folder.code},
    }
    other = await stand.folder()
    for route, parameters in asked.items():
        await folder.fault("server_error", route=route)
        path = route.removeprefix("GET ")
        assert (await folder.api.get(path, params=parameters)).status_code == 500
    assert (await other.api.get("/compte", params={"codeDossier": other.code})).status_code == 200
    await other.api.aclose()
