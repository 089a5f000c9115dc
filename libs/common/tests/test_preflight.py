"""The rules of pre-flight, each as a row: an entry, what sheet and software say, what the accountant is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from qontable.entry import Document, Entry, EntryKind, EntryRef, Finding, Journal, Line, Subsidiary, SubsidiaryKind
from qontable.events.hub import FilePolicies
from qontable.findings import render
from qontable.preflight import Case, KnownYear, ReferenceState, mapped_journal, preflight, stale_kinds
from qontable.sheet import Limit, Sheet

ANY = {"evidence": "documented", "source": "test"}
SHEET = Sheet.model_validate(
    {
        "connector": "software",
        "name": "Software",
        "version": 1,
        "wizard": [],
        "frequencies": ["real_time"],
        "weekly_accounts": True,
        "throttle": {"requests": 1, "seconds": 1, "concurrent": 1, **ANY},
        "request_timeout": 1,
        "settles_within": {"value": 0, **ANY},
        "unique_references": {"value": True, **ANY},
        "limits": {},
        "documents": {
            "max_count": 2,
            "max_bytes": 1_000,
            "media_types": ["application/pdf"],
            "max_name": 50,
            "resend_alone": False,
            **ANY,
        },
        "accounts": {
            "subsidiary_roots": ["401", "411"],
            "subsidiary_prefix": True,
            "missing_subsidiary": "created_on_policy",
            "missing_account": "must_exist",
            **ANY,
        },
        "capabilities": {},
        "errors": [{"outcome": "unknown", "category": "other", "remedy": {"fr": "x", "en": "x"}}],
    }
)
STATE = ReferenceState(
    accounts={"606400": False, "445660": False, "606300": True},
    subsidiaries={"401DURAND": False, "401FERME": True, "401000": False},
    journals={"ACH": False, "VTE": True},
    fiscal_years=(
        KnownYear(date(2025, 1, 1), date(2025, 12, 31), closed=True),
        KnownYear(date(2026, 1, 1), date(2026, 12, 31), closed=False),
    ),
)
PDF = Document("doc_1", "FD-2026-0147.pdf", "application/pdf", 900, "0" * 64)


def line(account: str, debit: str, credit: str, subsidiary: str | None = None, label: str = "Papeterie") -> Line:
    third_party = Subsidiary(subsidiary, "Durand", SubsidiaryKind.SUPPLIER) if subsidiary else None
    return Line(account, "", label, Decimal(debit), Decimal(credit), third_party)


def without(capability: str) -> Sheet:
    """The sheet of a software that has not even this."""
    fact = {"value": False, **ANY}
    return SHEET.model_validate(SHEET.model_dump() | {"capabilities": {capability: fact}})


def entry(*lines: Line, **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "ref": EntryRef("frm_1", "fil_1", "ent_1"),
        "revision": 1,
        "kind": EntryKind.PURCHASE,
        "journal": Journal("ACH", "Achats"),
        "date": date(2026, 3, 12),
        "label": "Papeterie",
        "currency": "EUR",
        "documents": (PDF,),
        "lines": lines or (line("606400", "120.00", "0"), line("401000", "0", "120.00", "401DURAND")),
    }
    return Entry(**{**fields, **changes})


def purchase(account: str = "606400", subsidiary: str | None = "401DURAND", general: str = "401000") -> Entry:
    return entry(line(account, "120.00", "0"), line(general, "0", "120.00", subsidiary))


def limits(**limited: Any) -> Sheet:
    return SHEET.model_copy(update={"limits": SHEET.limits.model_copy(update=limited)})


def limit(length: int, overflow: str, characters: str | None = None) -> Limit:
    return Limit.model_validate({"max": length, "overflow": overflow, "characters": characters, **ANY})


def accounts(**rules: Any) -> Sheet:
    return SHEET.model_copy(update={"accounts": SHEET.accounts.model_copy(update=rules)})


CREATE = FilePolicies(create_missing_accounts=True)
OPENING = limits(lines=limit(1, "refuse"))

# what is checked: entry, sheet, policies, software's journal, codes with the place each is found at
RULES: dict[str, tuple[Entry, Sheet, FilePolicies, str, list[tuple[str, str]]]] = {
    "nothing wrong": (entry(), SHEET, FilePolicies(), "ACH", []),
    "unknown account": (purchase("606499"), SHEET, CREATE, "ACH", [("account_unknown", "lines.0.account")]),
    "closed account": (purchase("606300"), SHEET, FilePolicies(), "ACH", [("account_closed", "lines.0.account")]),
    "unknown account is created by the software": (
        purchase("606499"),
        accounts(missing_account="created_by_software"),
        FilePolicies(),
        "ACH",
        [],
    ),
    "unknown subsidiary": (
        purchase(subsidiary="401NEUF"),
        SHEET,
        FilePolicies(),
        "ACH",
        [("subsidiary_unknown", "lines.1.account")],
    ),
    "unknown subsidiary is created by policy": (purchase(subsidiary="401NEUF"), SHEET, CREATE, "ACH", []),
    "unknown subsidiary must exist": (
        purchase(subsidiary="401NEUF"),
        accounts(missing_subsidiary="must_exist"),
        CREATE,
        "ACH",
        [("subsidiary_unknown", "lines.1.account")],
    ),
    "unknown subsidiary is asked about": (
        purchase(subsidiary="401NEUF"),
        SHEET,
        FilePolicies(ask_before_creating=True),
        "ACH",
        [("subsidiary_to_create", "lines.1.account")],
    ),
    "nobody is asked about what the software does not create": (
        purchase("606499"),
        SHEET,
        FilePolicies(ask_before_creating=True),
        "ACH",
        [("account_unknown", "lines.0.account")],
    ),
    "closed subsidiary is not created again": (
        purchase(subsidiary="401FERME"),
        SHEET,
        CREATE,
        "ACH",
        [("subsidiary_closed", "lines.1.account")],
    ),
    "reserved root is a subsidiary by itself": (purchase(subsidiary=None), SHEET, FilePolicies(), "ACH", []),
    "reserved root that does not exist": (
        purchase(subsidiary=None, general="411000"),
        SHEET,
        FilePolicies(),
        "ACH",
        [("subsidiary_unknown", "lines.1.account")],
    ),
    "general account beside the subsidiary, where both are sent": (
        purchase(general="401999"),
        accounts(subsidiary_roots=(), subsidiary_prefix=False),
        FilePolicies(),
        "ACH",
        [("account_unknown", "lines.1.account")],
    ),
    "subsidiary without the account's prefix": (
        purchase(subsidiary="DURAND"),
        SHEET,
        CREATE,
        "ACH",
        [("subsidiary_prefix", "lines.1.subsidiary.code")],
    ),
    "unknown journal": (entry(), SHEET, FilePolicies(), "AC", [("journal_unknown", "journal.code")]),
    "closed journal": (entry(), SHEET, FilePolicies(), "VTE", [("journal_closed", "journal.code")]),
    "no fiscal year": (
        entry(date=date(2027, 1, 1)),
        SHEET,
        FilePolicies(),
        "ACH",
        [("no_fiscal_year", "date")],
    ),
    "no fiscal year is known where the software tells none": (
        entry(date=date(2027, 1, 1)),
        without("fiscal_years"),
        FilePolicies(),
        "ACH",
        [],
    ),
    "last day of the year": (entry(date=date(2026, 12, 31)), SHEET, FilePolicies(), "ACH", []),
    "closed fiscal year": (
        entry(date=date(2025, 12, 31)),
        SHEET,
        FilePolicies(),
        "ACH",
        [("fiscal_year_closed", "date")],
    ),
    "last day that the firm closed": (
        entry(date=date(2026, 3, 31)),
        SHEET,
        FilePolicies(closed_until="2026-03-31"),
        "ACH",
        [("books_closed", "date")],
    ),
    "no document where none leaves without": (
        entry(documents=()),
        SHEET,
        FilePolicies(missing_documents="hold"),
        "ACH",
        [("document_absent", "documents")],
    ),
    "no document where that is only marked": (entry(documents=()), SHEET, FilePolicies(), "ACH", []),
    "no document of an entry that needs none": (
        entry(documents=(), kind=EntryKind.BANK),
        SHEET,
        FilePolicies(missing_documents="hold"),
        "ACH",
        [],
    ),
    "first day that is open again": (
        entry(date=date(2026, 4, 1)),
        SHEET,
        FilePolicies(closed_until="2026-03-31"),
        "ACH",
        [],
    ),
    "long label is cut later": (entry(), limits(label=limit(5, "cut")), FilePolicies(), "ACH", []),
    "long label is refused": (
        entry(),
        limits(label=limit(5, "refuse")),
        FilePolicies(),
        "ACH",
        [("text_too_long", "lines.0.label")],
    ),
    "label limit of the entry's kind": (
        entry(),
        limits(label_by_kind={"bank": limit(5, "refuse")}),
        FilePolicies(),
        "ACH",
        [],
    ),
    "long document number": (
        entry(document_number="2026-03-0042"),
        limits(piece=limit(8, "refuse")),
        FilePolicies(),
        "ACH",
        [("text_too_long", "document_number")],
    ),
    "invoice number with characters that are refused": (
        entry(invoice_number="FD-1"),
        limits(invoice_number=limit(8, "refuse", "[A-Z0-9]")),
        FilePolicies(),
        "ACH",
        [("text_characters", "invoice_number")],
    ),
    "long account": (
        entry(),
        limits(account=limit(5, "refuse")),
        FilePolicies(),
        "ACH",
        [("code_too_long", "lines.0.account")],
    ),
    "long subsidiary is cut by policy": (
        entry(),
        limits(subsidiary=limit(7, "cut_after_collision_check")),
        FilePolicies(),
        "ACH",
        [],
    ),
    "long subsidiary meets another of the file": (
        purchase(subsidiary="401FERMIER"),
        limits(subsidiary=limit(7, "cut_after_collision_check")),
        CREATE,
        "ACH",
        [("codes_collide", "lines.1.account")],
    ),
    "two new subsidiaries of the entry meet": (
        entry(
            line("606400", "2", "0"),
            line("401000", "0", "1", "401NEUFA"),
            line("401000", "0", "1", "401NEUFB"),
        ),
        limits(subsidiary=limit(7, "cut_after_collision_check")),
        CREATE,
        "ACH",
        [("codes_collide", "lines.1.account"), ("codes_collide", "lines.2.account")],
    ),
    "too many lines": (entry(), OPENING, FilePolicies(), "ACH", [("too_many_lines", "lines")]),
    "books in another currency": (
        entry(currency="USD"),
        SHEET,
        FilePolicies(),
        "ACH",
        [("book_currency", "currency")],
    ),
    "too many documents": (
        entry(documents=(PDF, PDF, PDF)),
        SHEET,
        FilePolicies(),
        "ACH",
        [("too_many_documents", "documents")],
    ),
    "document type": (
        entry(documents=(replace(PDF, media_type="image/heic"),)),
        SHEET,
        FilePolicies(),
        "ACH",
        [("document_type_refused", "documents.0")],
    ),
    "document size": (
        entry(documents=(PDF, replace(PDF, size=1_001))),
        SHEET,
        FilePolicies(),
        "ACH",
        [("document_too_large", "documents.1")],
    ),
    "no document at all": (entry(documents=()), SHEET, FilePolicies(), "ACH", []),
    "a line of zero": (
        entry(line("606400", "0", "0"), line("401000", "0", "0", "401DURAND")),
        SHEET,
        FilePolicies(),
        "ACH",
        [],
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_preflight(name: str) -> None:
    checked, sheet, policies, journal, expected = RULES[name]
    findings = preflight(Case(checked, sheet, journal, policies, STATE))
    assert [(finding.code, finding.where) for finding in findings] == expected
    for finding in findings:
        assert "{" not in render(finding).message["fr"] + render(finding).remedy["fr"]


def test_the_same_trouble_on_a_thousand_lines_is_told_once() -> None:
    checked = entry(*(line("606499", "1", "0") for _ in range(1_000)), line("401000", "0", "1000", "401DURAND"))
    assert [finding.where for finding in preflight(Case(checked, SHEET, "ACH", state=STATE))] == ["lines.0.account"]


def test_without_reference_data_only_the_sheet_is_checked() -> None:
    checked = entry(line("999", "1", "0"), line("401000", "0", "1", "DURAND"), date=date(1999, 1, 1))
    assert [finding.code for finding in preflight(Case(checked, SHEET, "?"))] == ["subsidiary_prefix"]


def test_a_journal_the_map_does_not_name_keeps_its_code() -> None:
    assert [mapped_journal(code, {"ACH": "AC"}) for code in ("ACH", "BQ")] == ["AC", "BQ"]


def test_an_unknown_account_is_believed_only_when_fetched_after_the_entry_was_validated() -> None:
    validated = datetime(2026, 3, 12, 17, 4, tzinfo=UTC)
    finding = [Finding("account_unknown"), Finding("unbalanced")]
    assert stale_kinds(finding, {}, validated) == {"accounts"}
    assert stale_kinds(finding, {"accounts": validated - timedelta(seconds=1)}, validated) == {"accounts"}
    assert stale_kinds(finding, {"accounts": validated}, validated) == set()
