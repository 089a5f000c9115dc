"""What is read from Cegid Loop: whether the keys and a file's code work, reference data, and entries in the books."""

from typing import Any

import pytest

from gateways.connectors.cegid_loop.client import CegidLoop
from gateways.domain.outcome import (
    CouldNotAsk,
    CredentialsAccepted,
    CredentialsRefused,
    Found,
    NotAnswered,
    NotFound,
)
from gateways.domain.port import Session
from qontable.events.reference import REFERENCE_KINDS, Account, ReferenceRows
from qontable.reference import reference_uuid

from .conftest import REFERENCE

ORIGIN = str(reference_uuid(REFERENCE))
GATE = {"statusCode": 401, "message": "Access denied due to invalid subscription key."}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"content": {"error": {"message": "unknown import"}}}, CredentialsAccepted),
        ({"content": {"error": {"message": "unknown import"}}, "status": 404}, CredentialsAccepted),
        ({"content": {"status": 1}}, CredentialsAccepted),
        ({"raw": b"<html>"}, CouldNotAsk),
        ({"raw": b""}, CouldNotAsk),
        ({"status": 401}, CredentialsRefused),
        ({"status": 403}, CredentialsRefused),
        ({"content": {"error": {"message": "x-apikey unknown"}}}, CredentialsRefused),
        ({"content": {"error": {"message": "x-apikey unknown"}}, "status": 400}, CredentialsRefused),
        ({"content": GATE, "status": 401}, CouldNotAsk),
        ({"status": 404, "content": {"statusCode": 404, "message": "no import 0000"}}, CredentialsAccepted),
        ({"status": 404, "content": {"statusCode": 404, "message": "Resource not found"}}, CouldNotAsk),
        ({"status": 404, "raw": b"<html>"}, CouldNotAsk),
        ({"status": 503}, CouldNotAsk),
        ({"status": 429}, CouldNotAsk),
    ],
)
async def test_keys_are_tried_without_a_file(
    connector: CegidLoop, session: Session, software: Any, make: Any, answer: Any, kind: type
) -> None:
    software.on("/getImportStatus", make.reply(**answer))
    assert isinstance(await connector.check_credentials(session), kind)


async def test_our_own_key_is_not_the_firm_s_to_mend(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/getImportStatus", make.reply(GATE, 401))
    refused = await connector.check_credentials(session)
    assert isinstance(refused, CouldNotAsk)
    assert refused.message.category == "partner_key_refused"


async def test_no_list_of_files_is_made_up(connector: CegidLoop, session: Session, software: Any) -> None:
    assert await connector.list_software_files(session) == ()
    assert connector.sheet.capabilities["lists_software_files"].value is False
    assert not software.requests


@pytest.mark.parametrize(
    ("reply", "met", "category"),
    [
        ({"content": [{"code": "AC"}]}, True, None),
        ({"content": []}, True, None),
        ({"content": {"error": {"message": "unknown folder"}}}, False, "software_file_unknown"),
        (
            {
                "content": {"error": {"message": "The collaborator 7 does not have access to the folder X"}},
                "status": 403,
            },
            False,
            "connector_not_activated",
        ),
    ],
)
async def test_a_typed_code_is_tried(
    connector: CegidLoop,
    session: Session,
    software: Any,
    make: Any,
    reply: Any,
    met: bool,  # noqa: FBT001
    category: Any,
) -> None:
    software.on("/journal", make.reply(**reply))
    (found,) = await connector.check_prerequisites(session)
    assert (found.name, found.met) == ("connector_activated", met)
    assert (found.message.category if found.message else None) == category
    assert software.asked("/journal") == [{"codeDossier": "DOS0042", "take": "1"}]


async def test_a_code_that_could_not_be_tried_is_neither_right_nor_wrong(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/journal", make.reply(status=503))
    with pytest.raises(NotAnswered):
        await connector.check_prerequisites(session)


async def gathered(connector: CegidLoop, session: Session, *kinds: Any) -> list[ReferenceRows]:
    return [rows async for rows in connector.fetch_reference_data(session, kinds or REFERENCE_KINDS)]


async def test_accounts_third_parties_and_journals_are_read_to_the_end(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on(
        "/compte",
        make.reply([{"numero": "401000", "libelle": "Fournisseurs", "collectif": True, "ferme": False, "type": 4}]),
        make.reply({"count": 2, "items": [{"numero": "606400", "libelle": None, "ferme": True}]}),
        make.reply([]),
    )
    software.on(
        "/tiersFournisseur",
        make.reply([{"objectId": 7, "code": "FDURAND", "raisonSociale": "Papeterie Durand", "actif": True, "type": 1}]),
        make.reply([]),
    )
    software.on("/tiersClient", make.reply([{"code": "CORCHIS", "nomUsuel": "Orchis", "actif": False}]), make.reply([]))
    software.on("/tierssalarie", make.reply([{"code": "SMARTIN", "prenom": "Ana", "nom": "Martin"}]), make.reply([]))
    software.on("/tiersDivers", make.reply([]))
    software.on(
        "/journal",
        make.reply(
            [
                {"code": "AC", "libelle": "Achats", "type": 1},
                {"code": "BQ", "libelle": "Banque", "type": 4, "compteContrepartie": "512000"},
                {"code": "B2", "libelle": "Banque 2", "type": 4, "compteContrepartie": {"description": ["512100"]}},
                {"code": "EC", "libelle": "Ecarts", "type": 6},
            ]
        ),
        make.reply([]),
    )
    parts = await gathered(connector, session)
    accounts = [row for part in parts for row in part.accounts]
    thirds = [row for part in parts for row in part.subsidiaries]
    journals = [row for part in parts for row in part.journals]
    assert [(row.number, row.label, row.closed) for row in accounts] == [
        ("401000", "Fournisseurs", False), ("606400", "", True),
    ]  # fmt: skip
    assert [(row.number, row.label, row.closed) for row in thirds] == [
        ("FDURAND", "Papeterie Durand", False), ("CORCHIS", "Orchis", True), ("SMARTIN", "Ana Martin", False),
    ]  # fmt: skip
    assert [(row.code, row.type, row.account) for row in journals] == [
        ("AC", "purchases", None), ("BQ", "bank", "512000"), ("B2", "bank", "512100"), ("EC", "other", None),
    ]  # fmt: skip
    assert not any(part.fiscal_years for part in parts)
    assert [query["skip"] for query in software.asked("/compte")] == ["0", "1", "2"]
    assert await session.books.ids("account", ["tiers/CORCHIS"]) == {"tiers/CORCHIS": "CORCHIS"}


async def test_fiscal_years_are_asked_of_nobody(connector: CegidLoop, session: Session, software: Any) -> None:
    assert await gathered(connector, session, "fiscal_years") == []
    assert not software.requests


@pytest.mark.parametrize(
    "replies",
    [
        [{"status": 500}],
        [{"content": {"error": {"message": "unknown folder"}}}],
        [{"content": {"items": [], "others": []}}],
        [{"content": [{"libelle": "no number"}]}],
        [{"content": [{"numero": "1"}]}, {"content": [{"numero": "1"}]}],
        [{"content": [{"numero": "1"}]}, {"raw": b"<html>"}],
    ],
)
async def test_half_a_list_is_no_list(
    connector: CegidLoop, session: Session, software: Any, make: Any, replies: Any
) -> None:
    software.on("/compte", *(make.reply(**reply) for reply in replies))
    with pytest.raises(NotAnswered):
        await gathered(connector, session, "accounts")


# Entries in the books

PIECE = 'journalCode == "AC" && refPiece == "FD-2026-0147"'


async def test_an_entry_is_searched_by_its_origin_first(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/EcritureComptable", make.reply([{"objectId": "e-1", "ecritureOrigine": ORIGIN}]))
    found = await connector.find(session, make.parcel())
    assert isinstance(found, Found)
    assert software.asked("/EcritureComptable") == [
        {"codeDossier": "DOS0042", "take": "100", "filter": f'ecritureOrigine == "{ORIGIN}"'}
    ]


async def test_an_entry_is_absent_only_if_its_piece_shows_nothing_of_it_either(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/EcritureComptable", make.reply([]))
    assert isinstance(await connector.find(session, make.parcel()), NotFound)
    assert [query["filter"] for query in software.asked("/EcritureComptable")] == [
        f'ecritureOrigine == "{ORIGIN}"', f"codeLettrage == null && {PIECE}", f"codeLettrage != null && {PIECE}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([{"objectId": "e-1", "ecritureOrigine": ORIGIN}], Found),
        ([{"objectId": "e-1", "ecritureOrigine": "0190a3c2-7d1e-7c55-9a3f-2f0f6a1b9e10"}], NotFound),
        ([{"objectId": "e-1"}], CouldNotAsk),
        ([{"ecritureOrigine": "another"}] * 100, CouldNotAsk),
        ([{"ecritureOrigine": "another"}] * 99, NotFound),
    ],
)
async def test_lines_under_the_same_piece_count_by_their_origin(
    connector: CegidLoop, session: Session, software: Any, make: Any, rows: Any, kind: type
) -> None:
    software.on("/EcritureComptable", make.reply([]), make.reply(rows), make.reply([]))
    outcome = await connector.find(session, make.parcel())
    assert isinstance(outcome, kind)
    if isinstance(outcome, CouldNotAsk):
        assert (outcome.message.category, outcome.cause) == ("look_up_ambiguous", "refused")


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("reply", [{"status": 500}, {"content": {"error": {"message": "no"}}}, {"content": {}}])
async def test_any_question_without_an_answer_leaves_the_entry_in_doubt(
    connector: CegidLoop, session: Session, software: Any, make: Any, at: int, reply: Any
) -> None:
    replies = [make.reply([])] * at + [make.reply(**reply)]
    software.on("/EcritureComptable", *replies)
    assert isinstance(await connector.find(session, make.parcel()), CouldNotAsk)


async def test_a_piece_is_quoted_as_the_filter_s_language_wants_it(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/EcritureComptable", make.reply([]))
    await connector.find(session, make.parcel(invoice_number='F"1\\2'))
    assert r'refPiece == "F\"1\\2"' in software.asked("/EcritureComptable")[1]["filter"]


async def test_accounts_are_found_but_none_is_created(
    connector: CegidLoop, session: Session, software: Any, make: Any
) -> None:
    software.on("/tiersFournisseur", make.reply([{"code": "FDURAND"}]), make.reply([]))
    for route in ("/tiersClient", "/tierssalarie", "/tiersDivers"):
        software.on(route, make.reply([]))
    software.on("/compte", make.reply([{"numero": "606400"}]), make.reply([]))
    accounts = [Account(number=number, label="x") for number in ("FDURAND", "606400", "FNEW")]
    ensured = await connector.ensure_accounts(session, accounts)
    assert ensured.present == ("FDURAND", "606400")
    assert ensured.refused["FNEW"].category == "account_not_created"
