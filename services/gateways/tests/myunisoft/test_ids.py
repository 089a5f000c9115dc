"""Finding what MyUnisoft calls the accounts, journals and analytic sections of an entry, before it is sent."""

from typing import Any

import pytest

from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.domain.health import sign_of
from gateways.domain.outcome import Accepted, NotSent, Rejected, SendOutcome, Throttled
from gateways.domain.port import Parcel, Session

BOOKED = {"entry_array": [{"entry_id": 88001}]}


async def send(connector: MyUnisoft, session: Session, parcel: Parcel) -> SendOutcome:
    (outcome,) = await connector.send(session, (parcel,))
    return outcome


async def test_an_account_that_we_do_not_know_is_asked_for_once_and_remembered(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept["account"].pop("401DURAND")
    listed = [{"account_id": 5, "account_number": "401DURANDAL"}, {"account_id": 911207, "account_number": "401DURAND"}]
    software.on("GET", "/account", make.reply({"account_array": listed}))
    software.on("POST", "/entry", make.reply(BOOKED))
    for _ in range(2):
        assert isinstance(await send(connector, session, make.parcel()), Accepted)
    assert software.asked("GET", "/account") == [{"mode": "2", "begin_by": "401DURAND"}]
    assert software.bodies("/entry")[0]["entry_list"][2]["account_id"] == 911207


async def test_a_missing_subsidiary_returns_the_entry_and_sends_nothing(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept["account"].pop("401DURAND")
    software.on("GET", "/account", make.reply({"account_array": []}))
    outcome = await send(connector, session, make.parcel())
    assert isinstance(outcome, Rejected)
    assert (outcome.message.category, outcome.message.code) == ("account_unknown", None)
    assert "401DURAND" in outcome.message.text
    assert software.bodies("/entry") == []


async def test_a_missing_subsidiary_is_created_where_the_file_s_policy_says_so(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept["account"].pop("401DURAND")
    software.on("GET", "/account", make.reply({"account_array": []}))
    software.on("POST", "/account", make.reply({"account_id": 42, "account_number": "401DURAND"}))
    software.on("POST", "/entry", make.reply(BOOKED))
    assert isinstance(await send(connector, session, make.parcel(create_missing_accounts=True)), Accepted)
    assert software.bodies("/account") == [{"account_number": "401DURAND", "label": "Papeterie Durand"}]
    assert software.bodies("/entry")[0]["entry_list"][2]["account_id"] == 42


async def test_a_missing_general_account_is_never_created(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept["account"].pop("606400")
    software.on("GET", "/account", make.reply({"account_array": []}))
    outcome = await send(connector, session, make.parcel(create_missing_accounts=True))
    assert isinstance(outcome, Rejected)
    assert software.bodies("/account") == []


async def test_a_subsidiary_that_the_software_refuses_to_create_returns_the_entry_with_its_words(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept["account"].pop("401DURAND")
    software.on("GET", "/account", make.reply({"account_array": []}))
    software.on("POST", "/account", make.refusal("COMPTE6"))
    outcome = await send(connector, session, make.parcel(create_missing_accounts=True))
    assert isinstance(outcome, Rejected)
    assert (outcome.message.category, outcome.message.code) == ("account_number_invalid", "COMPTE6")


async def test_an_unknown_journal_is_asked_for_then_returns_the_entry(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/diary", make.reply([{"diary_id": 3, "code": "ACHA", "name": "Achats A"}]))
    outcome = await send(connector, session, make.parcel(journal_code="AC"))
    assert isinstance(outcome, Rejected)
    assert outcome.message.category == "journal_unknown"
    assert software.asked("GET", "/diary") == [{"code": "AC"}]


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [("ERR-TOO-MANY-REQUEST", 429, Throttled), ("ERR-INTERNAL", 500, NotSent), ("ERR-INVALID-JWT", 401, NotSent)],
)
async def test_a_question_that_fails_before_the_write_sent_nothing(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any, code: str, status: int, expected: type
) -> None:
    books.kept["account"].clear()
    software.on("GET", "/account", make.refusal(code, status))
    assert type(await send(connector, session, make.parcel())) is expected
    assert software.bodies("/entry") == []


async def test_an_id_that_the_software_denies_is_forgotten(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    software.on("POST", "/entry", make.refusal("COMPTE2"), make.refusal("JOURNAL3"))
    await send(connector, session, make.parcel())
    assert set(books.kept["account"]) == {"512000"}
    books.kept["account"] = {"606400": "1", "445660": "2", "401DURAND": "3"}
    await send(connector, session, make.parcel())
    assert set(books.kept["journal"]) == {"BQ"}


def listed(number: str) -> dict[str, Any]:
    return {"account_array": [{"account_id": 7, "account_number": number}]}


async def test_an_entry_refused_for_an_id_out_of_memory_is_sent_again_with_one_asked_for_anew(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    """The account was deleted in MyUnisoft and created again: the entry is not to blame."""
    denied = make.refusal("COMPTE2")
    software.on("POST", "/entry", denied, make.reply(BOOKED))
    software.on("GET", "/account", lambda request: make.reply(listed(request.query["begin_by"])))
    first = await send(connector, session, make.parcel())
    assert isinstance(first, NotSent)
    assert (first.message.category, sign_of(first)) == ("id_outdated", None)
    assert isinstance(await send(connector, session, make.parcel()), Accepted)
    assert len(software.asked("GET", "/account")) == 3


async def test_an_entry_refused_for_an_id_just_asked_for_is_returned(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    software.on("POST", "/entry", make.refusal("COMPTE2"))
    software.on("GET", "/account", lambda request: make.reply(listed(request.query["begin_by"])))
    assert isinstance(await send(connector, session, make.parcel()), NotSent)
    assert isinstance(await send(connector, session, make.parcel()), Rejected)


ANALYTIC_LINES = [
    {
        "account": "606400",
        "label": "Fournitures",
        "debit": "10.00",
        "credit": "0.00",
        "analytic": [{"axis": "REGIONS", "section": "SUD", "amount": "10.00"}],
    },
    {"account": "512000", "label": "Banque", "debit": "0.00", "credit": "10.00"},
]


async def test_analytic_sections_are_asked_for_once(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/analytics/axes", make.reply([{"id_axe": 41, "code": "REGIONS", "label": "Régions de vente"}]))
    sections = [{"id_section_analytique": 66, "code": "SUD", "label": "Sud"}]
    software.on("GET", "/analytics/axes/41/sections", make.reply(sections))
    software.on("POST", "/entry", make.reply(BOOKED))
    for _ in range(2):
        assert isinstance(await send(connector, session, make.parcel(lines=ANALYTIC_LINES)), Accepted)
    assert len(software.asked("GET", "/analytics/axes")) == 1
    (axis,) = software.bodies("/entry")[1]["entry_list"][0]["analytique"]
    assert (axis["id_axe"], axis["label"], axis["repartition"][0]["id_section"]) == (41, "Régions de vente", 66)


async def test_an_unknown_analytic_section_is_never_left_out_silently(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/analytics/axes", make.reply([{"id_axe": 41, "code": "REGIONS", "label": "Régions"}]))
    software.on("GET", "/analytics/axes/41/sections", make.reply([]))
    outcome = await send(connector, session, make.parcel(lines=ANALYTIC_LINES))
    assert isinstance(outcome, Rejected)
    assert outcome.message.category == "analytic_unknown"
