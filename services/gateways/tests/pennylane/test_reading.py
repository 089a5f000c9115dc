"""What the gateway asks Pennylane: whether a token opens it, which companies there are, what is in their books."""

import json
from typing import Any

import pytest

from gateways.connectors.pennylane.client import Pennylane
from gateways.domain.outcome import (
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsRefused,
    Found,
    FoundSeveral,
    NotAnswered,
    NotFound,
)
from gateways.domain.port import Session
from qontable.events.reference import REFERENCE_KINDS, Account, FiscalYear, ReferenceRows

COMPANIES = "/companies"
ACH = {"id": 30412, "code": "ACH", "label": "Achats", "type": "purchase"}


def company(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Société {number}",
        "billing_company_name": "",
        "siren": "362521879",
        "address": "",
        "city": "",
        "postal_code": "",
        "activity_nomenclature": "",
        "activity_code": "",
        "external_id": "",
        "client_code": f"D{number}",
    } | changes


async def rows(connector: Pennylane, session: Session, *kinds: Any) -> list[ReferenceRows]:
    return [part async for part in connector.fetch_reference_data(session, kinds or REFERENCE_KINDS)]


async def test_a_token_that_opens_the_list_of_companies_is_accepted(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", COMPANIES, make.numbered([company(1)]))
    assert isinstance(await connector.check_credentials(session), CredentialsAccepted)
    assert software.requests[0].query == {"page": "1", "per_page": "1"}


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (401, "The access token is invalid", CredentialsRefused),
        (403, 'Access to this resource requires scope "companies".', CredentialsRefused),
        (429, "Rate limit", CouldNotAsk),
        (500, "Oops", CouldNotAsk),
    ],
)
async def test_a_refusal_of_the_check_says_whether_the_token_is_to_blame(
    connector: Pennylane, session: Session, software: Any, make: Any, status: int, text: str, expected: type
) -> None:
    software.on("GET", COMPANIES, make.refusal(text, status))
    assert isinstance(await connector.check_credentials(session), expected)


async def test_nothing_typed_is_refused_without_asking(connector: Pennylane, session: Session, software: Any) -> None:
    outcome = await connector.check_credentials(
        Session({}, session.http, session.deadline, session.throttle, session.books, tokens=session.tokens)
    )
    assert isinstance(outcome, CredentialsRefused)
    assert not software.requests


async def test_companies_are_read_by_page_numbers(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on(
        "GET",
        COMPANIES,
        make.numbered([company(1), company(2)], 1, 2, 3),
        make.numbered([company(3, client_code=None, siren="")], 2, 2, 3),
    )
    files = await connector.list_software_files(session)
    assert [(file.software_file_id, file.code, file.siren) for file in files] == [
        ("1", "D1", "362521879"),
        ("2", "D2", "362521879"),
        ("3", None, None),
    ]
    assert [asked.query for asked in software.requests] == [
        {"page": "1", "per_page": "1000"},
        {"page": "2", "per_page": "1000"},
    ]


async def test_a_list_that_does_not_add_up_is_no_list(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", COMPANIES, make.numbered([company(1)], 1, 1, 2))
    with pytest.raises(NotAnswered):
        await connector.list_software_files(session)


async def test_accounts_are_read_by_cursor_with_their_filters_sent_again(
    connector: Pennylane, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept = {}
    old = make.account("606400", enabled=False, archived_at="2020-01-01T00:00:00Z")
    software.on(
        "GET",
        "/ledger_accounts",
        make.page([make.account("606400", id=1), make.account("401DURAND", id=2)], "c1"),
        make.page([make.account("421DUPONT", id=3), make.account("421000", id=4)]),
        make.page([old, make.account("999999", id=9, enabled=False)]),
    )
    parts = await rows(connector, session, "accounts", "subsidiaries")
    general = [(row.number, row.closed) for part in parts for row in part.accounts]
    subsidiary = [(row.number, row.closed) for part in parts for row in part.subsidiaries]
    assert general == [("606400", False), ("421000", False), ("999999", True)]
    assert subsidiary == [("401DURAND", False), ("421DUPONT", False)]
    assert books.kept["account"]["606400"] == "1"
    asked = [asked.query for asked in software.requests]
    assert [query.get("cursor") for query in asked] == [None, "c1", None]
    assert [json.loads(query["filter"])[0]["value"] for query in asked] == ["true", "true", "false"]
    assert {query["limit"] for query in asked} == {"100"}


@pytest.mark.parametrize(
    "pages",
    [
        [{"items": [], "has_more": True, "next_cursor": None}],
        [{"items": [], "has_more": True, "next_cursor": "c1"}, {"items": [], "has_more": True, "next_cursor": "c1"}],
        [{"items": []}],
        [{"list": []}],
    ],
)
async def test_a_list_that_breaks_off_is_no_list(
    connector: Pennylane, session: Session, software: Any, make: Any, pages: list[Any]
) -> None:
    software.on("GET", "/ledger_accounts", *(make.reply(content) for content in pages))
    with pytest.raises(NotAnswered):
        await rows(connector, session, "accounts")


async def test_journals_and_years_are_read(
    connector: Pennylane, session: Session, software: Any, make: Any, books: Any
) -> None:
    new = {"id": 5, "code": "AN", "label": "A-nouveaux", "type": "new_year"}
    other = {"id": 6, "code": "PAIE", "label": "Paie", "type": "payroll"}
    software.on("GET", "/journals", make.page([ACH, new], "c1"), make.page([other]))
    years = [
        {"id": 1, "start": "2025-01-01", "finish": "2025-12-31", "status": "closed"},
        {"id": 2, "start": "2026-01-01", "finish": "2026-12-31", "status": "reopen"},
        {"id": 3, "start": "2027-01-01", "finish": "2027-12-31", "status": "frozen"},
    ]
    software.on("GET", "/fiscal_years", make.numbered(years))
    journals, fiscal = await rows(connector, session, "journals", "fiscal_years")
    assert [(row.code, row.type) for row in journals.journals] == [
        ("ACH", "purchases"),
        ("AN", "opening"),
        ("PAIE", "other"),
    ]
    assert fiscal.fiscal_years == (
        FiscalYear(start="2025-01-01", end="2025-12-31", closed=True),
        FiscalYear(start="2026-01-01", end="2026-12-31", closed=False),
        FiscalYear(start="2027-01-01", end="2027-12-31", closed=True),
    )
    assert books.kept["journal"]["PAIE"] == "6"


async def test_years_may_come_by_cursor_too(connector: Pennylane, session: Session, software: Any, make: Any) -> None:
    years = [{"id": n, "start": f"{n}-01-01", "finish": f"{n}-12-31", "status": "open"} for n in (2025, 2026)]
    software.on("GET", "/fiscal_years", make.page(years[:1], "c1"), make.page(years[1:]))
    (part,) = await rows(connector, session, "fiscal_years")
    assert [year.start for year in part.fiscal_years] == ["2025-01-01", "2026-01-01"]


async def test_prerequisites_that_can_be_tested_are(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on(
        "GET",
        "/fiscal_years",
        make.numbered([{"id": 1, "start": "2026-01-01", "finish": "2026-12-31", "status": "open"}]),
    )
    for route in ("/journals", "/ledger_accounts", "/ledger_entries"):
        software.on("GET", route, make.page([]))
    found = await connector.check_prerequisites(session)
    assert {item.name: item.met for item in found} == {
        "company_reachable": True,
        "rights_granted": True,
        "fiscal_year_open": True,
    }
    assert {item.name for item in found} <= {item.name for item in connector.sheet.prerequisites}


@pytest.mark.parametrize(
    ("route", "status", "text", "unmet"),
    [
        ("/fiscal_years", 404, "Not Found", "company_reachable"),
        ("/fiscal_years", 403, "Forbidden", "company_reachable"),
        ("/ledger_entries", 403, "requires scope ledger_entries", "rights_granted"),
    ],
)
async def test_an_unmet_prerequisite_says_so_in_the_software_s_words(
    connector: Pennylane, session: Session, software: Any, make: Any, route: str, status: int, text: str, unmet: str
) -> None:
    software.on("GET", "/fiscal_years", make.numbered([]))
    for name in ("/journals", "/ledger_accounts", "/ledger_entries"):
        software.on("GET", name, make.page([]))
    software.on("GET", route, make.refusal(text, status))
    found = {item.name: item for item in await connector.check_prerequisites(session)}
    assert not found[unmet].met
    message = found[unmet].message
    assert message
    assert message.text == text


async def test_an_entry_is_found_by_journal_date_and_mark_over_all_pages(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/journals", make.page([ACH]))
    software.on(
        "GET",
        "/ledger_entries",
        make.page([make.entry(1, "Papeterie Durand FD-2026-0147"), make.entry(2, "x (#ZZZZ#)")], "c1"),
        make.page([make.entry(3, None)], "c2"),
        make.page([make.entry(4, attachment={"filename": "a.pdf", "url": "https://x.example"})]),
    )
    outcome = await connector.find(session, make.parcel((make.document(),)))
    assert isinstance(outcome, Found)
    assert (outcome.software_entry_id, outcome.documents) == ("4", "sent")
    asked = [asked.query for asked in software.asked("GET", "/ledger_entries")]
    assert [query.get("cursor") for query in asked] == [None, "c1", "c2"]
    wanted = [
        {"field": "journal_id", "operator": "eq", "value": "30412"},
        {"field": "date", "operator": "eq", "value": "2026-03-12"},
    ]
    assert all(json.loads(query["filter"]) == wanted for query in asked)


async def test_an_entry_without_its_document_says_so(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/journals", make.page([ACH]))
    software.on("GET", "/ledger_entries", make.page([make.entry(4)]))
    outcome = await connector.find(session, make.parcel((make.document(),)))
    assert isinstance(outcome, Found)
    assert outcome.documents == "missing"


async def test_two_entries_with_the_mark_are_said_never_chosen_from(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/journals", make.page([ACH]))
    software.on("GET", "/ledger_entries", make.page([make.entry(4)], "c1"), make.page([make.entry(8)]))
    outcome = await connector.find(session, make.parcel())
    assert isinstance(outcome, FoundSeveral)
    assert "4, 8" in outcome.message.text
    assert outcome.message.remedy["fr"]


async def test_absent_is_only_what_every_page_denies(
    connector: Pennylane, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/journals", make.page([ACH]))
    software.on("GET", "/ledger_entries", make.page([], "c1"), make.page([make.entry(1, "other")]))
    assert isinstance(await connector.find(session, make.parcel()), NotFound)
    software.on("GET", "/ledger_entries", make.page([], "c1"), make.refusal("Oops", 500))
    assert isinstance(await connector.find(session, make.parcel()), CouldNotAsk)


async def test_an_outdated_journal_id_never_makes_an_entry_seem_absent(
    connector: Pennylane, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept["journal"] = {"ACH": "1"}
    software.on("GET", "/journals", make.page([ACH]))
    software.on(
        "GET", "/ledger_entries", lambda asked: make.page([make.entry(4)] if "30412" in asked.query["filter"] else [])
    )
    assert isinstance(await connector.find(session, make.parcel()), Found)
    software.on("GET", "/journals", make.page([]))
    assert isinstance(await connector.find(session, make.parcel()), CouldNotAsk)


async def test_accounts_are_ensured_once_and_refusals_told(
    connector: Pennylane, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept = {}
    software.on(
        "GET",
        "/ledger_accounts",
        lambda asked: make.page([make.account("401OLD")] if "401OLD" in asked.query["filter"] else []),
    )

    def create(asked: Any) -> Any:
        if asked.json["number"] == "BAD":
            return make.refusal("Number is invalid")
        return make.reply(make.account(asked.json["number"]), 201)

    software.on("POST", "/ledger_accounts", create)
    wanted = [Account(number=number, label="x") for number in ("401OLD", "401NEW", "BAD")]
    ensured = await connector.ensure_accounts(session, wanted)
    assert ensured.present == ("401OLD", "401NEW")
    assert ensured.refused["BAD"].text == "Number is invalid"
