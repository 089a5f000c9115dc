"""An import's life: registered, run, done or refused; what its options create; what stands in the books afterwards."""

import asyncio
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.adapters.import_requests import end
from sandbox.software.cegid_loop import importing
from sandbox.software.cegid_loop.importing import Importer

from ..served import eventually
from .bodies import ORIGIN, SISTER, invoice, line, money, numbered, origin, request
from .conftest import DONE, REFUSED, RUNNING, WAITING, Folder, Stand

GOLDENS = Path(__file__).parent / "goldens"
Change = Callable[[list[dict[str, Any]]], object]


def _each(**values: Any) -> Change:
    return lambda lines: [line.update(values) for line in lines]


def _one(index: int, **values: Any) -> Change:
    return lambda lines: lines[index].update(values)


FUNCTIONAL: dict[str, tuple[Change, str]] = {
    "unbalanced by a cent": (_one(0, debit=money(100.01)), "n'est pas équilibrée"),
    "three decimals": (_one(0, debit=money(100.001)), "centimes"),
    "amount beyond all books": (_one(0, debit=money(1e300)), "centimes"),
    "both sides filled": (_one(0, credit=money(5)), "un débit et un crédit"),
    "unknown account": (_one(0, compte="999999"), "le compte 999999 n'existe pas"),
    "no account": (lambda lines: lines[0].pop("compte"), "le compte (vide)"),
    "a third party for an account": (_one(0, compte="FDURAND"), "le compte FDURAND n'existe pas"),
    "an account for a third party": (_one(2, tiers="401000"), "est celui d'un compte général"),
    "unknown journal": (_each(journal="XX"), "le journal XX n'existe pas"),
    "date outside the context": (_each(date="2026-04-01T00:00:00.000Z"), "hors du contexte"),
    "no date": (lambda lines: [line.pop("date") for line in lines], "date n'est pas renseignée"),
    "date in another format": (_each(date="12/03/2026"), "n'est pas une date"),
    "impossible due date": (_one(2, dateEcheance="2026-02-30T00:00:00.000Z"), "dateEcheance n'est pas une date"),
    "unknown currency": (_one(0, debit=money(100, currency="XYZ")), "XYZ"),
    "type 8": (_one(0, type=8), "type inconnu"),
}


@pytest.mark.parametrize("what", FUNCTIONAL)
async def test_refused_when_it_runs_and_nothing_is_booked(folder: Folder, what: str) -> None:
    change, reason = FUNCTIONAL[what]
    lines = copy.deepcopy(invoice())
    change(lines)
    assert await folder.ended(lines) == REFUSED
    assert reason in "\n".join(await folder.reasons())
    assert await folder.all() == []


async def test_refused_at_once_is_status_200_with_an_error_object(folder: Folder) -> None:
    answered = await folder.send(invoice()[:1])
    error = answered.json()["error"]
    assert (answered.status_code, set(answered.json()), set(error)) == (200, {"error"}, {"instanceId", "message"})
    assert error["message"] == "Le tableau d'écritures doit comporter au moins deux lignes"
    empty = await folder.api.post("/importJson", content=b"")
    assert (empty.status_code, empty.json()["error"]["message"][:23]) == (200, "Il n'y a pas de payload")
    sister = await folder.send(invoice(SIRET=SISTER))
    assert sister.json()["error"]["message"].endswith(f"{SISTER} n'est pas reconnu pour le dossier {folder.code}")
    await folder.switch(establishments=[SISTER])
    assert await folder.ended(invoice(SIRET=SISTER)) == DONE
    assert [shown["status"] for shown in await folder.imports()] == [DONE]


async def test_several_importers_at_once_carry_each_import_out_once(stand: Stand, folder: Folder) -> None:
    await folder.switch(waiting_seconds=3600)
    sent = [(await folder.send(numbered(number))).json()["accountingImportRequestId"] for number in range(10)]
    await folder.pass_time(3601)
    importers = [Importer(stand.database) for _ in range(4)]
    await asyncio.gather(*(importer.step() for importer in importers for _ in range(6)))
    assert {await folder.end_of(import_id) for import_id in sent} == {DONE}
    assert len(await folder.all()) == 30


async def test_an_import_whose_importer_dies_is_carried_out_once(
    stand: Stand, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after everything was booked and before that is committed."""
    deaths = 0

    async def end_or_die(*arguments: Any) -> None:
        nonlocal deaths
        deaths += 1
        if deaths == 1:
            raise OSError("killed")
        await end(*arguments)

    monkeypatch.setattr(importing, "end", end_or_die)
    assert await folder.ended(invoice()) == DONE
    assert deaths == 2
    assert len(await folder.all()) == 3


async def test_waiting_running_done(folder: Folder) -> None:
    await folder.switch(waiting_seconds=3600, running_seconds=3600)
    import_id = (await folder.send(invoice())).json()["accountingImportRequestId"]
    assert await folder.status(import_id) == WAITING
    await folder.pass_time(3601)

    async def runs() -> bool:
        return await folder.status(import_id) == RUNNING

    await eventually(runs)
    assert await folder.all() == []
    await folder.pass_time(3601)
    assert await folder.end_of(import_id) == DONE
    assert len(await folder.all()) == 3


async def test_the_one_invoice_as_printed(folder: Folder) -> None:
    golden = json.loads((GOLDENS / "invoice.json").read_text())
    assert request("DOS0042", invoice()) == golden["request"]
    answered = await folder.api.post("/importJson", json=golden["request"] | {"codeIbs": folder.code})
    assert set(answered.json()) == {"accountingImportRequestId"}
    assert await folder.end_of(answered.json()["accountingImportRequestId"]) == DONE
    found = await folder.find(f'ecritureOrigine == "{ORIGIN}"')
    own = ("objectId", "revisionId")
    assert [{name: row[name] for name in row if name not in own} for row in found] == golden["rows"]
    assert len({row["objectId"] for row in found}) == 3


async def test_looked_up_by_piece_and_journal_where_a_uuid_is_not_searched(folder: Folder) -> None:
    await folder.ended([*numbered(1), *numbered(2)])
    await folder.switch(origin_searchable=False)
    assert await folder.find(f'ecritureOrigine == "{origin(1)}"') == []
    by_piece = await folder.find('codeLettrage == null && journalCode == "AC" && refPiece == "FD-1"')
    assert {row["ecritureOrigine"] for row in by_piece} == {origin(1)}
    assert await folder.find("codeLettrage != null") == []
    assert len(await folder.find('codeLettrage == null && datePiece == "2026-03-12" && compteNumero == "401000"')) == 2


async def test_a_look_up_without_its_criterion_is_refused_and_shows_a_hundred_rows_at_most(folder: Folder) -> None:
    query = {"codeDossier": folder.code, "filter": 'refPiece == "FD-1"'}
    assert (await folder.api.get("/EcritureComptable", params=query)).status_code == 400
    assert (await folder.api.get("/EcritureComptable", params={"codeDossier": folder.code})).status_code == 400
    lines = [line("606400", debit=1) for _ in range(149)] + [line("401000", credit=149, tiers="FDURAND")]
    assert await folder.ended(lines) == DONE
    assert len(await folder.all()) == 100
    assert len(await folder.find("codeLettrage == null", skip=100)) == 50


async def test_of_a_refused_import_all_or_nothing_or_what_was_right(folder: Folder) -> None:
    bad = [found | {"compte": "999999"} for found in numbered(2)]
    batch = [*numbered(1), *bad, *numbered(3)]
    assert await folder.ended(batch) == REFUSED
    assert await folder.all() == []
    await folder.switch(partial=True)
    assert await folder.ended(batch, createNewTiers=True) == REFUSED
    assert {row["ecritureOrigine"] for row in await folder.all()} == {origin(1), origin(3)}
    assert await folder.reasons() == ["ligne 4 : le compte 999999 n'existe pas dans le dossier"]


async def test_what_a_refused_entry_had_created_is_gone_for_the_next(folder: Folder) -> None:
    """The third party that the second entry creates is taken back with it, and made again for the third one."""
    await folder.switch(partial=True)
    new = {"tiers": "FNEW"}
    bad = [found | new | ({"debit": money(21)} if found["compte"] == "445660" else {}) for found in numbered(2)]
    good = [found | (new if found["compte"] == "401000" else {}) for found in numbered(3)]
    assert await folder.ended([*bad, *good], createNewTiers=True) == REFUSED
    assert [row["tiersCode"] for row in await folder.all()] == [None, None, "FNEW"]


async def test_third_parties_are_created_or_replaced_by_the_waiting_one(folder: Folder) -> None:
    stranger = [found | ({"tiers": "FNEW"} if "tiers" in found else {}) for found in invoice()]
    assert await folder.ended(stranger) == DONE
    assert (await folder.all())[2]["tiersCode"] == "ATTENTE"
    assert await folder.ended(stranger, createNewTiers=True) == DONE
    listed = await folder.api.get("/tiersFournisseur", params={"codeDossier": folder.code, "select": "code"})
    assert [row["code"] for row in listed.json()] == ["ATTENTE", "FDURAND", "FNEW"]


async def test_journals_and_accounts_are_created_where_the_options_say_so(folder: Folder) -> None:
    lines = [found | {"journal": "NEW", "journalLib": "Nouveau"} for found in invoice()]
    lines[0] |= {"compte": "606500", "compteLib": "Autres fournitures"}
    assert await folder.ended(lines) == REFUSED
    assert await folder.ended(lines, createNewJournaux=True, createNewComptes=True) == DONE
    chart = await folder.api.get("/compte", params={"codeDossier": folder.code, "filter": 'numero == "606500"'})
    assert chart.json()[0]["libelle"] == "Autres fournitures"
    journals = (await folder.api.get("/journal", params={"codeDossier": folder.code})).json()
    assert "NEW" in {row["code"] for row in journals}


async def test_a_default_journal_and_account_by_the_vendors_ids(folder: Folder) -> None:
    query = {"codeDossier": folder.code}
    journal = (await folder.api.get("/journal", params=query | {"filter": 'code == "OD"'})).json()[0]["objectId"]
    account = (await folder.api.get("/compte", params=query | {"filter": 'numero == "467000"'})).json()[0]["objectId"]
    lines = [found | {"journal": "XX"} for found in invoice()]
    lines[0] |= {"compte": "999999"}
    assert await folder.ended(lines, defaultJournalId=journal, defaultCompte=account) == DONE
    first = (await folder.all())[0]
    assert (first["journalCode"], first["compteNumero"]) == ("OD", "467000")


BALANCING = {
    "balanced by itself": (
        {"failOnUnbalanced": False, "balanceAuto": True},
        DONE,
        ["606400", "445660", "401000", "471000"],
    ),
    "as it is": ({"failOnUnbalanced": False, "balanceAuto": False}, DONE, ["606400", "445660", "401000"]),
    "failing wins": ({"failOnUnbalanced": True, "balanceAuto": True}, REFUSED, []),
}


@pytest.mark.parametrize("what", BALANCING)
async def test_an_entry_that_does_not_balance(folder: Folder, what: str) -> None:
    options, status, accounts = BALANCING[what]
    lines = invoice()
    lines[0]["debit"] = money(99)
    assert await folder.ended(lines, **options) == status
    rows = await folder.all()
    assert [row["compteNumero"] for row in rows] == accounts
    if len(rows) == 4:
        assert (rows[3]["debit"], rows[3]["credit"]) == (1, 0)


async def test_labels_and_codes_are_cut_or_refused(folder: Folder) -> None:
    long = "Papeterie Durand, fournitures de bureau et mobilier"
    lines = [found | {"libelle": long} for found in invoice()]
    lines[2]["tiers"] = "FOURNISSEUR-DURAND-NANTES"
    assert await folder.ended(lines, createNewTiers=True) == DONE
    rows = await folder.all()
    assert {row["libelle"] for row in rows} == {long[:35]}
    assert rows[2]["tiersCode"] == "FOURNISSEUR-DURAN"
    await folder.switch(refuse_overlong=True)
    assert await folder.ended(lines, createNewTiers=True) == REFUSED
    assert "plus de 35 caractères" in (await folder.reasons())[0]


async def test_drafts_are_shown_and_are_not_in_the_books(stand: Stand, folder: Folder) -> None:
    assert await folder.ended(invoice(type=7)) == DONE
    assert {row["type"] for row in await folder.all()} == {7}
    booked = await stand.database.pool.fetch(
        "select from booked_entries where software_file_id = $1 and not pending", folder.id
    )
    assert booked == []


async def test_periods(folder: Folder) -> None:
    def of(year: int, month: int) -> list[dict[str, Any]]:
        return [found | {"date": f"{year}-{month:02d}-15T00:00:00.000Z"} for found in invoice()]

    both = [*of(2026, 12), *[found | {"refPiece": "B"} for found in of(2027, 1)]]
    assert await folder.ended(both, multiPeriode=True) == DONE
    assert await folder.ended(of(2025, 3), multiPeriode=True) == REFUSED
    assert "clôturée" in (await folder.reasons())[0]
    assert await folder.ended(of(2031, 3), multiPeriode=True) == REFUSED
    assert "aucune période" in (await folder.reasons())[0]
    wide = request(folder.code, of(2026, 3))
    wide["data"]["contexte"]["to"] = "2027-01-31T00:00:00.000Z"
    answered = await folder.api.post("/importJson", json=wide)
    assert await folder.end_of(answered.json()["accountingImportRequestId"]) == REFUSED
    await folder.switch(last_period_only=True)
    assert await folder.ended(of(2026, 3)) == REFUSED
    assert "dernière période ouverte" in (await folder.reasons())[0]


async def test_locked_and_closed_things(folder: Folder) -> None:
    lock = {"start": "2026-03-01", "end": "2026-03-31", "journal": "AC", "locked_by": "Zoé Martin"}
    await folder.control.post(f"/software-files/cegid_loop/{folder.code}/locked-periods", json=lock)
    assert await folder.ended(invoice()) == REFUSED
    assert await folder.ended(invoice(journal="OD")) == DONE
    await folder.change("/journals/OD", closed=True)
    assert await folder.ended(invoice(journal="OD")) == REFUSED
    await folder.change("/accounts/FDURAND", closed=True)
    assert await folder.ended(invoice(journal="BQ")) == REFUSED
    assert "le compte FDURAND est fermé" in (await folder.reasons())[0]


async def test_other_formats_of_dates(folder: Folder) -> None:
    lines = [found | {"date": "12/03/2026"} for found in invoice()]
    lines[2] |= {"dateEcheance": "11/04/2026"}
    assert await folder.ended(lines, formatDate="DD/MM/YYYY") == DONE
    assert [row["dateEcheance"] for row in await folder.all()] == ["2026-03-12", "2026-03-12", "2026-04-11"]
    assert await folder.ended(lines, formatDate="MMDDYY") == REFUSED


async def test_the_same_entry_twice_is_booked_twice(folder: Folder) -> None:
    """Nothing published says that Loop refuses what it has: whoever sends again books again."""
    for _ in range(2):
        assert await folder.ended(invoice()) == DONE
    assert len(await folder.find(f'ecritureOrigine == "{ORIGIN}"')) == 6
