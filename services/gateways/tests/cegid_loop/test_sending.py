"""What becomes of entries that leave together: every way Cegid Loop can answer, on a real socket."""

from dataclasses import replace
from typing import Any

import pytest

from gateways.connectors.cegid_loop.client import CegidLoop
from gateways.domain.deadline import Deadline
from gateways.domain.outcome import (
    BatchRefused,
    CouldNotAsk,
    Found,
    JobAccepted,
    NotFound,
    NotSent,
    Rejected,
    StillPending,
    Throttled,
    Unknown,
)
from gateways.domain.port import Session

TAKEN = {"accountingImportRequestId": "3f0e"}
ACTIVATE = "An error occurred during the JSON import request: The collaborator 7 does not have access to the folder X"


async def test_entries_of_a_month_leave_in_one_call_and_share_its_job(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/importJson", make.reply(TAKEN))
    outcomes = await connector.send(session, make.several("2026-03-01", "2026-03-31", "2026-04-01"))
    assert [(item.handle, item.together) for item in outcomes if isinstance(item, JobAccepted)] == [
        ("3f0e", 2), ("3f0e", 2), ("3f0e", 1),
    ]  # fmt: skip
    assert [len(body["data"]["ecritures"]) for body in software.imports()] == [6, 3]
    assert {body["codeIbs"] for body in software.imports()} == {"DOS0042"}
    headers = software.requests[0][3]
    assert headers["Ocp-Apim-Subscription-Key"] == "subscription-key"
    assert headers["x-apikey"] == "public-part:secret-part"


@pytest.mark.parametrize(
    ("answer", "kind", "category"),
    [
        ({"status": 429}, Throttled, "throttled"),
        ({"status": 401}, NotSent, "credentials_refused"),
        ({"status": 500}, Unknown, "answer_unclear"),
        ({"status": 404}, Unknown, "answer_unclear"),
        ({"content": {}}, Unknown, "answer_unclear"),
        ({"raw": b"<html>"}, Unknown, "answer_unclear"),
        ({"content": {"error": {"instanceId": "i", "message": ACTIVATE}}}, Rejected, "connector_not_activated"),
        ({"content": {"error": {"message": "unknown folder"}}}, Rejected, "software_file_unknown"),
        ({"content": {"error": {"message": "half a cut-off"}}}, BatchRefused, "cut_off_refused"),
        ({"content": {"error": "whatever"}}, BatchRefused, "refused"),
        ({"status": 413}, BatchRefused, "request_too_large"),
    ],
)
async def test_what_is_answered_to_two_entries(
    connector: CegidLoop, session: Session, software: Any, make: Any, answer: Any, kind: type, category: str
) -> None:
    software.on("/importJson", make.reply(**answer))
    outcomes = await connector.send(session, make.several("2026-03-01", "2026-03-31"))
    assert [type(item) for item in outcomes] == [kind, kind]
    assert {item.message.category for item in outcomes if not isinstance(item, JobAccepted)} == {category}
    if kind is BatchRefused:
        assert {item.together for item in outcomes if isinstance(item, BatchRefused)} == {2}


async def test_one_entry_refused_alone_is_rejected_in_the_software_s_words(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/importJson", make.error("Half a cut-off"))
    (outcome,) = await connector.send(session, (make.parcel(),))
    assert isinstance(outcome, Rejected)
    assert (outcome.message.text, outcome.exchange.request_id) == ("Half a cut-off", "b7c1")


async def test_an_entry_that_cannot_leave_keeps_nobody_back(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/importJson", make.reply(TAKEN))
    good, bad, other = make.several("2026-03-01", "2026-03-02", "2026-03-03")
    bad = replace(bad, documents=(make.document(media_type="application/zip"),))
    first, second, third = await connector.send(session, (good, bad, other))
    assert isinstance(second, Rejected)
    assert isinstance(first, JobAccepted)
    assert isinstance(third, JobAccepted)
    assert first.together == third.together == 2


async def test_a_third_party_that_loop_does_not_have_is_never_replaced_by_a_waiting_one(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    """It is looked for on every route, and found ones are remembered."""
    session.books.kept["account"].clear()  # type: ignore[attr-defined]
    for route in ("/tiersFournisseur", "/tiersClient", "/tierssalarie", "/tiersDivers"):
        software.on(route, make.reply([]))
    (outcome,) = await connector.send(session, (make.parcel(),))
    assert isinstance(outcome, Rejected)
    assert (outcome.message.category, "FDURAND" in outcome.message.text) == ("subsidiary_unknown", True)
    assert not software.imports()
    software.on("/tiersClient", make.reply([{"objectId": "t-1", "code": "FDURAND"}]))
    software.on("/importJson", make.reply(TAKEN))
    (outcome,) = await connector.send(session, (make.parcel(),))
    assert isinstance(outcome, JobAccepted)
    asked = len(software.asked("/tiersClient"))
    await connector.send(session, (make.parcel(),))
    assert len(software.asked("/tiersClient")) == asked


async def test_where_the_file_s_policy_creates_third_parties_none_is_looked_for(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    session.books.kept["account"].clear()  # type: ignore[attr-defined]
    software.on("/importJson", make.reply(TAKEN))
    (outcome,) = await connector.send(session, (make.parcel(creates=True),))
    assert isinstance(outcome, JobAccepted)
    assert software.imports()[0]["data"]["options"]["createNewTiers"] is True


async def test_a_question_before_sending_that_fails_leaves_everything_unsent(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    session.books.kept["account"].clear()  # type: ignore[attr-defined]
    software.on("/tiersFournisseur", make.reply(status=503))
    (outcome,) = await connector.send(session, (make.parcel(),))
    assert isinstance(outcome, NotSent)
    assert not software.imports()


async def test_nothing_leaves_once_its_time_is_over(connector: CegidLoop, session: Session, make: Any) -> None:
    (outcome,) = await connector.send(replace(session, deadline=Deadline.after(0.1)), (make.parcel(),))
    assert isinstance(outcome, NotSent)


async def test_no_secret_and_no_link_comes_back_or_is_kept(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    document = make.document("doc-canary")
    software.on("/importJson", make.error(f"x-apikey public-part:secret-part, subscription-key: {document.link}"))
    outcomes = await connector.send(session, (make.parcel(document), make.parcel(document)))
    told = repr((outcomes, session, connector))
    for secret in ("secret-part", "subscription-key", document.link):
        assert secret not in told
    assert b"(hidden)" in (outcomes[0].exchange.answered or b"")


# What became of a job


@pytest.mark.parametrize("answer", [{"status": 1}, {"status": 2}, {"status": "2"}, {"importStatus": 1}, 1])
async def test_a_job_that_runs_is_pending(
    connector: CegidLoop, session: Session, software: Any, make: Any, answer: Any
) -> None:
    software.on("/getImportStatus", make.reply(answer))
    assert isinstance(await connector.verify(session, make.parcel(), "3f0e"), StillPending)
    assert software.asked("/getImportStatus") == [{"accountingImportRequestId": "3f0e"}]


async def test_entries_of_one_job_share_the_question(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/getImportStatus", make.reply({"status": 2}))
    for parcel in make.several("2026-03-01", "2026-03-02"):
        await connector.verify(session, parcel, "3f0e")
    assert len(software.asked("/getImportStatus")) == 1
    await connector.verify(make.anew(session), make.parcel(), "3f0e")
    assert len(software.asked("/getImportStatus")) == 2


async def test_a_job_that_is_done_is_believed_when_the_books_show_the_entry(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/getImportStatus", make.reply({"status": 3}))
    software.on("/EcritureComptable", make.reply([{"objectId": "e-1"}]), make.reply([]))
    found = await connector.verify(session, make.parcel(make.document()), "3f0e")
    assert isinstance(found, Found)
    assert (found.software_entry_id, found.documents) == ("e-1", "sent")
    assert isinstance(await connector.verify(session, make.parcel(), "3f0e"), NotFound)


@pytest.mark.parametrize(
    ("answer", "text", "category"),
    [
        ({"status": 4}, "", "import_failed"),
        ({"status": 4, "message": "Journal AC inconnu"}, "Journal AC inconnu", "journal_unknown"),
        ({"status": 4, "error": {"instanceId": "i", "message": "unbalanced"}}, "i unbalanced", "unbalanced"),
    ],
)
async def test_a_failed_job_blames_nobody_alone(
    connector: CegidLoop, session: Session, software: Any, make: Any, answer: Any, text: str, category: str
) -> None:
    software.on("/getImportStatus", make.reply(answer))
    software.on("/EcritureComptable", make.reply([]))
    outcome = await connector.verify(session, make.parcel(), "3f0e")
    assert isinstance(outcome, BatchRefused)
    assert outcome.message.category == category
    assert text in outcome.message.text or not text


async def test_what_a_failed_job_booked_nevertheless_is_found(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/getImportStatus", make.reply({"status": 4, "message": "unbalanced"}))
    software.on("/EcritureComptable", make.reply([{"objectId": "e-1"}]))
    assert isinstance(await connector.verify(session, make.parcel(), "3f0e"), Found)


async def test_a_failed_job_whose_file_is_to_blame_returns_every_entry(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/getImportStatus", make.reply({"status": 4, "message": ACTIVATE}))
    software.on("/EcritureComptable", make.reply([]))
    outcome = await connector.verify(session, make.parcel(), "3f0e")
    assert isinstance(outcome, Rejected)
    assert outcome.message.category == "connector_not_activated"


@pytest.mark.parametrize("answer", [{"status": 5}, {"done": True}, [], "ok"])
async def test_a_state_that_is_none_of_the_four_is_no_answer(
    connector: CegidLoop, session: Session, software: Any, make: Any, answer: Any
) -> None:
    software.on("/getImportStatus", make.reply(answer))
    assert isinstance(await connector.verify(session, make.parcel(), "3f0e"), CouldNotAsk)


async def test_a_job_that_loop_denies_is_judged_by_the_books(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/getImportStatus", make.error("No import 3f0e"))
    software.on("/EcritureComptable", make.reply([{"objectId": "e-1"}]), make.reply([]))
    assert isinstance(await connector.verify(session, make.parcel(), "3f0e"), Found)
    assert isinstance(await connector.verify(make.anew(session), make.parcel(), "3f0e"), CouldNotAsk)
