"""The judge: what it names, and what it lets pass as a declared cut. On a real ledger, through the vendor's own API."""

import hashlib
from typing import Any

import pytest

from qontable.database import Database

from .conftest import PDF, SoftwareFile, Stand
from .judged import Books, content_of, reference_of

LONG = "Papeterie Durand, fournitures de bureau et mobilier pour l'atelier de Nantes"


@pytest.fixture
def books(stand: Stand, file: SoftwareFile) -> Books:
    return Books(stand, file)


async def test_books_that_hold_what_was_published_are_clean(books: Books) -> None:
    for number in (1, 2):
        await books.book(await books.publish(number))
    verdict = await books.verdict()
    assert verdict["clean"] is True
    assert (verdict["entries"], verdict["lines"], verdict["documents"]) == (2, 6, 2)
    assert verdict["accounts"] == verdict["published"]["accounts"]
    assert verdict["accounts"]["401DURAND"] == {"debit": "0.00", "credit": "240.24"}
    assert verdict["accounts"]["606400"] == {"debit": "200.20", "credit": "0.00"}


async def test_an_extra_a_dropped_an_altered_entry_and_a_lost_document_are_each_named(books: Books) -> None:
    """Issue 3, "shows" 2: the sandbox itself errs, and its ledger names each."""
    for number, fault in enumerate((None, "book_extra", "drop", "alter_a_cent", "lose_documents"), 1):
        if fault is not None:
            await books.file.fault(fault, route="POST /entry", count=1)
        await books.book(await books.publish(number))
    verdict = await books.verdict()
    assert verdict["clean"] is False
    assert verdict["doubled"] == ["ACH/2"]
    assert verdict["lost"] == ["ACH/3"]
    assert verdict["altered"] == ["ACH/4", "ACH/5"]
    cent = [(item["what"], item["published"], item["booked"]) for item in verdict["differences"]["ACH/4"]]
    assert cent == [("amount", "100.10", "100.11"), ("amount", "120.12", "120.13")]
    document = verdict["differences"]["ACH/5"]
    assert [(item["what"], item["booked"]) for item in document] == [("document", "")]
    assert document[0]["published"] == hashlib.sha256(PDF).hexdigest()


async def test_what_nobody_published_is_unexpected(books: Books) -> None:
    await books.book(await books.publish(1))
    stray = content_of(books.file, 99, 1)
    await books.book(stray)
    assert (await books.file.book()).status_code == 200
    verdict = await books.verdict()
    assert (len(verdict["unexpected"]), verdict["clean"]) == (2, False)
    reasons = sorted(verdict["reasons"].values())
    assert reasons == ["no reference", f"reference {reference_of(stray)} was never published"]


ALTERATIONS: dict[str, dict[str, Any]] = {
    "label": {"label": "Papeterie Dupont"},
    "due date": {"deadline": "2026-04-12"},
    "piece": {"piece": "OTHER"},
    "currency": {"currency": "USD"},
}


@pytest.mark.parametrize("what", ALTERATIONS)
async def test_an_alteration_is_named_with_both_values(books: Books, what: str) -> None:
    await books.book(await books.publish(1), **ALTERATIONS[what])
    verdict = await books.verdict()
    assert verdict["altered"] == ["ACH/1"]
    assert {item["what"] for item in verdict["differences"]["ACH/1"]} == {what}


async def test_another_account_journal_date_order_and_number_of_lines(books: Books) -> None:
    content = await books.publish(1)
    await books.book(content, account_id=books.file.accounts["101000"])
    content = await books.publish(2)
    await books.book(content | {"journal": {"code": "OD", "label": ""}})
    content = await books.publish(3)
    await books.book(content | {"date": "2026-03-13"})
    content = await books.publish(4)
    await books.book(content | {"lines": content["lines"][::-1]})
    content = await books.publish(5)
    lines = [content["lines"][0] | {"debit": "120.12"}, content["lines"][2]]
    await books.book(content | {"lines": lines})
    verdict = await books.verdict()
    named = {key: {item["what"] for item in found} for key, found in verdict["differences"].items()}
    assert named["ACH/1"] == {"account"}
    assert named["ACH/2"] == {"journal"}
    assert named["ACH/3"] == {"date"}
    assert named["ACH/4"] >= {"account", "amount"}
    assert named["ACH/5"] == {"lines"}


async def test_a_document_of_other_bytes_and_one_too_many(books: Books) -> None:
    await books.book(await books.publish(1), document=b"another")
    await books.book(await books.publish(2, document=None))
    verdict = await books.verdict()
    assert [len(verdict["differences"][key]) for key in ("ACH/1", "ACH/2")] == [2, 1]
    assert verdict["differences"]["ACH/2"][0]["published"] == ""


async def test_declared_cuts_are_listed_and_alter_nothing(books: Books) -> None:
    content = await books.publish(1, lines=[line | {"label": LONG} for line in content_of(books.file, 1, 1)["lines"]])
    await books.book(content)
    verdict = await books.verdict()
    assert verdict["clean"] is True
    labels = [cut for cut in verdict["cuts"] if cut["where"].endswith("label")]
    assert {(cut["entry"], cut["published"], cut["booked"]) for cut in labels} == {("ACH/1", LONG, LONG[:50])}
    pieces = {(cut["published"], cut["booked"]) for cut in verdict["cuts"] if cut["where"].endswith("number")}
    assert pieces == {("2026-03-0001", "2026030001"), ("FD-2026-0001", "FD20260001")}


async def test_a_label_cut_before_the_limit_is_altered(books: Books) -> None:
    await books.book(await books.publish(1), label="Papeterie")
    assert (await books.verdict())["altered"] == ["ACH/1"]


async def test_foreign_amounts_and_the_third_partys_short_code(books: Books) -> None:
    lines = content_of(books.file, 1, 1)["lines"]
    lines[0]["foreign"] = {"currency": "USD", "debit": "110.25", "credit": "0.00", "rate": "1.1014"}
    lines[2]["subsidiary"]["code"] = "DURAND"
    content = await books.publish(1, lines=lines)
    booked = [*lines[:2], lines[2] | {"subsidiary": {"code": "401DURAND"}}]
    await books.book(content | {"lines": booked})
    verdict = await books.verdict()
    assert verdict["clean"] is True, verdict
    assert verdict["accounts"] == verdict["published"]["accounts"]
    assert "DURAND" in verdict["accounts"]


async def test_what_came_back_is_refused_with_its_reason_not_lost(books: Books) -> None:
    content = await books.publish(1)
    await _mark(books.stand.database, content, state="refused", reason="JOURNAL2: closed")
    verdict = await books.verdict()
    assert (verdict["lost"], verdict["refused"]) == ([], ["ACH/1"])
    assert verdict["reasons"] == {"ACH/1": "JOURNAL2: closed"}
    await books.book(content)
    verdict = await books.verdict()
    assert (verdict["refused"], verdict["unexpected"]) == ([], ["ACH/1"])


async def test_a_withdrawn_entry_may_be_absent_and_is_shown_where_it_came_too_late(books: Books) -> None:
    for number in (1, 2):
        content = await books.publish(number)
        await _mark(books.stand.database, content, state="withdrawn")
    await books.book(content)
    verdict = await books.verdict()
    assert verdict["clean"] is True
    assert verdict["open_differences"] == ["ACH/2"]


async def test_an_earlier_revision_in_the_books_is_an_open_difference(books: Books) -> None:
    first = await books.publish(1)
    await books.book(first)
    await books.publish(1, revision=2, date="2026-03-15")
    verdict = await books.verdict()
    assert verdict["clean"] is True
    assert verdict["open_differences"] == ["ACH/1"]
    assert "revision 1 is in the books" in verdict["reasons"]["ACH/1"]


async def test_entries_among_the_pending_ones_are_not_in_the_books(books: Books) -> None:
    content = await books.publish(1, document=None)
    body = books.file.entry(entry_origin_partner_id=reference_of(content))
    assert (await books.file.api.post("/entry/temp?type=o", json=body)).status_code == 200
    verdict = await books.verdict()
    assert (verdict["lost"], verdict["entries"]) == (["ACH/1"], 0)


async def test_an_entry_of_two_thousand_lines_is_compared_line_by_line(books: Books) -> None:
    lines = [{"account": "606400", "label": f"Ligne {n}", "debit": "1.00", "credit": "0.00"} for n in range(1999)]
    last = content_of(books.file, 1, 1)["lines"][2] | {"credit": "1999.00"}
    content = await books.publish(1, lines=[*lines, last])
    await books.book(content)
    assert (await books.verdict())["clean"] is True


async def test_without_a_name_the_file_published_to_last_is_judged_and_all_on_request(stand: Stand) -> None:
    one, two = Books(stand, await stand.file()), Books(stand, await stand.file())
    await one.book(await one.publish(1))
    await two.publish(1)
    last = (await stand.control.get("/ledger")).json()
    assert (last["software_files"], last["lost"]) == ([two.file.code], ["ACH/1"])
    whole = (await stand.control.get("/ledger", params={"connector": "myunisoft", "whole": True})).json()
    assert {one.file.code, two.file.code} <= set(whole["software_files"])
    assert f"{two.file.code}: ACH/1" in whole["lost"]
    assert (await stand.control.get("/ledger", params={"software_file": "NOBODY"})).status_code == 404


async def _mark(database: Database, content: dict[str, Any], state: str, reason: str | None = None) -> None:
    """What the platform writes when it hears of an entry's status."""
    await database.pool.execute(
        "update published set state = $3, reason = $4 where file_id = $1 and entry_id = $2",
        content["file_id"],
        content["entry_id"],
        state,
        reason,
    )
