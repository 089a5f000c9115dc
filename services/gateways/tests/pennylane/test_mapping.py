"""What leaves for Pennylane: the body of an entry, its mark, and what is said where something had to be left out."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.connectors.pennylane.attachments import multipart
from gateways.connectors.pennylane.mapping import Composed, Ids, check_bookable, compose
from gateways.connectors.pennylane.texts import texts_of
from gateways.domain.judgement import Unbookable
from gateways.domain.port import DocumentUnavailable
from qontable.sheet import Sheet

IDS = Ids(journal=30412, accounts={"606400": 511001, "445660": 511087, "401DURAND": 512340}, attachment=88123)
PRINTED = {
    "date": "2026-03-12",
    "label": "Papeterie Durand FD-2026-0147",
    "journal_id": 30412,
    "file_attachment_id": 88123,
    "currency": "EUR",
    "ledger_entry_lines": [
        {"ledger_account_id": 511001, "debit": "100.00", "credit": "0.00", "label": "Papeterie Durand"},
        {"ledger_account_id": 511087, "debit": "20.00", "credit": "0.00", "label": "TVA deductible 20 %"},
        {"ledger_account_id": 512340, "debit": "0.00", "credit": "120.00", "label": "Papeterie Durand"},
    ],
}
"""The body that the vendor facts print for this purchase (section 2)."""
MARK = " (#A7K2#)"
GOLDEN = Path(__file__).parent / "golden"


def line(account: str, debit: str, credit: str, **more: Any) -> dict[str, Any]:
    return {"account": account, "label": "Ligne", "debit": debit, "credit": credit, **more}


def body(composed: Composed) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(composed.content)
    return content


async def test_the_purchase_leaves_as_the_facts_print_it_with_its_mark(make: Any, sheet: Sheet) -> None:
    composed = compose(make.parcel((make.document(),)), sheet, IDS)
    assert body(composed) == {**PRINTED, "label": f"{PRINTED['label']}{MARK}"}
    assert composed.cuts == ()
    assert list(body(composed)) == list(PRINTED)


async def test_the_same_entry_gives_the_same_bytes(make: Any, sheet: Sheet) -> None:
    first, second = (compose(make.parcel((make.document(),)), sheet, IDS) for _ in range(2))
    assert first.content == second.content == (GOLDEN / "purchase.json").read_bytes().rstrip(b"\n")
    form, content_type = multipart(make.document(), "FD-2026-0147.pdf")
    sent = b"".join([chunk async for chunk in form.chunks()])
    assert len(sent) == form.length
    assert sent == (GOLDEN / "upload.multipart").read_bytes()
    assert content_type.split("boundary=")[1].encode() in sent


def test_an_entry_without_document_names_none(make: Any, sheet: Sheet) -> None:
    composed = compose(make.parcel(), sheet, Ids(IDS.journal, IDS.accounts))
    assert "file_attachment_id" not in body(composed)


@pytest.mark.parametrize("length", [245, 246, 247, 300])
def test_the_mark_survives_whatever_the_label_s_length(make: Any, sheet: Sheet, length: int) -> None:
    texts = texts_of(make.parcel(label="x" * length), sheet)
    assert texts.label == "x" * min(length, 246) + MARK
    assert [cut.where for cut in texts.cuts] == (["label"] if length > 246 else [])


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=400))
def test_every_label_ends_with_the_mark_within_the_limit(sheet: Sheet, label: str) -> None:
    from .conftest import parcel

    texts = texts_of(parcel(label=label or "x"), sheet)
    assert texts.label.endswith(MARK)
    assert len(texts.label) <= 255


def test_what_has_no_field_is_told(make: Any, sheet: Sheet) -> None:
    foreign = {"currency": "USD", "debit": "110.00", "credit": "0.00", "rate": "1.1"}
    shares = [{"axis": "REGIONS", "section": "SUD", "amount": "100.00"}]
    lines = [line("606400", "100.00", "0.00", foreign=foreign, analytic=shares), line("401DURAND", "0.00", "100.00")]
    told = [(cut.where, cut.original, cut.sent) for cut in texts_of(make.parcel(lines=lines), sheet).cuts]
    assert told == [("lines.0.analytic", "REGIONS/SUD 100.00", ""), ("lines.0.foreign", "110.00 USD", "")]


def test_negative_amounts_keep_their_sign(make: Any, sheet: Sheet) -> None:
    lines = [line("606400", "-5.10", "0.00"), line("401DURAND", "0.00", "-5.10")]
    sent = body(compose(make.parcel(lines=lines), sheet, IDS))["ledger_entry_lines"]
    assert [(item["debit"], item["credit"]) for item in sent] == [("-5.10", "0.00"), ("0.00", "-5.10")]


def test_a_line_without_label_leaves_without_one(make: Any, sheet: Sheet) -> None:
    lines = [line("606400", "5.00", "0.00", label=" "), line("401DURAND", "0.00", "5.00")]
    sent = body(compose(make.parcel(lines=lines), sheet, IDS))["ledger_entry_lines"]
    assert ["label" in item for item in sent] == [False, True]


@pytest.mark.parametrize(
    ("changes", "documents", "category"),
    [
        ({"currency": "USD"}, [], "book_currency"),
        ({"lines": [line("606400", "1.00", "0.00"), line("401", "0.00", "1.00")] * 501}, [], "too_many_lines"),
        ({}, [{}, {}], "too_many_documents"),
        ({}, [{"media_type": "text/csv"}], "document_refused"),
        ({}, [{"size": 100_000_001}], "document_too_large"),
    ],
)
def test_what_the_route_cannot_carry_is_refused_before_anything_is_sent(
    make: Any, sheet: Sheet, changes: dict[str, Any], documents: list[dict[str, Any]], category: str
) -> None:
    parcel = make.parcel(tuple(make.document(**document) for document in documents), **changes)
    with pytest.raises(Unbookable) as raised:
        check_bookable(parcel, sheet)
    assert raised.value.category == category


def test_a_thousand_lines_are_taken(make: Any, sheet: Sheet) -> None:
    check_bookable(make.parcel(lines=[line("606400", "1.00", "0.00"), line("401", "0.00", "1.00")] * 500), sheet)


@pytest.mark.parametrize("name", ['a "quoted" name.pdf', "two\r\nlines.pdf", "é (1).pdf"])
async def test_no_name_breaks_the_form(make: Any, name: str) -> None:
    form, content_type = multipart(make.document(), name)
    sent = b"".join([chunk async for chunk in form.chunks()])
    assert len(sent) == form.length
    boundary = content_type.split("boundary=")[1].encode()
    assert sent.count(b"--" + boundary) == 3
    assert sent.count(b"\r\n\r\n") == 2


async def test_a_document_that_is_not_the_one_kept_never_completes_its_form(make: Any) -> None:
    form, _ = multipart(make.document(sha256="0" * 64), "x.pdf")
    sent = b""
    with pytest.raises(DocumentUnavailable):
        async for chunk in form.chunks():
            sent += chunk
    assert not sent.endswith(b"--\r\n")
