"""What becomes of an entry: every way MyUnisoft can answer, on a real socket, and what the gateway makes of it."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from aiohttp import web

from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.domain.deadline import Deadline
from gateways.domain.outcome import Accepted, NotSent, Rejected, SendOutcome, Throttled, Unknown
from gateways.domain.port import Parcel, Session

BOOKED = {"type": "e", "debit_total": 120, "entry_array": [{"entry_id": 88001, "pj_list": []}]}
FOUND = {"id_entry": 88001, "type": "ENTRIES"}
MEGABYTE = 1024 * 1024


async def send(connector: MyUnisoft, session: Session, parcel: Parcel) -> SendOutcome:
    (outcome,) = await connector.send(session, (parcel,))
    return outcome


async def test_a_booked_entry_is_accepted_under_its_id(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.reply(BOOKED))
    outcome = await send(connector, session, make.parcel((make.document(),)))
    assert isinstance(outcome, Accepted)
    assert (outcome.software_entry_id, outcome.documents) == ("88001", "sent")
    assert (outcome.exchange.http_status, outcome.exchange.request_id) == (200, "req-1")
    assert [cut.where for cut in outcome.exchange.cuts] == ["invoice_number"]
    assert software.asked("POST", "/entry") == [{"type": "e"}]


async def test_the_software_hears_who_asks_and_for_which_file(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.reply(BOOKED))
    await send(connector, session, make.parcel())
    headers = software.requests[0][4]
    assert headers["Authorization"] == "Bearer header.payload.signature"
    assert (headers["X-Third-Party-Secret"], headers["society-id"]) == ("partner-secret", "4521")
    assert headers["Content-Type"] == "application/json"


async def test_no_secret_is_kept_of_an_attempt(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.refusal("ERR-INVALID-JWT", 401))
    outcome = await send(connector, session, make.parcel())
    assert "signature" not in repr((outcome, session))
    assert "partner-secret" not in repr((outcome, session, connector))


@pytest.mark.parametrize("answer", [{"type": "e"}, {"entry_array": []}, {}, None, "ok"])
async def test_a_success_that_names_no_entry_is_confirmed_by_looking_it_up(
    connector: MyUnisoft, session: Session, software: Any, make: Any, answer: Any
) -> None:
    software.on("POST", "/entry", make.reply(answer))
    software.on("GET", "/entry/id", make.reply(FOUND))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Accepted)
    assert outcome.software_entry_id == "88001"
    assert software.asked("GET", "/entry/id") == [{"id_origin": "QTB-0123456789ABCDEFGHJKMNPQRS"}]


async def test_a_success_that_the_books_do_not_confirm_is_unknown(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.reply({"type": "e"}))
    software.on("GET", "/entry/id", make.refusal("ECR-NOT-FOUND", 404))
    assert isinstance(await send(connector, session, make.parcel()), Unknown)


@pytest.mark.parametrize("raw", [b"<html>Bienvenue</html>", b"\x00\xff", b'{"entry_array": [{"entry_id": 8'])
async def test_a_success_that_is_garbage_is_unknown(
    connector: MyUnisoft, session: Session, software: Any, make: Any, raw: bytes
) -> None:
    software.on("POST", "/entry", make.reply(raw=raw))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Unknown)
    assert outcome.exchange.answered == raw


REFUSALS: list[tuple[str | None, int, type, str]] = [
    ("COMPTE32", 400, Rejected, "account_closed"),
    ("JOURNAL21", 400, Rejected, "journal_closed"),
    ("ECR9", 400, Rejected, "fiscal_year_closed"),
    ("ECR10", 400, Rejected, "no_fiscal_year"),
    ("BLOCAGE_PERIODIQUE23", 400, Rejected, "period_locked"),
    ("ECR36", 400, Rejected, "bank_line_missing"),
    ("SOMETHING-NEW", 422, Rejected, "refused"),
    ("ERR-TOO-MANY-REQUEST", 429, Throttled, "throttled"),
    ("ERR-TOO-MANY-CONCURRENT-REQUESTS", 429, Throttled, "throttled"),
    (None, 429, Throttled, "throttled"),
    ("ERR-API-UNDER-MAINTENANCE", 503, NotSent, "maintenance"),
    ("ERR-FIRM-TOKEN-NOT-FOUND", 401, NotSent, "credentials_refused"),
    ("ERR-FORBIDDEN-ROUTE", 403, NotSent, "credentials_refused"),
    (None, 401, NotSent, "credentials_refused"),
    (None, 403, NotSent, "credentials_refused"),
    ("ERR-INVALID-SECRET", 401, NotSent, "partner_secret_refused"),
    ("ERR-THIRD-PARTY-DISCONNECTED", 403, NotSent, "plugin_off"),
    ("UNIK3", 400, Unknown, "reference_taken"),
    ("IMPORT25", 400, Unknown, "reference_taken"),
    ("ERR-INTERNAL", 500, Unknown, "software_fault"),
    ("ECR12", 400, Unknown, "software_fault"),
    (None, 500, Unknown, "answer_unclear"),
    (None, 502, Unknown, "answer_unclear"),
    (None, 400, Unknown, "answer_unclear"),
    (None, 307, Unknown, "answer_unclear"),
]


@pytest.mark.parametrize(("code", "status", "expected", "category"), REFUSALS, ids=str)
async def test_a_refusal_means_what_the_sheet_says(
    connector: MyUnisoft,
    session: Session,
    software: Any,
    make: Any,
    code: str | None,
    status: int,
    expected: type,
    category: str,
) -> None:
    reply = make.refusal(code, status, "le mot du logiciel") if code else make.reply(raw=b"<html>", status=status)
    software.on("POST", "/entry", reply)
    outcome = await send(connector, session, make.parcel())
    assert type(outcome) is expected
    assert outcome.message.category == category  # type: ignore[union-attr]
    assert outcome.message.text == ("le mot du logiciel" if code else "<html>")  # type: ignore[union-attr]
    assert set(outcome.message.remedy) == {"fr", "en"}  # type: ignore[union-attr]
    assert len(software.requests) == 1


async def test_a_reference_that_is_taken_is_looked_up_at_once(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.refusal("UNIK1"))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Unknown)
    assert outcome.reference_taken


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("ERR-INVALID-FIRM-JWT", "credentials"),
        ("ERR-THIRD-PARTY-DISCONNECTED", "plugin_off"),
        ("ERR-INVALID-SECRET", "unreachable"),
    ],
)
async def test_only_the_firm_s_own_trouble_halts_its_lane(
    connector: MyUnisoft, session: Session, software: Any, make: Any, code: str, cause: str
) -> None:
    software.on("POST", "/entry", make.refusal(code, 403))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, NotSent)
    assert outcome.cause == cause


async def test_the_software_s_own_waiting_time_is_handed_on(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.refusal("ERR-TOO-MANY-REQUEST", 429, **{"Retry-After": "7"}))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after is not None
    assert outcome.retry_after.total_seconds() == 7


@pytest.mark.parametrize("word", ["9" * 30, "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "soon"])
async def test_a_waiting_time_that_no_clock_holds_counts_as_none(
    connector: MyUnisoft, session: Session, software: Any, make: Any, word: str
) -> None:
    software.on("POST", "/entry", make.refusal("ERR-TOO-MANY-REQUEST", 429, **{"Retry-After": word}))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after is None


async def test_a_document_that_storage_lost_sends_nothing(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/entry", make.reply(BOOKED))
    outcome = await send(connector, session, make.parcel((make.document(sha256="0" * 64),)))
    assert isinstance(outcome, NotSent)
    assert outcome.message.category == "document_unavailable"
    assert software.requests == []


async def test_an_attempt_whose_time_is_over_sends_nothing(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    late = replace(session, deadline=Deadline.after(0.1))
    assert isinstance(await send(connector, late, make.parcel()), NotSent)
    assert software.requests == []


async def test_an_unreachable_software_was_sent_nothing(session: Session, connector: MyUnisoft, make: Any) -> None:
    connector._settings.url = "http://127.0.0.1:1/api/v1"
    assert isinstance(await send(connector, session, make.parcel()), NotSent)


async def test_a_large_document_is_never_whole_in_memory(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    size, piece = 50 * MEGABYTE, b"p" * 65_536
    arrived = 0

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // len(piece)):
            yield piece

    async def swallow(request: web.Request) -> web.Response:
        nonlocal arrived
        async for chunk in request.content.iter_any():
            arrived += len(chunk)
        return web.json_response(BOOKED)

    software.handle_with(swallow)
    large = make.document(size=size, sha256=sha256(piece * (size // len(piece))).hexdigest())
    tracemalloc.start()
    try:
        outcome = await send(connector, session, make.parcel((replace(large, open=chunks),)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, Accepted)
    assert arrived > size * 4 // 3
    assert peak < 8 * MEGABYTE
    assert json.loads(outcome.exchange.sent or b"")["pj_list"][0]["content"].endswith(f"{size} bytes")
