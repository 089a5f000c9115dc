"""Entries as accountants follow them: found, counted, paged, with their history and their tries."""

from datetime import date, timedelta
from typing import Any

from services.hub.tests.said import REFUSED, summary

from qontable.clock import now
from qontable.events.delivery import EntryAttempted

FINDING = {"code": "account_unknown", "where": "lines.0.account", "message": {"fr": "Compte 6064 inconnu.", "en": "…"}}


async def test_entries_are_found_by_every_filter(firm: Any) -> None:
    file_id = await firm.add_file("a")
    await firm.tell(
        firm.status(file_id, "buy", **REFUSED, summary=summary("2026-03-12", "120.00", label="Papeterie Durand 100%")),
        firm.status(file_id, "sell", summary=summary("2026-03-13", "60.50", journal="VTE", kind="sale")),
        firm.status(file_id, "wait", waiting_for=["documents"], summary=summary("2026-04-01", "9.99")),
        firm.status(
            file_id,
            "stuck",
            status="sending",
            delivery_id="d",
            delivery_state="parked",
            summary=summary("2026-04-02", "1"),
        ),
        firm.status(file_id, "odd", status="to_verify", findings=[FINDING], summary=summary("2026-02-31", "many")),
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
            {"waiting_for": ["documents"], "summary": summary("2026-03-12", "1.00")},
            {"waiting_for": ["evening"], "summary": summary("2025-03-12", "1.00")},
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
    longest = summary("2026-03-12", "1.00") | texts
    waits = [f"{number}{'w' * 78}" for number in range(4)]
    await firm.tell(firm.status(file_id, entry_id, waiting_for=waits, detail="d" * 80, summary=longest))
    for query in ({"q": text[:100]}, {"third_party": text[:9]}, {"journal": text[:80]}, {"waiting_for": waits[3]}):
        (found,) = (await firm.admin.get(f"/files/{file_id}/entries", params=query)).json()["entries"]
        assert found["label"] == text[:500]


async def test_pages_of_entries_neither_repeat_nor_lose_one(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("a")
    first = date(2026, 1, 1)
    await town.say(
        *(
            firm.status(file_id, f"e{number:03}", summary=summary(str(first + timedelta(days=number % 9)), "1.00"))
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
