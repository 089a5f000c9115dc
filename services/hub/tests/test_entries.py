"""Entries as accountants follow them: found, counted, corrected, decided about."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from services.hub.tests.conftest import SHEET
from services.hub.tests.test_pages import signed_in

from qontable.clock import now
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.delivery import EntryAttempted
from qontable.events.hub import (
    DeliveryResolutionRequested,
    DocumentResendRequested,
    EntryCorrectionRequested,
    EntryCreationAllowed,
    EntryDuplicateAnswered,
    SoftwareFile,
)

REFUSED = {
    "status": "to_verify",
    "delivery_state": "rejected",
    "message": {
        "category": "journal_locked",
        "code": "J12",
        "text": "Journal AC verrouillé",
        "remedy": {"fr": "Ouvrez-le."},
    },
}
FINDING = {"code": "account_unknown", "where": "lines.0.account", "message": {"fr": "Compte 6064 inconnu.", "en": "…"}}


async def test_entries_are_found_by_every_filter(firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(
        firm.status(file_id, "buy", **REFUSED, summary=_summary("2026-03-12", "120.00", label="Papeterie Durand 100%")),
        firm.status(file_id, "sell", summary=_summary("2026-03-13", "60.50", journal="VTE", kind="sale")),
        firm.status(file_id, "wait", waiting_for=["documents"], summary=_summary("2026-04-01", "9.99")),
        firm.status(
            file_id,
            "stuck",
            status="sending",
            delivery_id="d",
            delivery_state="parked",
            summary=_summary("2026-04-02", "1"),
        ),
        firm.status(file_id, "odd", status="to_verify", findings=[FINDING], summary=_summary("2026-02-31", "many")),
    )
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["odd", "stuck", "wait", "sell", "buy"]),
        ({"status": "to_verify"}, ["odd", "buy"]),
        ({"cause": "journal_locked"}, ["buy"]),
        ({"cause": "account_unknown"}, ["odd"]),
        ({"journal": "VTE"}, ["sell"]),
        ({"kind": "sale"}, ["sell"]),
        ({"date_from": "2026-03-13", "date_to": "2026-04-01"}, ["wait", "sell"]),
        ({"amount_from": "9.99", "amount_to": "60.5"}, ["wait", "sell"]),
        ({"waiting_for": "documents"}, ["wait"]),
        ({"delivery_state": "parked"}, ["stuck"]),
        ({"q": "durand 100%"}, ["buy"]),
        ({"q": "dur%nd"}, []),
        ({"status": "ready", "journal": "ACH"}, ["wait"]),
    ]
    for filters, expected in cases:
        found = (await firm.admin.get(f"/files/{file_id}/entries", params=filters)).json()
        assert [entry["entry_id"] for entry in found["entries"]] == expected, filters
    counts = (await firm.admin.get(f"/files/{file_id}/entry-counts")).json()
    assert counts["tabs"] == {"to_verify": 2, "ready": 2, "sending": 1, "synchronized": 0, "withdrawn": 0}
    assert counts["causes"] == [{"cause": "account_unknown", "entries": 1}, {"cause": "journal_locked", "entries": 1}]
    assert counts["waits"] == [{"waiting_for": "documents", "entries": 1}]
    shown = (await firm.admin.get(f"/files/{file_id}/entries", params={"cause": "journal_locked"})).json()["entries"][0]
    assert (shown["amount"], shown["message"]["text"]) == ("120.00", "Journal AC verrouillé")
    unknown = await firm.admin.get(f"/files/{file_id}/entries", params={"jornal": "ACH"})
    assert (unknown.status_code, unknown.json()["errors"][0]["where"]) == (422, "query.jornal")


async def test_entries_that_wait_for_one_thing_make_one_notice(firm: Any) -> None:
    file_id = await firm.add_file("a")
    year = {"code": "no_fiscal_year", "where": "date", "message": {"fr": "…", "en": "…"}}
    await firm.tell(
        *(firm.status(file_id, f"late_{number}", waiting_for=["fiscal_year"], findings=[year]) for number in range(30)),
        firm.status(file_id, "twice", waiting_for=["documents", "fiscal_year"]),
        *(firm.status(file_id, f"back_{number}", **REFUSED) for number in range(20)),
    )
    counts = (await firm.admin.get(f"/files/{file_id}/entry-counts")).json()
    assert counts["waits"] == [
        {"waiting_for": "fiscal_year", "entries": 31},
        {"waiting_for": "documents", "entries": 1},
    ]
    assert counts["causes"] == [{"cause": "journal_locked", "entries": 20}]
    found = (await firm.admin.get(f"/files/{file_id}/entries", params={"waiting_for": "fiscal_year"})).json()
    assert len(found["entries"]) == 31


async def test_what_is_counted_is_what_is_there_whatever_entries_go_through(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    for version, details in enumerate(
        (
            {"waiting_for": ["documents"], "summary": _summary("2026-03-12", "1.00")},
            {"waiting_for": ["evening"], "summary": _summary("2025-03-12", "1.00")},
            {"status": "sending", "delivery_state": "queued"},
            REFUSED,
            {"status": "synchronized", "delivery_state": "confirmed"},
        ),
        start=1,
    ):
        await firm.tell(
            *(firm.status(file_id, f"e{number}", version=version, **details) for number in range(version, 6)),
            firm.status(file_id, "late", version=1),
        )
    counted, there = [
        await town.rows(query, file_id)
        for query in (
            """
            select status, journal, delivery_state, cause, waiting_for, year, entries from entry_tally
            where file_id = $1 and entries <> 0 order by status, waiting_for, year
            """,
            """
            select status, journal, delivery_state, cause,
                case when status = 'ready' then waiting_for end as waiting_for,
                case when status = 'ready' then extract(year from entry_date)::integer end as year, count(*) as entries
            from entry where file_id = $1 group by 1, 2, 3, 4, 5, 6 order by status, waiting_for, year
            """,
        )
    ]
    assert counted == there
    assert [row["entries"] for row in counted] == [1, 1, 1, 1, 1, 1]


async def test_an_entry_with_the_longest_texts_is_kept_and_found(firm: Any) -> None:
    file_id, entry_id = await firm.add_file("a"), "e" * 80
    text = "".join(chr(0x20000 + number * 37 % 40_000) for number in range(2_000))  # four bytes each, none repeated
    texts = dict.fromkeys(("label", "third_party", "invoice_number", "document_number", "journal", "kind"), text)
    summary = _summary("2026-03-12", "1.00") | texts
    waits = [f"{number}{'w' * 78}" for number in range(4)]
    await firm.tell(firm.status(file_id, entry_id, waiting_for=waits, detail="d" * 80, summary=summary))
    for query in ({"q": text[:100]}, {"third_party": text[:9]}, {"journal": text[:80]}, {"waiting_for": waits[3]}):
        (found,) = (await firm.admin.get(f"/files/{file_id}/entries", params=query)).json()["entries"]
        assert found["label"] == text[:500]


async def test_pages_of_entries_neither_repeat_nor_lose_one(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    first = date(2026, 1, 1)
    await town.say(
        *(
            firm.status(file_id, f"e{number:03}", summary=_summary(str(first + timedelta(days=number % 9)), "1.00"))
            for number in range(300)
        )
    )
    path = f"/files/{file_id}/entries"
    await town.eventually(
        lambda: firm.admin.get(f"/files/{file_id}/entry-counts"), lambda answer: answer.json()["tabs"]["ready"] == 300
    )
    seen: list[tuple[str, str]] = []
    page = (await firm.admin.get(path, params={"limit": 70})).json()
    while True:
        seen += [(entry["date"], entry["entry_id"]) for entry in page["entries"]]
        if page["next"] is None:
            break
        page = (await firm.admin.get(path, params={"limit": 70, "cursor": page["next"]})).json()
    assert len(seen) == len(set(seen)) == 300
    assert seen == sorted(seen, reverse=True)


async def test_the_newest_version_is_shown_and_every_one_is_kept(firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(
        firm.status(file_id, "e1", version=1, waiting_for=["documents"]),
        firm.status(file_id, "e1", version=4, status="synchronized", software_entry_id="88", documents="missing"),
        firm.status(file_id, "e1", version=2, status="sending", delivery_id="d1", delivery_state="queued"),
    )
    life = (await firm.admin.get(f"/files/{file_id}/entries/e1")).json()
    assert (life["entry"]["status"], life["entry"]["software_entry_id"]) == ("synchronized", "88")
    assert [moment["version"] for moment in life["history"]] == [4, 2, 1]
    assert life["history"][2]["said"] == {"waiting_for": ["documents"]}
    assert life["history"][0]["said"] == {"software_entry_id": "88", "documents": "missing"}


async def test_every_try_is_shown_with_what_the_software_said(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(firm.status(file_id, "e1", status="sending", delivery_id="d1", delivery_state="unknown"))
    tried = {
        "delivery_id": "d1",
        "firm_id": firm.id,
        "file_id": file_id,
        "entry_id": "e1",
        "revision": 1,
        "attempt": 1,
        "operation": "send",
        "outcome": "unknown",
        "started_at": now(),
        "finished_at": now(),
    }
    found = {"attempt": 2, "operation": "find", "outcome": "accepted", "http_status": 200, "started_at": now()}
    words = {"message": {"category": "timeout", "text": "Délai dépassé"}}
    await town.say(EntryAttempted.model_validate(tried | words), EntryAttempted.model_validate(tried | found))
    life = await town.eventually(
        lambda: firm.admin.get(f"/files/{file_id}/entries/e1"), lambda answer: len(answer.json()["attempts"]) == 2
    )
    latest, first = life.json()["attempts"]
    assert (latest["operation"], latest["http_status"]) == ("find", 200)
    assert first["message"]["text"] == "Délai dépassé"


async def test_an_entry_is_corrected_once_per_revision(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(firm.status(file_id, "e1", **REFUSED))
    path = f"/files/{file_id}/entries/e1/correction"
    corrected = {"revision": 1, "content": _content(firm, file_id, "e1")}
    answers = await asyncio.gather(*(firm.admin.post(path, json=corrected) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "correction_under_way"}
    asked = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id)
    assert asked.content is not None
    assert (asked.content.lines[0].account, asked.content.documents[0].size) == ("606400", 3)
    await firm.tell(firm.status(file_id, "e1", version=2, revision=2, **REFUSED))
    outdated = await firm.admin.post(path, json={"revision": 1})
    assert (outdated.json()["code"], "2" in outdated.json()["detail"]) == ("entry_moved_on", True)
    assert (await firm.admin.post(path, json={"revision": 2})).status_code == 202
    as_it_is = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id and event.revision == 2)
    assert (as_it_is.content, as_it_is.requested_by) == (None, "usr_ada")


async def test_a_correction_that_cannot_be_booked_is_refused_at_once(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(firm.status(file_id, "e1", **REFUSED), firm.status(file_id, "e2", status="synchronized"))
    path = f"/files/{file_id}/entries/e1/correction"
    unbalanced = _content(firm, file_id, "e1")
    unbalanced["lines"][0]["debit"] = "120.01"
    unbalanced["date"] = "2026-02-31"
    refused = (await firm.admin.post(path, json={"revision": 1, "content": unbalanced})).json()
    assert refused["code"] == "entry_refused"
    assert [(fault["where"], fault["code"]) for fault in refused["errors"]] == [("content.date", "impossible_date")]
    assert refused["errors"][0]["remedy"]["fr"]
    unbalanced["date"] = "2026-02-28"
    refused = (await firm.admin.post(path, json={"revision": 1, "content": unbalanced})).json()
    assert [fault["code"] for fault in refused["errors"]] == ["unbalanced"]
    other = {"revision": 1, "content": _content(firm, file_id, "e2")}
    assert (await firm.admin.post(path, json=other)).json()["code"] == "other_entry"
    done = await firm.admin.post(f"/files/{file_id}/entries/e2/correction", json={"revision": 1})
    assert done.json()["code"] == "entry_not_correctable"
    await town.listen()
    asked = [event for event in town.heard if isinstance(event, EntryCorrectionRequested)]
    assert file_id not in {event.file_id for event in asked}


@pytest.mark.parametrize(
    ("state", "answer"), [("parked", "in_books"), ("parked", "not_in_books"), ("parked", "drop"), ("missing", "drop")]
)
async def test_a_person_decides_where_nobody_else_can_and_there_only(
    town: Any, firm: Any, state: str, answer: str
) -> None:
    file_id = await firm.add_file("a")
    sending = {"status": "sending", "delivery_id": "d1"}
    await firm.tell(
        firm.status(file_id, "e1", **sending, delivery_state=state),
        firm.status(file_id, "e2", **sending, delivery_state="unknown"),
    )
    path = f"/files/{file_id}/entries"
    body = {"delivery_id": "d1", "answer": answer}
    for entry_id, other in (("e2", {}), ("e1", {"delivery_id": "d9"})):
        refused = await firm.admin.post(f"{path}/{entry_id}/resolution", json=body | other)
        assert refused.json()["code"] == "delivery_not_parked"
    assert (await firm.admin.post(f"{path}/e1/resolution", json=body)).status_code == 202
    said = await town.hear(DeliveryResolutionRequested, lambda event: event.file_id == file_id)
    assert (said.delivery_id, said.answer, said.requested_by) == ("d1", answer, "usr_ada")
    acts = (await firm.admin.get("/audit", params={"subject": "d1"})).json()["acts"]
    assert acts[0]["details"] == {"file_id": file_id, "entry_id": "e1", "answer": answer}


async def test_a_delivery_in_doubt_is_a_person_s_to_decide_while_nobody_asks_the_software(town: Any, firm: Any) -> None:
    file_id, connection_id = await firm.active_file()
    doubtful = {"status": "sending", "delivery_state": "unknown"}
    await firm.tell(*(firm.status(file_id, f"e{n}", **doubtful, delivery_id=f"d{n}") for n in (1, 2)))

    async def answer(number: int) -> Any:
        body = {"delivery_id": f"d{number}", "answer": "in_books"}
        return await firm.admin.post(f"/files/{file_id}/entries/e{number}/resolution", json=body)

    async def fares(version: int, health: str) -> None:
        said = {"firm_id": firm.id, "connection_id": connection_id, "connector": "x", "version": version}
        await town.say(ConnectionHealthChanged.model_validate(said | {"health": health, "since": now()}))
        await town.eventually(
            lambda: firm.admin.get(f"/connections/{connection_id}"),
            lambda shown: shown.json()["health"] and shown.json()["health"]["state"] == health,
        )

    assert (await answer(1)).json()["code"] == "delivery_not_parked"
    await fares(1, "credentials_refused")
    assert (await answer(1)).status_code == 202
    await fares(2, "connected")
    assert (await answer(2)).json()["code"] == "delivery_not_parked"
    assert (await firm.admin.post(f"/connections/{connection_id}/disable")).status_code == 200
    assert (await answer(2)).status_code == 202
    refused = (await firm.admin.delete(f"/files/{file_id}/mapping")).json()
    assert refused["code"] == "outcome_unknown"
    decided = {"status": "synchronized", "delivery_state": "confirmed", "version": 2}
    await firm.tell(*(firm.status(file_id, f"e{n}", **decided, delivery_id=f"d{n}") for n in (1, 2)))
    assert (await firm.admin.delete(f"/files/{file_id}/mapping")).status_code == 200


async def test_accounts_are_let_be_created_where_leave_is_asked_and_there_only(town: Any, firm: Any) -> None:
    file_id, _ = await firm.active_file()
    await firm.tell(
        firm.status(file_id, "e1", status="ready", waiting_for=["creation_answer"]),
        firm.status(file_id, "e2", status="ready", waiting_for=["evening"]),
    )
    path = f"/files/{file_id}/entries"
    for entry_id, revision, code in (("e2", 1, "no_account_to_create"), ("e1", 2, "entry_moved_on")):
        refused = await firm.admin.post(f"{path}/{entry_id}/creation-answer", json={"revision": revision})
        assert refused.json()["code"] == code
    assert (await firm.admin.post(f"{path}/e1/creation-answer", json={"revision": 1})).status_code == 202
    said = await town.hear(EntryCreationAllowed, lambda event: event.file_id == file_id)
    assert (said.entry_id, said.revision, said.allowed_by) == ("e1", 1, "usr_ada")


LATELY = SHEET.model_copy(
    update={
        "connector": "lately",
        "name": "Lately",
        "documents": SHEET.documents.model_copy(update={"resend_alone": True}),
    }
)
"""A software that takes a document after its entry."""


async def test_a_missing_document_is_sent_again_where_the_software_takes_it_later(town: Any, firm: Any) -> None:
    await town.introduce(LATELY)
    there = SoftwareFile(software_file_id="late1", name="Durand")
    connection_id = await firm.connect(there, connector=LATELY.connector)
    late, never = await firm.add_file("Durand"), (await firm.active_file("never1"))[0]
    await firm.map(late, connection_id, "late1")
    said = {"status": "synchronized", "delivery_state": "confirmed", "delivery_id": "dlv_1"}
    await firm.tell(
        firm.status(late, "e1", **said, documents="missing"),
        firm.status(late, "e2", **said, documents="sent"),
        firm.status(never, "e1", **said, documents="missing"),
    )
    for file_id, entry_id, code in ((late, "e2", "document_not_missing"), (never, "e1", "document_not_taken_later")):
        refused = await firm.admin.post(f"/files/{file_id}/entries/{entry_id}/document-resending")
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert (await firm.admin.post(f"/files/{late}/entries/e1/document-resending")).status_code == 202
    asked = await town.hear(DocumentResendRequested, lambda event: event.file_id == late)
    assert (asked.entry_id, asked.delivery_id, asked.requested_by) == ("e1", "dlv_1", "usr_ada")
    browser = await signed_in(firm, town)
    page = await browser.get(f"/files/{late}/entries/e1")
    again = await browser.send(page, f"/files/{late}/entries/e1/document-resending")
    assert again.url.endswith("said=document_asked") and "Document asked to be sent again" in again.words
    without = await browser.get(f"/files/{never}/entries/e1")
    assert "Ledgerly takes no document after the entry: download it below" in without.words
    assert not without.tree.xpath("//form[contains(@action, 'document-resending')]")
    await browser.client.aclose()


async def test_a_possible_duplicate_is_declared_an_invoice_of_its_own_where_it_is_asked_and_there_only(
    town: Any, firm: Any
) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(
        firm.status(file_id, "e1", status="ready", waiting_for=["duplicate_answer"]),
        firm.status(file_id, "e2", status="ready", waiting_for=["documents"]),
    )
    path = f"/files/{file_id}/entries"
    refused = await firm.admin.post(f"{path}/e2/duplicate-answer", json={"answer": "distinct"})
    assert refused.json()["code"] == "no_possible_duplicate"
    assert (await firm.admin.post(f"{path}/e1/duplicate-answer", json={"answer": "distinct"})).status_code == 202
    said = await town.hear(EntryDuplicateAnswered, lambda event: event.file_id == file_id)
    assert (said.entry_id, said.answer, said.answered_by) == ("e1", "distinct", "usr_ada")


def _summary(day: str, amount: str, **other: str) -> dict[str, str]:
    return {"kind": "purchase", "journal": "ACH", "date": day, "amount": amount, "currency": "EUR"} | other


def _content(firm: Any, file_id: str, entry_id: str) -> dict[str, Any]:
    return {
        "firm_id": firm.id,
        "file_id": file_id,
        "entry_id": entry_id,
        "revision": 1,
        "kind": "purchase",
        "journal": {"code": "ACH"},
        "date": "2026-03-12",
        "label": "Papeterie",
        "lines": [
            {"account": "606400", "label": "Papeterie", "debit": "120.00", "credit": "0.00"},
            {"account": "401000", "label": "Papeterie", "debit": "0.00", "credit": "120.00"},
        ],
        "documents": [
            {
                "document_id": "doc_1",
                "file_name": "a.pdf",
                "media_type": "application/pdf",
                "bytes": 3,
                "sha256": "0" * 64,
                "url": "https://documents.example/a.pdf",
                "url_expires_at": "2026-03-12T17:34:11Z",
            }
        ],
    }
