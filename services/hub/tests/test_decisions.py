"""What people do about entries: they correct them, and decide where nobody else can."""

import asyncio
from typing import Any

import pytest
from services.hub.tests.browser import signed_in
from services.hub.tests.said import LATELY, REFUSED, content, validate

from qontable.clock import now
from qontable.events.connector import ConnectionHealthChanged
from qontable.events.hub import (
    DeliveryResolutionRequested,
    DocumentResendRequested,
    EntryCorrectionRequested,
    EntryCreationAllowed,
    EntryDuplicateAnswered,
    SoftwareFile,
)


async def test_an_entry_is_corrected_once_per_revision(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(firm.status(file_id, "e1", **REFUSED))
    path = f"/files/{file_id}/entries/e1/correction"
    corrected = {"revision": 1, "content": content(firm, file_id, "e1")}
    early = await firm.admin.post(path, json=corrected)
    assert (early.status_code, early.json()["code"]) == (409, "content_not_here")
    await validate(town, content(firm, file_id, "e1"))
    corrected["content"]["lines"][0]["account"] = "606300"
    answers = await asyncio.gather(*(firm.admin.post(path, json=corrected) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "correction_under_way"}
    asked = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id)
    assert asked.content is not None
    assert (asked.content.lines[0].account, asked.content.documents[0].size) == ("606300", 3)
    assert asked.content.documents[0].url == "", "links are the platform's"
    await firm.tell(firm.status(file_id, "e1", version=2, revision=2, **REFUSED))
    outdated = await firm.admin.post(path, json={"revision": 1})
    assert (outdated.json()["code"], "2" in outdated.json()["detail"]) == ("entry_moved_on", True)
    assert (await firm.admin.post(path, json={"revision": 2})).status_code == 202
    as_it_is = await town.hear(EntryCorrectionRequested, lambda event: event.file_id == file_id and event.revision == 2)
    assert (as_it_is.content, as_it_is.requested_by) == (None, "usr_ada")


async def test_what_the_form_does_not_correct_no_correction_changes(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(firm.status(file_id, "e1", **REFUSED))
    await validate(town, content(firm, file_id, "e1"))
    typed = content(firm, file_id, "e1")
    typed["lines"][0]["debit"] = typed["lines"][1]["credit"] = "999.00"
    typed["documents"][0]["sha256"] = "1" * 64
    typed["lines"][1]["subsidiary"] = {"code": "401DUR", "label": "Durand", "kind": "supplier"}
    path = f"/files/{file_id}/entries/e1/correction"
    refused = await firm.admin.post(path, json={"revision": 1, "content": typed})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_corrected_here"), refused.text
    assert [fault["where"] for fault in refused.json()["errors"]] == [
        "content.documents.0.sha256",
        "content.lines.0.debit",
        "content.lines.1.credit",
        "content.lines.1.subsidiary",
    ]
    as_in_the_form = content(firm, file_id, "e1") | {"date": "2026-03-13", "journal": {"code": "AC2"}, "documents": []}
    gone = await firm.admin.post(path, json={"revision": 1, "content": as_in_the_form})
    assert gone.json()["code"] == "not_corrected_here", "a document stays"
    kept = as_in_the_form | {"documents": content(firm, file_id, "e1")["documents"]}
    assert (await firm.admin.post(path, json={"revision": 1, "content": kept})).status_code == 202


async def test_a_correction_that_cannot_be_booked_is_refused_at_once(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(firm.status(file_id, "e1", **REFUSED), firm.status(file_id, "e2", status="synchronized"))
    path = f"/files/{file_id}/entries/e1/correction"
    unbalanced = content(firm, file_id, "e1")
    unbalanced["lines"][0]["debit"] = "120.01"
    unbalanced["date"] = "2026-02-31"
    refused = (await firm.admin.post(path, json={"revision": 1, "content": unbalanced})).json()
    assert refused["code"] == "entry_refused"
    assert [(fault["where"], fault["code"]) for fault in refused["errors"]] == [("content.date", "impossible_date")]
    assert refused["errors"][0]["remedy"]["fr"]
    unbalanced["date"] = "2026-02-28"
    refused = (await firm.admin.post(path, json={"revision": 1, "content": unbalanced})).json()
    assert [fault["code"] for fault in refused["errors"]] == ["unbalanced"]
    other = {"revision": 1, "content": content(firm, file_id, "e2")}
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
