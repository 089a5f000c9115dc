"""A FEC or a file of events becomes drafts that say exactly what the file says."""

from pathlib import Path

import orjson
import pytest

from qontable.entry import EntryKind
from qontable.fec import FecRefused, open_fec
from qontable.fec.layout import ALWAYS, SIDES
from qontable.fec.problems import Findings
from sandbox.domain.drafts import Draft
from sandbox.domain.event_drafts import axes_of_drafts, chart_of_drafts, drafts_of_events
from sandbox.domain.fec_drafts import drafts_of_fec
from sandbox.domain.pdf import render_pdf
from sandbox.domain.software_seed import seed_from_chart

COLUMNS = (*ALWAYS, *SIDES)


def write_fec(path: Path, *lines: dict[str, str]) -> Path:
    shared = {"JournalCode": "ACH", "JournalLib": "Achats", "EcritureNum": "1", "EcritureDate": "20260315"}
    shared |= {"PieceRef": "P/1", "EcritureLib": "Été", "CompteLib": "Compte"}
    texts = ["\t".join(COLUMNS), *("\t".join((shared | line).get(name, "") for name in COLUMNS) for line in lines)]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def drafts(path: Path) -> tuple[list[Draft], Findings]:
    findings = Findings()
    return list(drafts_of_fec(open_fec(path), findings)), findings


def test_an_entry_of_a_fec_becomes_one_draft(tmp_path: Path) -> None:
    path = write_fec(
        tmp_path / "fec.txt",
        {"CompteNum": "606100", "Debit": "10,5"},
        {"CompteNum": "401000", "CompAuxNum": "401X", "CompAuxLib": "Xavier", "Credit": "10,50"},
    )
    (draft,), _ = drafts(path)
    assert (draft.key, draft.kind, draft.date, draft.document_number) == (
        "ACH/1",
        EntryKind.PURCHASE,
        "2026-03-15",
        "P/1",
    )
    assert draft.invoice_number is None
    assert draft.document_name == "ACH-1.pdf"
    assert [(line.account, line.debit, line.credit) for line in draft.lines] == [
        ("606100", "10.50", "0"),
        ("401000", "0", "10.50"),
    ]
    assert draft.lines[1].subsidiary is not None
    assert (draft.lines[1].subsidiary.code, draft.lines[1].subsidiary.kind) == ("401X", "supplier")


def test_kinds_follow_the_journals_types(tmp_path: Path) -> None:
    path = write_fec(
        tmp_path / "fec.txt",
        {"JournalCode": "VE", "CompteNum": "411000", "Debit": "1"},
        {"JournalCode": "VE", "CompteNum": "707000", "Credit": "1"},
        {"JournalCode": "BQ", "CompteNum": "512000", "Debit": "1"},
        {"JournalCode": "BQ", "CompteNum": "411000", "Credit": "1"},
        {"JournalCode": "OD", "CompteNum": "681000", "Debit": "1"},
        {"JournalCode": "OD", "CompteNum": "281000", "Credit": "1"},
    )
    found, _ = drafts(path)
    assert [draft.kind for draft in found] == [EntryKind.SALE, EntryKind.BANK, EntryKind.MISCELLANEOUS]


@pytest.mark.parametrize(
    ("debit", "credit", "foreign", "sides"),
    [
        ("10", "", "11,5", ("11.50", "0.00")),
        ("", "10", "11,5", ("0.00", "11.50")),
        ("", "10", "-11,5", ("0.00", "11.50")),
        ("-10", "", "11,5", ("-11.50", "0.00")),
    ],
)
def test_foreign_amounts_stand_on_the_side_of_the_euros(
    tmp_path: Path, debit: str, credit: str, foreign: str, sides: tuple[str, str]
) -> None:
    path = write_fec(
        tmp_path / "fec.txt",
        {"CompteNum": "606100", "Debit": debit, "Credit": credit, "Montantdevise": foreign, "Idevise": "usd"},
        {"CompteNum": "401000", "Debit": credit, "Credit": debit},
    )
    (draft,), findings = drafts(path)
    assert draft.lines[0].foreign is not None
    assert (draft.lines[0].foreign.debit, draft.lines[0].foreign.credit) == sides
    assert draft.lines[0].foreign.currency == "USD"
    assert findings.notices == ()


def test_a_currency_that_is_none_is_left_out_and_told(tmp_path: Path) -> None:
    path = write_fec(
        tmp_path / "fec.txt",
        {"CompteNum": "606100", "Debit": "1", "Montantdevise": "3", "Idevise": "FRF?"},
        {"CompteNum": "401000", "Credit": "1", "Montantdevise": "1", "Idevise": "EUR"},
    )
    (draft,), findings = drafts(path)
    assert [line.foreign for line in draft.lines] == [None, None]
    assert [(notice.code, notice.line) for notice in findings.notices] == [("foreign_left_out", 2)]


def test_the_stand_in_gets_the_fecs_chart_with_thirds_named_its_way(tmp_path: Path) -> None:
    path = write_fec(
        tmp_path / "123456789FEC20261231.txt",
        {"CompteNum": "606100", "Debit": "1"},
        {"CompteNum": "401000", "CompAuxNum": "DURAND", "CompAuxLib": "Durand", "Credit": "1"},
    )
    seed = seed_from_chart(open_fec(path).chart, connector="myunisoft", firm="frm_1", code="X", name="Essai")
    assert {account.number for account in seed.accounts} == {"606100", "401000"}
    assert [third.number for third in seed.subsidiaries] == ["401DURAND"]
    assert [(journal.code, journal.type) for journal in seed.journals] == [("ACH", "purchases")]
    assert [(str(year.start), str(year.end)) for year in seed.fiscal_years] == [("2026-01-01", "2026-12-31")]


def content(**changes: object) -> bytes:
    said: dict[str, object] = {
        "firm_id": "frm_9",
        "file_id": "fil_9",
        "entry_id": "ent_1",
        "revision": 3,
        "kind": "purchase",
        "journal": {"code": "ACH", "label": "Achats"},
        "date": "2026-03-15",
        "label": "Achat",
        "lines": [
            {"account": "606100", "label": "a", "debit": "1.00", "credit": "0.00"},
            {
                "account": "401000",
                "label": "a",
                "debit": "0.00",
                "credit": "1.00",
                "subsidiary": {"code": "401X", "label": "X", "kind": "supplier"},
            },
        ],
    }
    return orjson.dumps(said | changes) + b"\n"


def test_events_become_drafts_that_keep_their_identity(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content() + b"\n" + content(entry_id="ent_2", date="2026-04-01"))
    found = list(drafts_of_events(path))
    assert [(draft.key, draft.identity("fil_1")) for draft in found] == [("ACH/ent_1", "ent_1"), ("ACH/ent_2", "ent_2")]
    chart = chart_of_drafts(found)
    assert set(chart.accounts) == {"606100", "401000"}
    assert set(chart.subsidiaries) == {"401X"}
    assert [(journal.code, journal.type) for journal in chart.journals] == [("ACH", "purchases")]


def test_analytic_axes_of_events_are_found(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    share = {"axis": "PROJET", "section": "NORD", "amount": "1.00"}
    lines = [
        {"account": "606100", "label": "a", "debit": "1.00", "credit": "0.00", "analytic": [share]},
        {"account": "401000", "label": "a", "debit": "0.00", "credit": "1.00"},
    ]
    path.write_bytes(content(lines=lines))
    (axis,) = axes_of_drafts(drafts_of_events(path))
    assert (axis.code, [section.code for section in axis.sections]) == ("PROJET", ["NORD"])


def test_lines_that_are_no_events_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        content() + b"{\n" + content(entry_id="a b") + content(entry_id="ent_3", date="2026-02-30") + content()
    )
    with pytest.raises(FecRefused) as refused:
        list(drafts_of_events(path))
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [
        (2, ""),
        (3, "entry_id"),
        (4, "date"),
        (5, "entry_id"),
    ]


def test_an_entry_has_the_same_identity_every_time_and_another_in_another_file(tmp_path: Path) -> None:
    path = write_fec(
        tmp_path / "fec.txt", {"CompteNum": "606100", "Debit": "1"}, {"CompteNum": "401000", "Credit": "1"}
    )
    (first,), _ = drafts(path)
    (second,), _ = drafts(path)
    assert first.identity("fil_1") == second.identity("fil_1") != first.identity("fil_2")


def test_the_same_number_of_another_year_is_another_entry(tmp_path: Path) -> None:
    sides = [{"CompteNum": "606100", "Debit": "1"}, {"CompteNum": "401000", "Credit": "1"}]
    (this_year,), _ = drafts(write_fec(tmp_path / "123456789FEC20261231.txt", *sides))
    earlier = [side | {"EcritureDate": "20250315"} for side in sides]
    (last_year,), _ = drafts(write_fec(tmp_path / "123456789FEC20251231.txt", *earlier))
    assert this_year.key == last_year.key
    assert this_year.identity("fil_1") != last_year.identity("fil_1")


def test_the_pdf_of_an_entry_has_the_same_bytes_every_time_and_no_other_has_them(tmp_path: Path) -> None:
    lines = [{"CompteNum": "606100", "Debit": "1", "EcritureLib": "Œuvre à 3 € … 東京"}] * 60
    path = write_fec(tmp_path / "fec.txt", *lines, {"CompteNum": "401000", "Credit": "60"})
    (draft,), _ = drafts(path)
    pdf = render_pdf(draft, "Société d'essai", "doc_1")
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) < 8_000
    assert render_pdf(draft, "Société d'essai", "doc_1") == pdf
    assert render_pdf(draft, "Société d'essai", "doc_2") != pdf
