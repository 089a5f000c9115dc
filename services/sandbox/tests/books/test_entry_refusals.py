"""What the software refuses to book, with the code by which it says so; and that nothing is booked then."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import SoftwareFile, Stand, attachment, code_of

Change = Callable[[SoftwareFile, dict[str, Any]], object]


def _line(index: int = 0, **values: Any) -> Change:
    return lambda _file, entry: entry["entry_list"][index].update(values)


def _entry(**values: Any) -> Change:
    return lambda _file, entry: entry.update(values)


def _lines(*lines: tuple[str, float, float], journal: str = "ACH") -> Change:
    def change(file: SoftwareFile, entry: dict[str, Any]) -> None:
        entry["diary_id"] = file.journals[journal]
        entry["entry_list"] = [file.line(account, debit, credit) for account, debit, credit in lines]

    return change


def _spread(account: str, *parts: tuple[str, float]) -> Change:
    def change(file: SoftwareFile, entry: dict[str, Any]) -> None:
        line = next(line for line in entry["entry_list"] if line["account_id"] == file.accounts[account])
        repartition = [
            {"id_section": 0, "code": code, "label": code, "rate": 50, "amount": amount} for code, amount in parts
        ]
        line["analytique"] = [{"id_axe": 0, "code": "PROJET", "label": "Projets", "repartition": repartition}]

    return change


REFUSALS: dict[str, tuple[Change, str]] = {
    "unbalanced by a cent": (_line(debit=100.01), "ECR1"),
    "three decimals": (_line(debit=100.001), "ECR2"),
    "text for an amount": (_line(debit="100.00"), "ECR2"),
    "both sides filled": (_line(credit=5.00), "ECR27"),
    "no lines": (_entry(entry_list=[]), "ECR39"),
    "blank label": (_line(label="  "), "ECR42"),
    "label of 51 characters": (_line(label="x" * 51), "ECR4"),
    "piece with a hyphen": (_line(piece="FD-1"), "ECR4"),
    "piece of 26 characters": (_line(piece2="A" * 26), "ECR4"),
    "deadline before the date": (_line(deadline="2026-03-11"), "DEADLINE1"),
    "impossible deadline": (_line(deadline="2026-02-30"), "ECR4"),
    "compact date": (_entry(date_piece="20260312"), "ECR6"),
    "date in no year": (_entry(date_piece="2031-03-12"), "ECR10"),
    "unknown account": (_line(account_id=1), "COMPTE2"),
    "half an account": (_line(account_id=910001.5), "COMPTE2"),
    "unknown journal": (_entry(diary_id=1), "JOURNAL3"),
    "no journal": (lambda _file, entry: entry.pop("diary_id"), "JOURNAL1"),
    "another society": (_entry(etablissement_id=1), "ETAB3"),
    "an id that can be none": (_line(account_id=1e300), "COMPTE2"),
    "a foreign amount of 400 digits": (_line(value_currency=1e300), "ECR2"),
    "unknown payment type": (_line(payment_type_id=3), "TYPEPAY1"),
    "unknown currency": (_line(currency="XYZ"), "ECR4"),
    "NUL in a label": (_line(label="a\0b"), "ECR4"),
    "lone surrogate in a label": (_line(label="\ud800"), "ECR4"),
    "bank journal without bank": (_lines(("606400", 5, 0), ("401000", 0, 5), journal="BQ"), "ECR36"),
    "cash journal without cash": (_lines(("606400", 5, 0), ("512000", 0, 5), journal="CA"), "ECR37"),
    "customer in a purchase journal": (_lines(("606400", 5, 0), ("411000", 0, 5)), "JOURNAL11"),
    "supplier in a sales journal": (_lines(("401000", 5, 0), ("706000", 0, 5), journal="VTE"), "JOURNAL11"),
    "analytics on a supplier": (_spread("401DURAND", ("NORD", 120.00)), "ANALYT003"),
    "unknown axis": (_spread("606400", ("NORD", 100.00)), "AXE2"),
    "document type not listed": (_entry(pj_list=[attachment(kind="text/html")]), "DOCUMENT11"),
    "document that is no base64": (
        _entry(pj_list=[{"name": "a.pdf", "type": "application/pdf", "content": "%%%"}]),
        "DOCUMENT6",
    ),
    "document without a name": (_entry(pj_list=[attachment(name=" ")]), "DOCUMENT4"),
    "document's name of 51 characters": (_entry(pj_list=[attachment(name="x" * 51)]), "ECR4"),
    "empty document on a line": (_line(pj_list=[attachment(content=b"")]), "DOCUMENT6"),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_refused(stand: Stand, file: SoftwareFile, what: str) -> None:
    change, code = REFUSALS[what]
    entry = file.entry()
    change(file, entry)
    response = await file.api.post("/entry?type=e", content=json.dumps(entry))
    assert (response.status_code, code_of(response)) == (400, code), response.text
    assert await _booked(stand, file) == 0


async def test_not_json_is_refused(file: SoftwareFile) -> None:
    for body in (b"", b"{", b"[1]", b'{"debit": NaN}', b"\xff"):
        response = await file.api.post("/entry?type=e", content=body)
        assert (response.status_code, code_of(response)) in {(400, "ERR-BAD-REQUEST"), (400, "ECR4")}


async def test_each_route_has_its_type(file: SoftwareFile) -> None:
    for path in ("/entry?type=o", "/entry", "/entry/temp?type=e", "/entry/temp"):
        assert code_of(await file.api.post(path, json=file.entry())) == "ECR17"


async def test_locked_and_closed_journals(file: SoftwareFile) -> None:
    await file.change("/journals/ACH", locked=True)
    assert code_of(await file.book()) == "JOURNAL2"
    await file.change("/journals/ACH", locked=False, closed=True)
    assert code_of(await file.book()) == "JOURNAL21"
    await file.change("/journals/ACH", closed=False)
    assert (await file.book()).status_code == 200


async def test_a_closed_account_is_named_until_it_is_reopened(file: SoftwareFile) -> None:
    await file.change("/accounts/401DURAND", closed=True)
    refused = await file.book()
    assert code_of(refused) == "COMPTE32"
    assert "401DURAND" in refused.json()["error"]["message"]
    rows = (await file.api.get("/account?mode=2&begin_by=401D")).json()["account_array"]
    assert rows[0]["closed"] is True
    await file.change("/accounts/401DURAND", closed=False)
    assert (await file.book()).status_code == 200


async def test_a_closed_year_until_it_is_reopened(file: SoftwareFile) -> None:
    await file.change("/fiscal-years/2026-01-01", closed=True)
    assert code_of(await file.book()) == "ECR9"
    await file.change("/fiscal-years/2026-01-01", closed=False)
    assert (await file.book()).status_code == 200


async def test_a_locked_period_holds_for_its_days_and_its_journal(file: SoftwareFile) -> None:
    where = f"/software-files/myunisoft/{file.code}/locked-periods"
    lock = {"start": "2026-03-01", "end": "2026-03-31", "journal": "ACH", "locked_by": "Zoé Martin"}
    await file.control.post(where, json=lock)
    refused = await file.book()
    assert code_of(refused) == "BLOCAGE_PERIODIQUE23"
    assert "Zoé Martin" in refused.json()["error"]["message"]
    assert (await file.book(date_piece="2026-04-01")).status_code == 200
    assert (await file.book(diary_id=file.journals["OD"])).status_code == 200
    await file.control.post(where, json={**lock, "journal": None})
    assert code_of(await file.book(diary_id=file.journals["OD"])) == "BLOCAGE_PERIODIQUE23"
    await file.control.delete(where)
    assert (await file.book()).status_code == 200


async def test_an_account_of_another_file_is_refused(stand: Stand, file: SoftwareFile) -> None:
    other = await stand.file()
    entry = file.entry()
    entry["entry_list"][0]["account_id"] = other.accounts["606400"]
    assert code_of(await file.api.post("/entry?type=e", json=entry)) == "COMPTE5"


async def test_an_analytic_distribution_must_name_sections_and_add_up(file: SoftwareFile) -> None:
    axis = (await file.api.get("/analytics/axes")).json()[0]["id_axe"]
    sections = (await file.api.get(f"/analytics/axes/{axis}/sections")).json()
    ids = {section["code"]: section["id_section_analytique"] for section in sections}

    async def spread(*parts: tuple[str, int, float]) -> Any:
        repartition = [
            {"id_section": number, "code": code, "label": code, "rate": 0, "amount": amount}
            for code, number, amount in parts
        ]
        entry = file.entry()
        axes = [{"id_axe": axis, "code": "PROJET", "label": "Projets", "repartition": repartition}]
        entry["entry_list"][0]["analytique"] = axes
        return await file.api.post("/entry?type=e", json=entry)

    assert code_of(await spread(("NORD", 1, 100.00))) == "SECTION002"
    assert code_of(await spread(("NORD", ids["NORD"], 60.00), ("SUD", ids["SUD"], 39.99))) == "ANALYT004"
    assert (await spread(("NORD", ids["NORD"], 60.00), ("SUD", ids["SUD"], 40.00))).status_code == 200


async def test_a_document_of_more_than_50_mb_is_refused(file: SoftwareFile) -> None:
    entry_id = (await file.book()).json()["entry_array"][0]["entry_id"]
    response = await file.api.post(
        "/document/add_all_types",
        params={"location": "ENTRIES", "object_id": entry_id, "filename_extension": "a.pdf", "type_result": 1},
        content=bytes(50 * 1024 * 1024 + 1),
    )
    assert code_of(response) == "DOCUMENT12"


async def _booked(stand: Stand, file: SoftwareFile) -> int:
    found: int = await stand.database.pool.fetchval(
        "select count(*) from booked_entries where software_file_id = $1", file.id
    )
    return found


async def test_addresses_that_make_no_sense_are_refused_not_crashed_upon(file: SoftwareFile) -> None:
    for path, code in {
        "/entry/id?id_origin=%00": "ERR-BAD-REQUEST",
        "/account?mode=3": "ERR-BAD-REQUEST",
        f"/account?mode=2&offset={'9' * 30}": "ERR-BAD-REQUEST",
        "/account?mode=2&limit=0": "ERR-BAD-REQUEST",
        f"/mad/entry?version=1.0.0&id={'9' * 30}": "ERR-ENTRY-NOT-FOUND",
        f"/analytics/axes/{'9' * 30}/sections": "AXE2",
    }.items():
        assert code_of(await file.api.get(path)) == code, path
    del file.api.headers["society-id"]
    assert code_of(await file.api.get('/society?sort={"column":"moon"}')) == "ERR-BAD-REQUEST"
