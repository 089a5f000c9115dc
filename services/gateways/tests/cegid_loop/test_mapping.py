"""What leaves for Cegid Loop: the body of an import, and what it says of an entry where something had to be cut."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Validator, validator_for

from gateways.connectors.cegid_loop.mapping import Composed, compose, imports, number, ready
from gateways.domain.judgement import Unbookable
from gateways.domain.port import Parcel
from qontable.reference import reference_uuid
from qontable.sheet import Sheet

SHARED = Path(__file__).parents[5] / "shared"
SCHEMA = SHARED / "contracts" / "cegid-loop" / "import-json.reconstructed.schema.json"
GOLDEN = Path(__file__).parent / "golden"
FILE = "DOS0042"


def composed(sheet: Sheet, *parcels: Parcel) -> Composed:
    return compose([ready(parcel, sheet) for parcel in parcels], FILE)


async def sent(import_: Composed) -> bytes:
    """The body as it would arrive; its length is what was announced."""
    content = b"".join([chunk async for chunk in import_.body.chunks()])
    assert len(content) == import_.body.length
    return content


async def arrived(import_: Composed) -> Any:
    return json.loads(await sent(import_), parse_float=Decimal)


def line(account: str, debit: str, credit: str, **more: Any) -> dict[str, Any]:
    return {"account": account, "label": "Ligne", "debit": debit, "credit": credit, **more}


def third(code: str) -> dict[str, Any]:
    return {"subsidiary": {"code": code, "label": "Tiers", "kind": "supplier"}}


async def test_the_one_invoice_of_the_facts_leaves_as_they_print_it(make: Any, sheet: Sheet) -> None:
    """`golden/printed.json` is the body of the vendor facts, section 3, with our origin and link in place of theirs."""
    parcel = make.parcel(make.document("FD-2026-0147"), creates=True)
    printed = json.loads((GOLDEN / "printed.json").read_text(encoding="utf-8"))
    for line_ in printed["data"]["ecritures"]:
        line_["ecritureOrigine"] = str(reference_uuid(parcel.reference))
        if "fichier" in line_:
            line_["fichier"]["uri"] = parcel.documents[0].link
    assert await arrived(composed(sheet, parcel)) == printed


async def test_the_printed_body_is_the_one_of_the_facts() -> None:
    facts = SHARED / "domain" / "vendor-apis.md"
    if not facts.exists():
        pytest.skip(f"the vendor facts are not here: {facts.name}")
    section = facts.read_text(encoding="utf-8").split("## 3. Cegid Loop")[1]
    body = section.split("```json")[1].split("```")[0]
    assert json.loads(body) == json.loads((GOLDEN / "printed.json").read_text(encoding="utf-8"))


async def test_nothing_is_created_balanced_or_let_pass_unless_the_file_wants_it(make: Any, sheet: Sheet) -> None:
    options = (await arrived(composed(sheet, make.parcel())))["data"]["options"]
    assert {name for name, value in options.items() if value is True} == {"failOnUnbalanced"}
    assert {name for name in options if name.startswith("createNew")} == {
        "createNewJournaux", "createNewComptes", "createNewTiers",
    }  # fmt: skip
    wanted = (await arrived(composed(sheet, make.parcel(creates=True))))["data"]["options"]
    assert {name for name, value in wanted.items() if value is True} == {"failOnUnbalanced", "createNewTiers"}


async def test_the_same_entries_give_the_same_bytes(make: Any, sheet: Sheet) -> None:
    parcels = [make.parcel(make.document()), make.parcel(reference="QTB-OTHER", invoice_number=None)]
    first, second = composed(sheet, *parcels), composed(sheet, *parcels)
    assert await sent(first) == await sent(second)
    assert await sent(first) == (GOLDEN / "two_entries.json").read_bytes().rstrip(b"\n")


def test_the_origin_is_that_of_the_entry_and_not_of_its_revision(make: Any, sheet: Sheet) -> None:
    first, second = (ready(make.parcel(revision=number), sheet).texts.origin for number in (1, 2))
    assert first == second == "0b21802e-3e02-5405-bb0c-de3106292125"


@given(st.decimals(min_value=-999_999_999_999, max_value=999_999_999_999, places=2, allow_nan=False))
def test_an_amount_arrives_to_the_cent(amount: Decimal) -> None:
    written = orjson.dumps({"amount": number(amount)})
    assert json.loads(written, parse_float=Decimal, parse_int=Decimal)["amount"] == amount


async def test_each_month_and_each_policy_is_an_import_of_its_own(make: Any, sheet: Sheet) -> None:
    dates = ("2026-01-31", "2026-02-01", "2026-02-28", "2026-01-15")
    parcels = [*make.several(*dates), make.parcel(date="2026-01-20", due_date=None, creates=True)]
    runs = list(imports([ready(parcel, sheet) for parcel in parcels]))
    assert [len(run) for run in runs] == [1, 2, 1, 1]
    contexts = [(await arrived(compose(run, FILE)))["data"]["contexte"] for run in runs]
    assert contexts[1] == {"from": "2026-02-01T00:00:00.000Z", "to": "2026-02-28T00:00:00.000Z"}
    assert contexts[3] == contexts[0] == {"from": "2026-01-01T00:00:00.000Z", "to": "2026-01-31T00:00:00.000Z"}


async def test_what_is_kept_of_an_attempt_is_its_own_entry_and_holds_no_link(make: Any, sheet: Sheet) -> None:
    import_ = composed(sheet, make.parcel(make.document()), make.parcel(reference="QTB-OTHER"))
    first, second = (json.loads(exchange.sent or b"") for exchange in import_.shown)
    assert [len(body["data"]["ecritures"]) for body in (first, second)] == [3, 3]
    assert first["entries_in_this_import"] == 2
    assert first["data"]["ecritures"][0]["fichier"]["uri"].startswith("sha256 ")
    assert import_.links == (make.document().link,)
    assert make.document().link not in repr(import_.shown)
    assert make.document().link not in repr(make.parcel(make.document()))


async def test_documents_stand_on_lines_from_the_first_on(make: Any, sheet: Sheet) -> None:
    lines = (await arrived(composed(sheet, make.parcel(make.document("one"), make.document("two")))))["data"][
        "ecritures"
    ]
    assert [item.get("fichier", {}).get("uri", "-")[-3:] for item in lines] == ["one", "two", "-"]


def cuts_of(parcel: Parcel, sheet: Sheet) -> dict[str, tuple[str, str]]:
    return {cut.where: (cut.original, cut.sent) for cut in ready(parcel, sheet).texts.cuts}


def test_an_entry_within_the_limits_is_not_cut(make: Any, sheet: Sheet) -> None:
    assert cuts_of(make.parcel(make.document()), sheet) == {}


ANALYTIC = [{"axis": "REGIONS", "section": "SUD", "amount": "1.00"}]


def test_what_leaves_otherwise_than_it_came_is_told(make: Any, sheet: Sheet) -> None:
    long = "Réparation du toit de l'atelier, deuxième acompte, devis 2026-118"
    parcel = make.parcel(
        invoice_number=None,
        lines=[
            line("606400", "1.00", "0.00", label=long, analytic=ANALYTIC),
            line("401000", "0.00", "1.00", **third("F" * 17 + "X")),
        ],
    )
    assert cuts_of(parcel, sheet) == {
        "lines.0.label": (long, long[:35]),
        "lines.1.subsidiary": ("F" * 17 + "X", "F" * 17),
        "lines.0.analytic": ("REGIONS/SUD 1.00", ""),
        "document_number": ("", "A7K2"),
    }


@pytest.mark.parametrize(("length", "cut"), [(34, False), (35, False), (36, True)])
def test_a_label_of_35_characters_is_whole(make: Any, sheet: Sheet, length: int, cut: bool) -> None:  # noqa: FBT001
    lines = [line("606400", "1.00", "0.00", label="x" * length), line("512000", "0.00", "1.00")]
    assert ("lines.0.label" in cuts_of(make.parcel(lines=lines), sheet)) is cut


@pytest.mark.parametrize(("length", "cut"), [(16, False), (17, False), (18, True)])
def test_a_code_of_17_characters_is_whole(make: Any, sheet: Sheet, length: int, cut: bool) -> None:  # noqa: FBT001
    lines = [line("606400", "1.00", "0.00"), line("401000", "0.00", "1.00", **third("F" * length))]
    assert ("lines.1.subsidiary" in cuts_of(make.parcel(lines=lines), sheet)) is cut


async def test_a_foreign_line_says_euros_and_the_other_currency(make: Any, sheet: Sheet) -> None:
    foreign = {"currency": "CHF", "debit": "100.00", "credit": "0.00", "rate": "0.98"}
    lines = [line("606400", "101.86", "0.00", foreign=foreign), line("512000", "0.00", "101.86")]
    first, second = (await arrived(composed(sheet, make.parcel(lines=lines))))["data"]["ecritures"]
    assert first["debit"] == {
        "amount": Decimal("101.86"), "currency": "CHF", "currencyAmount": Decimal("100.00"), "currencyRate": "0.98",
    }  # fmt: skip
    assert (first["credit"]["amount"], first["credit"]["currencyAmount"]) == (0, 0)
    assert second["credit"]["currency"] == "EUR"


TWO = [line("606400", "1.00", "0.00"), line("512000", "0.00", "1.00")]
COLLIDING = [
    line("606400", "2.00", "0.00"),
    line("401000", "0.00", "1.00", **third("F" * 17 + "A")),
    line("401000", "0.00", "1.00", **third("F" * 17 + "B")),
]


@pytest.mark.parametrize(
    ("documents", "changes", "category"),
    [
        ([], {"currency": "USD"}, "book_currency"),
        ([{"media_type": "application/zip"}], {}, "document_type_refused"),
        ([{"size": 30_000_000}], {}, "document_too_large"),
        ([{}, {}, {}], {"lines": TWO}, "too_many_documents"),
        ([], {"lines": [line("606400", "0.00", "0.00")]}, "too_few_lines"),
        ([], {"lines": COLLIDING}, "codes_collide"),
    ],
)
def test_what_the_route_cannot_carry_does_not_leave(
    make: Any, sheet: Sheet, documents: list[dict[str, Any]], changes: dict[str, Any], category: str
) -> None:
    with pytest.raises(Unbookable) as refused:
        ready(make.parcel(*(make.document(**more) for more in documents), **changes), sheet)
    assert refused.value.category == category
    assert any(rule.category == category for rule in sheet.errors)


@pytest.fixture(scope="module")
def schema() -> Validator:
    """The field table of the vendor's page, as a schema."""
    if not SCHEMA.exists():
        pytest.skip(f"the reconstructed schema is not here: {SCHEMA.name}")
    return validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")), validate_formats=True)


FOREIGN = {"currency": "USD", "debit": "0.00", "credit": "130.00", "rate": "1.083333"}
EVERY_KIND: dict[str, dict[str, Any]] = {
    "purchase": {},
    "sale": {
        "lines": [
            line("411000", "120.00", "0.00", **third("CORCHIS")),
            line("706000", "0.00", "120.00", foreign=FOREIGN),
        ]
    },
    "expense_report": {
        "document_number": "NDF/2026/03",
        "lines": [line("606400", "1.00", "0.00", analytic=ANALYTIC), line("512000", "0.00", "1.00")],
    },
    "bank": {"invoice_number": None, "lines": [line("401000", "1.00", "0.00"), line("512000", "0.00", "1.00")]},
    "miscellaneous": {"lines": [line("606400", "-5.00", "0.00"), line("512000", "0.00", "-5.00")]},
}


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("documents", [0, 2])
async def test_every_kind_of_entry_is_what_the_reconstructed_schema_admits(
    make: Any, sheet: Sheet, schema: Validator, kind: str, documents: int
) -> None:
    parcel = make.parcel(*(make.document(str(n)) for n in range(documents)), kind=kind, **EVERY_KIND[kind])
    schema.validate(json.loads(await sent(composed(sheet, parcel))))
