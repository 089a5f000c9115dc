"""What leaves for MyUnisoft: the body of an entry, and what it says of itself where something had to be cut."""

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Validator, validator_for

from gateways.adapters.http import Body
from gateways.connectors.myunisoft.mapping import Composed, Ids, Section, check_bookable, compose, number
from gateways.domain.judgement import Unbookable
from gateways.domain.port import DocumentUnavailable, Parcel
from qontable.sheet import Sheet

SCHEMA = Path(__file__).parents[5] / "shared" / "contracts" / "myunisoft" / "new-entry.schema.json"
IDS = Ids(
    society=4521,
    journal=77110,
    accounts={"606400": 910321, "445660": 910398, "401DURAND": 911207, "512000": 910001, "411ORCHIS": 911300},
    sections={
        ("REGIONS", "SUD"): Section(41, "Régions", 66, "Sud"),
        ("REGIONS", "NORD"): Section(41, "Régions", 67, "Nord"),
    },
)
PRINTED = {
    "date_piece": "2026-03-12",
    "etablissement_id": 4521,
    "diary_id": 77110,
    "entry_list": [
        {"account_id": 910321, "label": "Papeterie Durand FD20260147", "debit": 100.00, "credit": 0},
        {"account_id": 910398, "label": "TVA deductible 20", "debit": 20.00, "credit": 0},
        {"account_id": 911207, "label": "Papeterie Durand FD20260147", "debit": 0, "credit": 120.00},
    ],
}
"""The body that the vendor facts print for this purchase (section 1), without the fields that repeat on every line."""
ON_EVERY_LINE = {"deadline": "2026-04-11", "piece2": "FD20260147", "payment_type_id": -1}


async def sent(body: Body) -> bytes:
    """The body as it would arrive; its length is what was announced."""
    content = b"".join([chunk async for chunk in body.chunks()])
    assert len(content) == body.length
    return content


async def arrived(composed: Composed) -> Any:
    return json.loads(await sent(composed.body), parse_float=Decimal)


def line(account: str, debit: str, credit: str, **more: Any) -> dict[str, Any]:
    return {"account": account, "label": "Ligne", "debit": debit, "credit": credit, **more}


async def test_the_purchase_leaves_as_the_facts_print_it(make: Any, sheet: Sheet) -> None:
    composed = compose(make.parcel((make.document(file_name="FD20260147.pdf"),)), sheet, IDS)
    body = await arrived(composed)
    assert {name: body[name] for name in ("date_piece", "etablissement_id", "diary_id")} == {
        name: PRINTED[name] for name in ("date_piece", "etablissement_id", "diary_id")
    }
    assert body["entry_list"] == [{**printed, **ON_EVERY_LINE} for printed in PRINTED["entry_list"]]  # type: ignore[attr-defined]
    assert body["entry_origin_partner_id"] == "QTB-0123456789ABCDEFGHJKMNPQRS"
    assert json.loads(body["json"]) == {"entry": "ent_0190a3c2", "revision": 1, "ack": "A7K2"}
    assert body["comment"] == {"content": "Qonto (#A7K2#)"}
    assert [(item["name"], item["type"]) for item in body["pj_list"]] == [("FD20260147.pdf", "application/pdf")]


async def test_the_same_entry_gives_the_same_bytes(make: Any, sheet: Sheet) -> None:
    first, second = (compose(make.parcel((make.document(),)), sheet, IDS) for _ in range(2))
    assert await sent(first.body) == await sent(second.body)
    golden = Path(__file__).parent / "golden" / "purchase.json"
    assert await sent(first.body) == golden.read_bytes().rstrip(b"\n")


@given(st.decimals(min_value=-999_999_999_999, max_value=999_999_999_999, places=2, allow_nan=False))
def test_an_amount_arrives_to_the_cent(amount: Decimal) -> None:
    written = orjson.dumps({"debit": number(amount)})
    assert json.loads(written, parse_float=Decimal, parse_int=Decimal)["debit"] == amount


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1_000, 200_001])
async def test_a_document_of_any_size_arrives_whole(make: Any, sheet: Sheet, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    body = await arrived(compose(make.parcel((make.document(content), make.document(b"second"))), sheet, IDS))
    assert [base64.b64decode(item["content"]) for item in body["pj_list"]] == [content, b"second"]


async def test_a_document_that_is_not_the_one_kept_stops_the_body(make: Any, sheet: Sheet) -> None:
    composed = compose(make.parcel((make.document(sha256="0" * 64),)), sheet, IDS)
    with pytest.raises(DocumentUnavailable):
        await sent(composed.body)


def test_what_is_kept_of_a_body_shows_hashes_in_place_of_documents(make: Any, sheet: Sheet) -> None:
    kept = make.document().kept
    shown = json.loads(compose(make.parcel((make.document(),)), sheet, IDS).shown)
    assert shown["pj_list"][0]["content"] == f"sha256 {kept.sha256}, {kept.size} bytes"
    assert len(shown["entry_list"]) == 3


def cuts_of(parcel: Parcel, sheet: Sheet) -> dict[str, tuple[str, str]]:
    return {cut.where: (cut.original, cut.sent) for cut in compose(parcel, sheet, IDS).cuts}


def test_an_entry_within_the_limits_is_not_cut(make: Any, sheet: Sheet) -> None:
    parcel = make.parcel((make.document(),), invoice_number="FD20260147")
    assert cuts_of(parcel, sheet) == {}


def test_what_had_to_be_cut_is_told(make: Any, sheet: Sheet) -> None:
    long = "Réparation du toit de l'atelier, deuxième acompte, devis 2026-118"
    parcel = make.parcel(
        (make.document(file_name="x" * 60 + ".pdf"),),
        document_number="2026-03/0042-É",
        due_date="2026-03-01",
        lines=[line("606400", "1.00", "0.00", label=long), line("512000", "0.00", "1.00", label="  ")],
    )
    assert cuts_of(parcel, sheet) == {
        "lines.0.label": (long, long[:50]),
        "lines.1.label": ("  ", "Papeterie Durand FD-2026-0147"),
        "due_date": ("2026-03-01", "2026-03-12"),
        "document_number": ("2026-03/0042-É", "2026030042E"),
        "invoice_number": ("FD-2026-0147", "FD20260147"),
        "documents.0.file_name": ("x" * 60 + ".pdf", "x" * 46 + ".pdf"),
    }


async def test_a_number_without_letters_or_digits_is_left_out(make: Any, sheet: Sheet) -> None:
    body = await arrived(compose(make.parcel(invoice_number="--"), sheet, IDS))
    assert all("piece" not in item and "piece2" not in item for item in body["entry_list"])


async def test_an_entry_without_due_date_falls_due_on_its_day(make: Any, sheet: Sheet) -> None:
    body = await arrived(compose(make.parcel(due_date=None), sheet, IDS))
    assert {item["deadline"] for item in body["entry_list"]} == {"2026-03-12"}


async def test_a_foreign_line_says_euros_and_the_other_currency(make: Any, sheet: Sheet) -> None:
    foreign = {"currency": "CHF", "debit": "100.00", "credit": "0.00", "rate": "0.98"}
    lines = [line("606400", "101.86", "0.00", foreign=foreign), line("512000", "0.00", "101.86")]
    body = await arrived(compose(make.parcel(lines=lines), sheet, IDS))
    assert (body["entry_list"][0]["currency"], body["entry_list"][0]["value_currency"]) == ("CHF", Decimal("100.00"))
    assert "currency" not in body["entry_list"][1]


ANALYTIC = [
    {"axis": "REGIONS", "section": "SUD", "amount": "66.67"},
    {"axis": "REGIONS", "section": "NORD", "amount": "33.33"},
]


async def test_analytic_shares_carry_ids_exact_amounts_and_percentages(make: Any, sheet: Sheet) -> None:
    lines = [line("606400", "100.00", "0.00", analytic=ANALYTIC), line("512000", "0.00", "100.00")]
    body = await arrived(compose(make.parcel(lines=lines), sheet, IDS))
    (axis,) = body["entry_list"][0]["analytique"]
    assert (axis["id_axe"], axis["code"], axis["label"]) == (41, "REGIONS", "Régions")
    assert [(share["id_section"], share["amount"], share["rate"]) for share in axis["repartition"]] == [
        (66, Decimal("66.67"), Decimal("66.67")),
        (67, Decimal("33.33"), Decimal("33.33")),
    ]


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({"currency": "USD"}, "book_currency"),
        ({"documents": {"media_type": "application/zip"}}, "document_type_refused"),
        ({"documents": {"size": 60_000_000}}, "document_too_large"),
    ],
)
def test_what_the_route_cannot_carry_does_not_leave(
    make: Any, sheet: Sheet, changes: dict[str, Any], category: str
) -> None:
    documents = (make.document(**changes.pop("documents")),) if "documents" in changes else ()
    with pytest.raises(Unbookable) as refused:
        check_bookable(make.parcel(documents, **changes), sheet)
    assert refused.value.category == category


@pytest.fixture(scope="module")
def schema() -> Validator:
    """The vendor's schema, with its regular expressions where a validator reads them (SOURCE.md, known defects)."""
    if not SCHEMA.exists():
        pytest.skip(f"the vendor's schema is not here: {SCHEMA.name}")
    content = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for rule in content["definitions"]["NewEntryLine"]["properties"].values():
        if str(rule.get("format", "")).startswith("^"):
            rule["pattern"] = rule.pop("format")
    return validator_for(content, validate_formats=True)


FOREIGN = {"currency": "USD", "debit": "0.00", "credit": "130.00", "rate": "1.083333"}
EVERY_KIND: dict[str, dict[str, Any]] = {
    "purchase": {},
    "sale": {
        "invoice_number": "F2026-0001",
        "lines": [line("411ORCHIS", "120.00", "0.00"), line("606400", "0.00", "120.00", foreign=FOREIGN)],
    },
    "expense_report": {
        "document_number": "NDF/2026/03",
        "lines": [
            line("606400", "42.10", "0.00", analytic=[ANALYTIC[0] | {"amount": "42.10"}]),
            line("512000", "0.00", "42.10"),
        ],
    },
    "bank": {"invoice_number": None, "lines": [line("401DURAND", "120.00", "0.00"), line("512000", "0.00", "120.00")]},
    "miscellaneous": {"lines": [line("606400", "-5.00", "0.00"), line("512000", "0.00", "-5.00")]},
}


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("documents", [0, 2])
async def test_every_kind_of_entry_is_what_the_vendor_s_schema_admits(
    make: Any, sheet: Sheet, schema: Validator, kind: str, documents: int
) -> None:
    parcel = make.parcel(tuple(make.document() for _ in range(documents)), kind=kind, **EVERY_KIND[kind])
    schema.validate(json.loads(await sent(compose(parcel, sheet, IDS).body)))
