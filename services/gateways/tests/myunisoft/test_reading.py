"""What the gateway asks MyUnisoft: whether a key opens it, which files there are, what is in their books."""

from collections.abc import Iterable
from typing import Any

import pytest

from gateways.connectors.myunisoft.client import MyUnisoft
from gateways.domain.charts import is_subsidiary
from gateways.domain.outcome import (
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsRefused,
    Found,
    NotAnswered,
    NotFound,
)
from gateways.domain.port import Session
from qontable.events.reference import REFERENCE_KINDS, Account, FiscalYear, ReferenceRows

FIRM = {"target": {"type": "firm", "schemaId": 80, "thirdPartyId": 101}, "isActivated": True, "canBeActivated": True}
ONE_FILE = {"target": {"type": "api", "societyId": 127}, "isActivated": True}
NOT_YET = FIRM | {"isActivated": False}


def accounts(*numbers: str, total: int | None = None, pages: int | None = None) -> dict[str, Any]:
    listed = [{"account_id": 1000 + index, "account_number": number} for index, number in enumerate(numbers)]
    return {"account_array": listed, "rows_number": total, "pages_number": pages}


async def test_a_firm_s_key_is_accepted(connector: MyUnisoft, session: Session, software: Any, make: Any) -> None:
    software.on("GET", "/key/info", make.reply(FIRM))
    assert isinstance(await connector.check_credentials(session), CredentialsAccepted)
    assert software.asked("GET", "/key/info") == [{"mode": "extended"}]


async def test_a_new_key_is_activated_by_being_asked_about(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/key/info", make.reply(NOT_YET), make.reply(FIRM))
    assert isinstance(await connector.check_credentials(session), CredentialsAccepted)


async def test_a_key_that_stays_inactive_is_refused(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/key/info", make.reply(NOT_YET))
    assert isinstance(await connector.check_credentials(session), CredentialsRefused)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ERR-FIRM-TOKEN-NOT-FOUND", 401, CredentialsRefused),
        ("ERR-THIRD-PARTY-DISCONNECTED", 403, CredentialsRefused),
        ("ERR-INVALID-SECRET", 401, CouldNotAsk),
        ("ERR-API-UNDER-MAINTENANCE", 503, CouldNotAsk),
        ("ERR-TOO-MANY-REQUEST", 429, CouldNotAsk),
        ("ERR-INTERNAL", 500, CouldNotAsk),
    ],
)
async def test_only_an_answer_about_the_key_refuses_it(
    connector: MyUnisoft, session: Session, software: Any, make: Any, code: str, status: int, expected: type
) -> None:
    software.on("GET", "/key/info", make.refusal(code, status))
    assert type(await connector.check_credentials(session)) is expected


async def test_a_firm_s_key_lists_its_files(connector: MyUnisoft, session: Session, software: Any, make: Any) -> None:
    software.on("GET", "/key/info", make.reply(FIRM))
    societies = [
        {"society_id": 3, "name": "Boulangerie Martin", "siret": "73282932000074", "folder_reference": "BM01"},
        {"society_id": 4, "name": "SCI des Lilas", "siret": None, "folder_reference": None},
    ]
    software.on("GET", "/society", make.reply({"row_numbers": None, "pages_number": None, "society_array": societies}))
    files = await connector.list_software_files(session)
    assert [(file.software_file_id, file.name, file.code, file.siren) for file in files] == [
        ("3", "Boulangerie Martin", "BM01", "732829320"),
        ("4", "SCI des Lilas", None, None),
    ]


async def test_a_key_of_one_file_lists_that_file(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/key/info", make.reply(ONE_FILE))
    assert [file.software_file_id for file in await connector.list_software_files(session)] == ["127"]


async def test_half_a_list_of_files_is_no_list(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/key/info", make.reply(FIRM))
    page = {"row_numbers": 40, "pages_number": 2, "society_array": [{"society_id": 3, "name": "Une"}]}
    software.on("GET", "/society", make.reply(page))
    with pytest.raises(NotAnswered):
        await connector.list_software_files(session)


@pytest.mark.parametrize(("closed", "met"), [((True, False), True), ((True, True), False), ((), False)])
async def test_a_file_without_open_fiscal_year_is_told(
    connector: MyUnisoft, session: Session, software: Any, make: Any, closed: Iterable[bool], *, met: bool
) -> None:
    years = [{"start_date": "20250101", "end_date": "20251231", "closed": each} for each in closed]
    software.on("GET", "/society/exercice", make.reply(years))
    tested = {item.name: item.met for item in await connector.check_prerequisites(session)}
    assert tested == {"folder_reachable": True, "fiscal_year_open": met}


async def test_a_file_that_the_key_does_not_open_is_told_with_the_software_s_words(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/society/exercice", make.refusal("DROIT1", 403, "Vous n'avez pas accès"))
    (tested,) = await connector.check_prerequisites(session)
    assert (tested.name, tested.met) == ("folder_reachable", False)
    assert tested.message is not None
    assert tested.message.text == "Vous n'avez pas accès"


async def read(connector: MyUnisoft, session: Session, *kinds: Any) -> list[ReferenceRows]:
    return [rows async for rows in connector.fetch_reference_data(session, kinds or REFERENCE_KINDS)]


async def test_everything_a_file_holds_is_read_and_its_ids_remembered(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    books.kept.clear()
    chart = {
        "4": accounts("401000", "401DURAND", "411ORCHIS", "421000", "421DUPONT", "445660"),
        "6": accounts("606400"),
    }
    software.on("GET", "/account", lambda request: make.reply(chart.get(request.query["begin_by"], accounts())))
    bank = {"code": "BQ", "name": "Banque", "diary_id": 9, "diary_type_code": "BQ", "account": {"number": "512000"}}
    old = {"code": "A0", "name": "Achats", "diary_id": 8, "diary_type_code": "ACH", "blocked": True, "account": None}
    untyped = {"code": "CT", "name": "Chèques", "diary_id": 7, "diary_type_code": "", "blocked": None}
    software.on("GET", "/diary", make.reply([bank, old, untyped]))
    software.on(
        "GET", "/society/exercice", make.reply([{"start_date": "20260101", "end_date": "20261231", "closed": None}])
    )
    parts = await read(connector, session)
    assert [row.number for rows in parts for row in rows.accounts] == ["421000", "445660", "606400"]
    assert [row.number for rows in parts for row in rows.subsidiaries] == [
        "401000", "401DURAND", "411ORCHIS", "421DUPONT",
    ]  # fmt: skip
    journals = {row.code: (row.type, row.closed, row.account) for rows in parts for row in rows.journals}
    assert journals == {"BQ": ("bank", False, "512000"), "A0": ("purchases", True, None), "CT": ("other", False, None)}
    years = [year for rows in parts for year in rows.fiscal_years]
    assert years == [FiscalYear(start="2026-01-01", end="2026-12-31")]
    assert books.kept["journal"] == {"BQ": "9", "A0": "8", "CT": "7"}
    assert len(books.kept["account"]) == 7


async def test_a_chart_longer_than_a_page_is_read_to_its_end(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    chart = sorted(["401", "4010", *(f"401{name}" for name in ("A1", "A2", "A3", "B1", "Z9")), "606400"])

    def page(request: Any) -> Any:
        numbers = [number for number in chart if number.startswith(request.query["begin_by"])]
        return make.reply(accounts(*numbers[:3], total=len(numbers), pages=-(-len(numbers) // 3)))

    software.on("GET", "/account", page)
    parts = await read(connector, session, "accounts", "subsidiaries")
    assert sorted(row.number for rows in parts for row in (*rows.accounts, *rows.subsidiaries)) == chart


async def test_a_chart_that_does_not_add_up_is_no_snapshot(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    def page(request: Any) -> Any:
        begin = request.query["begin_by"]
        return make.reply(accounts("4é1", total=2, pages=2) if begin == "4" else accounts())

    software.on("GET", "/account", page)
    with pytest.raises(NotAnswered):
        await read(connector, session, "accounts")


@pytest.mark.parametrize("raw", [b"<html>", b'{"account_array": [{"account_number": 5}]}', b""])
async def test_reference_data_that_cannot_be_read_is_not_taken_for_none(
    connector: MyUnisoft, session: Session, software: Any, make: Any, raw: bytes
) -> None:
    software.on("GET", "/account", make.reply(raw=raw))
    with pytest.raises(NotAnswered):
        await read(connector, session, "accounts")


async def test_only_what_was_asked_for_is_fetched(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/account", make.reply(accounts()))
    software.on("GET", "/diary", make.reply([]))
    assert await read(connector, session, "journals") == [ReferenceRows()]
    assert software.asked("GET", "/account") == []
    chart = accounts("401DURAND", "606400")
    software.on("GET", "/account", make.reply(chart))
    parts = await read(connector, session, "subsidiaries")
    assert {row.number for rows in parts for row in rows.subsidiaries} == {"401DURAND"}
    assert not any(rows.accounts for rows in parts)


@pytest.mark.parametrize(
    ("number", "subsidiary"),
    [("401000", True), ("4111", True), ("421DUPONT", True), ("467X", True), ("421000", False), ("512000", False)],
)
def test_every_account_of_a_third_party_is_a_subsidiary_account(number: str, *, subsidiary: bool) -> None:
    assert is_subsidiary(number, ("401", "411")) is subsidiary


async def test_an_entry_is_found_by_our_reference_with_what_was_cut(
    connector: MyUnisoft, session: Session, software: Any, make: Any
) -> None:
    software.on("GET", "/entry/id", make.reply({"id_entry": 88001, "type": "ENTRIES"}))
    outcome = await connector.find(session, make.parcel((make.document(),)))
    assert isinstance(outcome, Found)
    assert (outcome.software_entry_id, outcome.documents) == ("88001", "sent")
    assert [cut.where for cut in outcome.exchange.cuts] == ["invoice_number"]


@pytest.mark.parametrize("content", [None, {}, []])
async def test_an_empty_answer_means_that_there_is_no_such_entry(
    connector: MyUnisoft, session: Session, software: Any, make: Any, content: Any
) -> None:
    software.on("GET", "/entry/id", make.reply(content))
    assert isinstance(await connector.find(session, make.parcel()), NotFound)


@pytest.mark.parametrize(
    ("status", "raw", "expected"),
    [
        (404, b'{"error": {"code": "ECR-UNKNOWN", "message": ""}}', NotFound),
        (404, b"<html>no such page</html>", CouldNotAsk),
        (404, b'{"error": {"code": "ERR-SOCIETY-DOESNT-EXIST", "message": ""}}', CouldNotAsk),
        (200, b"<html>", CouldNotAsk),
        (200, b"", CouldNotAsk),
        (200, b'{"type": "ENTRIES"}', CouldNotAsk),
        (400, b'{"error": {"code": "GBL10", "message": ""}}', CouldNotAsk),
        (500, b"", CouldNotAsk),
    ],
)
async def test_only_a_plain_no_means_that_there_is_no_such_entry(
    connector: MyUnisoft, session: Session, software: Any, make: Any, status: int, raw: bytes, expected: type
) -> None:
    software.on("GET", "/entry/id", make.reply(raw=raw, status=status))
    assert type(await connector.find(session, make.parcel())) is expected


async def test_accounts_are_created_one_by_one_and_refusals_told(
    connector: MyUnisoft, session: Session, software: Any, make: Any, books: Any
) -> None:
    software.on(
        "POST", "/account", make.reply({"account_id": 42, "account_number": "401NEUF"}), make.refusal("COMPTE7")
    )
    wanted = (Account(number="401NEUF", label="Neuf"), Account(number="4" * 30, label="Trop long"))
    ensured = await connector.ensure_accounts(session, wanted)
    assert ensured.present == ("401NEUF",)
    assert {number: message.code for number, message in ensured.refused.items()} == {"4" * 30: "COMPTE7"}
    assert books.kept["account"]["401NEUF"] == "42"
