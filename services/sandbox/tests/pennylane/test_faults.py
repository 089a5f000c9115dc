"""Faults at this software: what becomes of an entry, what the caller sees, and what the judge says of it."""

import hashlib
from typing import Any

import httpx
import pytest

from sandbox.adapters.published import mark, record
from sandbox.domain.published import PublishedEntry

from ..served import eventually
from .conftest import PDF, Company, Stand

MARKED = [{"field": "journal_id", "operator": "gt", "value": 0}]


async def _found(company: Company) -> int:
    return len(await company.list("ledger_entries", MARKED))


async def test_it_books_and_the_line_breaks(company: Company) -> None:
    await company.fault("book_and_cut")
    with pytest.raises(httpx.TransportError):
        await company.book()
    assert await _found(company) == 1


async def test_it_books_and_says_500(company: Company) -> None:
    await company.fault("book_and_error")
    response = await company.book()
    assert (response.status_code, response.json()) == (500, {"error": "Internal Server Error", "status": 500})
    assert await _found(company) == 1


async def test_it_stalls_after_it_has_booked(company: Company) -> None:
    await company.fault("answer_late", seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        await company.api.post(f"{company.path}/ledger_entries", json=company.entry(), timeout=1)

    async def booked() -> bool:
        return await _found(company) == 1

    await eventually(booked)


async def test_it_books_later(company: Company) -> None:
    await company.fault("book_later", seconds=0.2)
    with pytest.raises(httpx.TransportError):
        await company.book()

    async def booked() -> bool:
        return await _found(company) == 1

    await eventually(booked)


async def test_a_file_is_kept_later(stand: Stand, company: Company) -> None:
    await company.fault("book_later", route="POST /file_attachments", seconds=0.1, reply="server_error")
    assert (await company.upload()).status_code == 500

    async def kept() -> bool:
        found = await stand.database.pool.fetchval(
            "select sha256 from software_attachments where software_file_id = $1", company.id
        )
        return bool(found == hashlib.sha256(PDF).hexdigest())

    await eventually(kept)


async def test_look_ups_show_it_later(stand: Stand, company: Company) -> None:
    await company.fault("show_later", seconds=600)
    made = (await company.book()).json()
    assert await _found(company) == 0
    assert await company.list("ledger_entry_lines") == []
    assert (await company.api.get(f"{company.path}/ledger_entries/{made['id']}")).status_code == 404
    await stand.database.pool.execute("update booked_entries set shown_at = now() where id = $1", made["id"])
    assert await _found(company) == 1


NOT_BOOKED: dict[str, tuple[int, str]] = {
    "server_error": (500, "application/json"),
    "maintenance": (503, "application/json"),
    "garbage": (201, "text/html"),
    "throttle": (429, "text/plain"),
    "refuse_document": (409, "application/json"),
}


async def test_what_is_answered_without_booking(company: Company) -> None:
    for kind, (status, media_type) in NOT_BOOKED.items():
        await company.fault(kind, seconds=7)
        response = await company.book()
        shown = 200 if kind == "garbage" else status
        assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (shown, media_type), kind
        if kind == "throttle":
            assert response.headers["retry-after"] == "7"
    await company.fault("refuse_document", route="POST /file_attachments")
    assert (await company.upload()).status_code == 422
    assert await _found(company) == 0


async def test_an_answer_without_the_entry(company: Company) -> None:
    await company.fault("answer_without_entry")
    response = await company.book()
    assert (response.status_code, response.json()) == (201, {})
    assert await _found(company) == 1


class Judged:
    """What was published for a company, and how it is booked."""

    def __init__(self, stand: Stand, company: Company) -> None:
        self.stand = stand
        self.company = company

    async def publish(self, number: int) -> dict[str, Any]:
        content = {
            "firm_id": "frm_1",
            "file_id": f"fil_{self.company.id}",
            "entry_id": f"ent_{number}",
            "revision": 1,
            "kind": "purchase",
            "journal": {"code": "ACH", "label": "Achats"},
            "date": "2026-03-12",
            "due_date": "2026-04-11",
            "label": "Papeterie Durand",
            "document_number": f"2026-03-{number:04d}",
            "invoice_number": f"FD-2026-{number:04d}",
            "currency": "EUR",
            "lines": [
                {"account": "606400", "label": "Papeterie Durand", "debit": "100.10", "credit": "0.00"},
                {"account": "445660", "label": "TVA 20 %", "debit": "20.02", "credit": "0.00"},
                {
                    "account": "401000",
                    "subsidiary": {"code": "DURAND", "label": "Papeterie Durand", "kind": "supplier"},
                    "label": "Papeterie Durand",
                    "debit": "0.00",
                    "credit": "120.12",
                },
            ],
        }
        row = PublishedEntry(
            "frm_1",
            f"fil_{self.company.id}",
            f"ent_{number}",
            1,
            "pennylane",
            str(self.company.id),
            f"ACH/{number}",
            content,
            (hashlib.sha256(PDF).hexdigest(),),
        )
        async with self.stand.database.transaction() as connection:
            await record(connection, [row])
            await mark(connection, {(row.file_id, row.entry_id): f"AAA{number}"})
        return content

    async def book(self, content: dict[str, Any], number: int) -> None:
        attachment = (await self.company.upload()).json()["id"]
        suffix = f" (#AAA{number}#)"
        names = {"606400": "606400", "445660": "445660", "401000": "401DURAND"}
        response = await self.company.book(
            label=f"{content['label']} {content['invoice_number']}{suffix}",
            file_attachment_id=attachment,
            ledger_entry_lines=[
                self.company.line(names[line["account"]], line["debit"], line["credit"], label=line["label"] + suffix)
                for line in content["lines"]
            ],
        )
        assert response.status_code == 201, response.text

    async def verdict(self) -> dict[str, Any]:
        query = {"connector": "pennylane", "software_file": self.company.code}
        response = await self.stand.control.get("/ledger", params=query)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


async def test_books_that_hold_what_was_published_are_clean(stand: Stand, company: Company) -> None:
    judged = Judged(stand, company)
    for number in (1, 2):
        await judged.book(await judged.publish(number), number)
    verdict = await judged.verdict()
    assert verdict["clean"] is True, verdict
    assert (verdict["entries"], verdict["lines"], verdict["documents"], verdict["cuts"]) == (2, 6, 2, [])
    assert verdict["accounts"] == verdict["published"]["accounts"]


async def test_the_judge_names_what_is_doubled_lost_altered_and_unexpected(stand: Stand, company: Company) -> None:
    judged = Judged(stand, company)
    for number, fault in enumerate((None, "book_extra", "drop", "alter_a_cent", "lose_documents"), 1):
        if fault is not None:
            await company.fault(fault)
        await judged.book(await judged.publish(number), number)
    again = await judged.publish(6)
    await judged.book(again, 6)
    await judged.book(again, 6)
    await company.book(label="nobody's", ledger_entry_lines=company.entry()["ledger_entry_lines"])
    verdict = await judged.verdict()
    assert verdict["doubled"] == ["ACH/2", "ACH/6"]
    assert verdict["lost"] == ["ACH/3"]
    assert verdict["altered"] == ["ACH/4", "ACH/5"]
    assert len(verdict["unexpected"]) == 1


async def test_a_draft_is_not_in_the_books(stand: Stand, company: Company) -> None:
    judged = Judged(stand, company)
    await company.change("", books_as_draft=True)
    await judged.book(await judged.publish(1), 1)
    assert (await judged.verdict())["lost"] == ["ACH/1"]
