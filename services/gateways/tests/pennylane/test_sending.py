"""What becomes of an entry: every way Pennylane can answer, on a real socket, and what the gateway makes of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from gateways.connectors.pennylane.client import Pennylane
from gateways.domain.deadline import Deadline
from gateways.domain.outcome import Accepted, NotAnswered, NotSent, Rejected, SendOutcome, Throttled, Unknown
from gateways.domain.port import Parcel, ParcelDocument, Session

UPLOADED = {
    "id": 88123,
    "url": "https://files.example/Invoice42.pdf",
    "filename": "FD-2026-0147.pdf",
    "created_at": "2026-03-12T17:05:00Z",
    "updated_at": "2026-03-12T17:05:00Z",
}


async def send(connector: Pennylane, session: Session, parcel: Parcel) -> SendOutcome:
    (outcome,) = await connector.send(session, (parcel,))
    return outcome


@pytest.fixture(autouse=True)
def booking(software: Any, make: Any) -> None:
    """A Pennylane where all goes well, unless the test says otherwise."""
    software.on("POST", "/file_attachments", make.reply(UPLOADED, 201))
    software.on("POST", "/ledger_entries", make.reply(make.entry(901), 201))
    software.on("GET", "/ledger_entries", make.page([]))
    software.on("GET", "/journals", make.page([{"id": 30412, "code": "ACH", "label": "Achats", "type": "purchase"}]))
    software.on("GET", "/ledger_accounts", make.page([]))


async def test_the_document_goes_first_then_the_entry_that_names_it(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    outcome = await send(connector, session, make.parcel((make.document(),)))
    assert isinstance(outcome, Accepted)
    assert (outcome.software_entry_id, outcome.documents) == ("901", "sent")
    assert (outcome.exchange.http_status, outcome.exchange.request_id) == (201, "req-1")
    assert [(asked.method, asked.path) for asked in software.requests] == [
        ("POST", "/file_attachments"),
        ("POST", "/ledger_entries"),
    ]
    assert software.requests[1].json["file_attachment_id"] == 88123
    assert {asked.headers["Authorization"] for asked in software.requests} == {"Bearer static-token-of-the-firm"}


async def test_a_document_uploaded_by_an_earlier_try_is_used_again(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/ledger_entries", make.refusal("slow down", 429), make.reply(make.entry(901), 201))
    parcel = make.parcel((make.document(),))
    assert isinstance(await send(connector, session, parcel), Throttled)
    assert isinstance(await send(connector, session, parcel), Accepted)
    assert len(software.asked("POST", "/file_attachments")) == 1
    assert [asked.json["file_attachment_id"] for asked in software.asked("POST", "/ledger_entries")] == [88123, 88123]


async def test_two_entries_with_the_same_document_have_one_each(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    for name in ("ent_1", "ent_2"):
        await send(connector, session, make.parcel((make.document(),), entry_id=name))
    assert len(software.asked("POST", "/file_attachments")) == 2


async def test_a_remembered_document_that_is_not_known_any_more_is_uploaded_again(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    parcel = make.parcel((make.document(),))
    software.on(
        "POST",
        "/ledger_entries",
        make.refusal("slow down", 429),
        make.refusal("File attachment not found"),
        make.reply(make.entry(901), 201),
    )
    assert isinstance(await send(connector, session, parcel), Throttled)
    stale = await send(connector, session, parcel)
    assert isinstance(stale, NotSent)
    assert stale.message.category == "id_outdated"
    assert isinstance(await send(connector, session, parcel), Accepted)
    assert len(software.asked("POST", "/file_attachments")) == 2


@pytest.mark.parametrize(
    ("answer", "expected", "category"),
    [
        ((422, "Content type is not allowed"), Rejected, "document_refused"),
        ((422, "No"), Rejected, "document_refused"),
        ((413, "Payload"), Rejected, "document_too_large"),
        ((429, "Rate limit"), Throttled, "throttled"),
        ((401, "The access token is invalid"), NotSent, "credentials_refused"),
        ((500, "Oops"), NotSent, "answer_unclear"),
    ],
)
async def test_no_entry_leaves_without_its_document(
    connector: Pennylane,
    session: Session,
    software: Any,
    make: Any,
    answer: tuple[int, str],
    expected: type,
    category: str,
) -> None:
    status, text = answer
    software.on("POST", "/file_attachments", make.refusal(text, status))
    outcome = await send(connector, session, make.parcel((make.document(),)))
    assert isinstance(outcome, expected)
    assert outcome.message.category == category  # type: ignore[attr-defined]
    assert text in outcome.message.text  # type: ignore[attr-defined]
    assert not software.asked("POST", "/ledger_entries")


async def test_a_document_that_cannot_be_read_sends_nothing(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    outcome = await send(connector, session, make.parcel((make.document(sha256="0" * 64),)))
    assert isinstance(outcome, NotSent)
    assert outcome.message.category == "document_unavailable"
    assert not software.asked("POST", "/ledger_entries")


FORMS: list[tuple[str, Any, str]] = [
    ("contract", {"error": "Entry lines are not balanced", "status": 422}, "422"),
    (
        "guide",
        {"error": "Unprocessable", "message": "Entry lines are not balanced", "details": {"a": 1}},
        "Unprocessable",
    ),
    ("message", {"message": "Entry lines are not balanced"}, "422"),
    ("coded", {"message": "Entry lines are not balanced", "code": "ValidateError", "field": "x"}, "ValidateError"),
]


@pytest.mark.parametrize(("content", "code"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS])
async def test_each_form_of_an_error_is_read(
    connector: Pennylane, session: Session, software: Any, make: Any, content: Any, code: str
) -> None:
    software.on("POST", "/ledger_entries", make.reply(content, 422))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Rejected)
    assert (outcome.message.category, outcome.message.code) == ("unbalanced", code)
    assert "Entry lines are not balanced" in outcome.message.text


REFUSALS: list[tuple[str, int, type, str]] = [
    ("Entry lines are not balanced", 422, Rejected, "unbalanced"),
    ("Journal is locked", 422, Rejected, "journal_unknown"),
    ("The fiscal year is closed", 422, Rejected, "fiscal_year_closed"),
    ("Something new", 422, Rejected, "refused"),
    ("Something new", 400, Rejected, "refused"),
    ("Not Found", 404, Rejected, "company_unknown"),
    ("Forbidden", 403, Rejected, "company_forbidden"),
    ('Access to this resource requires scope "ledger".', 403, NotSent, "rights_missing"),
    ("The access token is invalid", 401, NotSent, "credentials_refused"),
    ("Rate limit exceeded", 429, Throttled, "throttled"),
    ("Conflict", 409, Unknown, "conflict"),
    ("Internal Server Error", 500, Unknown, "answer_unclear"),
    ("Bad Gateway", 502, Unknown, "answer_unclear"),
    ("Service Unavailable", 503, Unknown, "answer_unclear"),
]


@pytest.mark.parametrize(("text", "status", "expected", "category"), REFUSALS)
async def test_a_refusal_means_what_the_sheet_says(
    connector: Pennylane,
    session: Session,
    software: Any,
    make: Any,
    text: str,
    status: int,
    expected: type,
    category: str,
) -> None:
    software.on("POST", "/ledger_entries", make.refusal(text, status))
    session = replace(session, books=type(session.books)())  # nothing comes from memory
    software.on("GET", "/ledger_accounts", lambda asked: make.page([make.account(number_of(asked))]))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, expected)
    assert (outcome.message.category, outcome.message.text) == (category, text)  # type: ignore[attr-defined]


def number_of(asked: Any) -> str:
    """The number that a request for accounts filters by."""
    text: str = asked.query["filter"]
    return text.split('"value":"')[1].split('"', maxsplit=1)[0]


async def test_the_software_s_own_pause_is_kept(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/ledger_entries", make.refusal("Rate limit exceeded", 429, **{"retry-after": "3"}))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after is not None
    assert outcome.retry_after.total_seconds() == 3


@pytest.mark.parametrize("status", [200, 302, 400, 404, 422, 503])
async def test_a_page_of_some_proxy_leaves_us_in_doubt(
    connector: Pennylane, session: Session, software: Any, make: Any, status: int
) -> None:
    software.on("POST", "/ledger_entries", make.reply(raw=b"<html>Bonjour</html>", status=status))
    assert isinstance(await send(connector, session, make.parcel()), Unknown)


async def test_a_success_that_names_no_entry_is_confirmed_by_looking_it_up(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/ledger_entries", make.reply({}, 201))
    software.on("GET", "/ledger_entries", make.page([make.entry(902)]))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Accepted)
    assert outcome.software_entry_id == "902"


@pytest.mark.parametrize("category", ["account", "journal"])
async def test_an_id_of_ours_that_is_denied_is_asked_for_anew_before_the_entry_is_refused(
    connector: Pennylane, session: Session, software: Any, make: Any, category: str
) -> None:
    words = {"account": "Ledger account not found", "journal": "Journal not found"}[category]
    software.on("POST", "/ledger_entries", make.refusal(words))
    software.on("GET", "/ledger_accounts", lambda asked: make.page([make.account(number_of(asked))]))
    first = await send(connector, session, make.parcel())
    assert isinstance(first, NotSent)
    assert first.message.category == "id_outdated"
    second = await send(connector, session, make.parcel())
    assert isinstance(second, Rejected)
    assert second.message.category == f"{category}_unknown"


async def test_missing_accounts_are_created_where_the_policy_allows_it(
    connector: Pennylane, session: Session, books: Any, software: Any, make: Any
) -> None:
    books.kept["account"] = {"445660": "511087"}
    software.on("POST", "/ledger_accounts", lambda asked: make.reply(make.account(asked.json["number"]), 201))
    outcome = await send(connector, session, make.parcel(create_missing_accounts=True))
    assert isinstance(outcome, Accepted)
    assert [asked.json for asked in software.asked("POST", "/ledger_accounts")] == [
        {"number": "606400", "label": "Fournitures administratives"},
        {"number": "401DURAND", "label": "Papeterie Durand"},
    ]
    assert set(books.kept["account"]) == {"445660", "606400", "401DURAND"}


async def test_without_the_policy_a_missing_account_returns_the_entry(
    connector: Pennylane, session: Session, books: Any, software: Any, make: Any
) -> None:
    books.kept["account"] = {}
    outcome = await send(connector, session, make.parcel((make.document(),)))
    assert isinstance(outcome, Rejected)
    assert outcome.message.category == "account_unknown"
    assert not [asked for asked in software.requests if asked.method == "POST"]


async def test_an_account_that_somebody_else_created_meanwhile_is_found(
    connector: Pennylane, session: Session, books: Any, software: Any, make: Any
) -> None:
    del books.kept["account"]["401DURAND"]
    software.on("GET", "/ledger_accounts", make.page([]), make.page([make.account("401DURAND", id=7)]))
    software.on("POST", "/ledger_accounts", make.refusal("Number has already been taken"))
    outcome = await send(connector, session, make.parcel(create_missing_accounts=True))
    assert isinstance(outcome, Accepted)
    assert software.asked("POST", "/ledger_entries")[0].json["ledger_entry_lines"][2]["ledger_account_id"] == 7


async def test_an_answer_that_comes_too_late_leaves_us_in_doubt(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    async def sleep(request: web.Request) -> web.Response:
        await request.read()
        request.transport.close()  # type: ignore[union-attr]
        return web.Response()

    software.handle_with(sleep)
    assert isinstance(await send(connector, session, make.parcel()), Unknown)


async def test_a_software_that_is_not_there_got_nothing(connector: Pennylane, session: Session, make: Any) -> None:
    connector._settings.url = "http://127.0.0.1:9"
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, NotSent)
    assert outcome.message.category == "connection_refused"


async def test_no_request_starts_after_the_deadline(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    outcome = await send(connector, replace(session, deadline=Deadline.after(0)), make.parcel((make.document(),)))
    assert isinstance(outcome, NotSent)
    assert not software.requests


async def test_no_credential_is_kept_of_an_attempt(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("POST", "/ledger_entries", make.refusal("token static-token-of-the-firm is invalid", 401))
    outcome = await send(connector, session, make.parcel())
    assert "static-token" not in repr((outcome, session, connector))


async def test_a_large_document_is_never_whole_in_memory(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    size = 20 * 1024 * 1024
    reads: list[int] = []

    async def count(request: web.Request) -> web.Response:
        length = 0
        async for chunk in request.content.iter_any():
            length += len(chunk)
        if request.path.endswith("/file_attachments"):
            assert length == int(request.headers["Content-Length"])
            reads.append(length)
            return web.json_response(UPLOADED, status=201)
        return web.json_response(make.entry(901), status=201)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // 65_536):
            yield bytes(65_536)

    digest = __import__("hashlib").sha256(bytes(size)).hexdigest()
    kept = make.document(b"", size=size, sha256=digest).kept
    software.handle_with(count)
    outcome = await send(connector, session, make.parcel((ParcelDocument(kept, pieces),)))
    assert isinstance(outcome, Accepted)
    assert reads[0] > size


async def test_a_document_that_an_entry_lacks_is_named_afterwards_and_only_where_it_lacks_one(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    parcel = make.parcel((make.document(),))
    with_document = make.entry(901, attachment={"filename": "FD.pdf", "url": "https://files.example/FD.pdf"})
    software.on("GET", "/ledger_entries/901", make.reply(make.entry(901)), make.reply(with_document))
    software.on("PUT", "/ledger_entries/901", make.reply(with_document))
    await connector.attach(session, parcel, "901")
    await connector.attach(session, parcel, "901")
    (put,) = software.asked("PUT", "/ledger_entries/901")
    assert put.json == {"file_attachment_id": 88123}
    assert len(software.asked("POST", "/file_attachments")) == 1
    assert not software.asked("POST", "/ledger_entries")


async def test_a_document_that_pennylane_refuses_afterwards_is_told_in_its_words(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/ledger_entries/901", make.reply(make.entry(901)))
    software.on("PUT", "/ledger_entries/901", make.refusal("Fiscal year is closed"))
    with pytest.raises(NotAnswered) as told:
        await connector.attach(session, make.parcel((make.document(),)), "901")
    assert told.value.failure.message.text == "Fiscal year is closed"
