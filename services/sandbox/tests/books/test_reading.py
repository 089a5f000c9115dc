"""What the software shows: client files, accounts, journals, fiscal years, axes."""

import time

from .conftest import CHART, SoftwareFile, Stand, code_of


async def test_the_firms_list_of_client_files(file: SoftwareFile) -> None:
    del file.api.headers["society-id"]
    listed = (await file.api.get("/society")).json()
    assert (listed["row_numbers"], listed["pages_number"]) == (1, None)
    shown = listed["society_array"][0]
    assert (shown["society_id"], shown["folder_reference"], shown["siret"]) == (file.id, file.code, "73282932000074")


async def test_client_files_by_name_siret_and_order(stand: Stand) -> None:
    for code, siret in (("B1", "111111111"), ("A1", "222222222")):
        await stand.file(code=code, firm="firm-list", name=f"Société {code}", siret=siret)
    await stand.key("firm-list", "list", activated=True, requests=1000)
    async with stand.client("list") as api:
        by_name = (await api.get("/society", params={"q": "société a"})).json()["society_array"]
        by_siret = (await api.get("/society", params={"siret": "111111111"})).json()["society_array"]
        sort = '{"column":"name","direction":"desc"}'
        in_order = (await api.get("/society", params={"sort": sort, "limit": 1})).json()
    assert [row["folder_reference"] for row in by_name] == ["A1"]
    assert [row["folder_reference"] for row in by_siret] == ["B1"]
    assert [row["folder_reference"] for row in in_order["society_array"]] == ["B1"]
    assert (in_order["row_numbers"], in_order["pages_number"]) == (2, 2)


async def test_one_client_file_by_id_and_by_reference(file: SoftwareFile) -> None:
    assert (await file.api.get("/society")).json()["name"] == f"Atelier {file.code}"
    found = await file.api.get("/society/search", params={"reference": file.code})
    assert found.json()["society_id"] == file.id
    assert code_of(await file.api.get("/society/search", params={"reference": "NOBODY"})) == "SOCIETE16"


async def test_all_accounts_in_detail_and_by_beginning(file: SoftwareFile) -> None:
    whole = (await file.api.get("/account?mode=2")).json()
    assert (whole["rows_number"], whole["pages_number"]) == (len(CHART) + 1, 1)
    assert [row["account_number"] for row in whole["account_array"]] == sorted([*CHART, "401DURAND"])
    suppliers = (await file.api.get("/account?mode=2&begin_by=401")).json()["account_array"]
    assert [row["account_number"] for row in suppliers] == ["401000", "401DURAND"]


async def test_accounts_in_pages(file: SoftwareFile) -> None:
    pages = [(await file.api.get(f"/account?mode=2&limit=4&offset={offset}")).json() for offset in (0, 4, 8)]
    assert {page["pages_number"] for page in pages} == {3}
    numbers = [row["account_number"] for page in pages for row in page["account_array"]]
    assert numbers == sorted([*CHART, "401DURAND"])
    assert [row["row_number"] for row in pages[1]["account_array"]] == [5, 6, 7, 8]


async def test_the_light_search_shows_five(file: SoftwareFile) -> None:
    assert len((await file.api.get("/account?mode=1")).json()) == 5
    found = (await file.api.get("/account?mode=1&q=durand")).json()
    assert found == [
        {"account_id": file.accounts["401DURAND"], "account_number": "401DURAND", "label": "Papeterie Durand"}
    ]


async def test_a_balance_is_shown_to_the_cent(file: SoftwareFile) -> None:
    await file.book()
    rows = (await file.api.get("/account?mode=2&begin_by=401D")).json()["account_array"]
    assert (rows[0]["solde"], rows[0]["sens"]) == (120.0, "C")


async def test_an_account_is_made_once(file: SoftwareFile) -> None:
    body = {"account_number": "411MARTIN", "label": "Martin"}
    first = (await file.api.post("/account", json=body)).json()
    again = (await file.api.post("/account", json=body | {"label": "Martin SARL"})).json()
    assert first == again
    assert first == {
        "account_id": first["account_id"],
        "account_number": "411MARTIN",
        "label": "Martin",
        "counterpart_account": None,
    }


async def test_account_numbers_that_the_software_refuses(file: SoftwareFile) -> None:
    wanted = {"AB411": "COMPTE6", "0411": "COMPTE6", "4" * 21: "COMPTE7", "": "COMPTE3", "411NEW": "COMPTE4"}
    codes = {number: code_of(await file.api.post("/account", json={"account_number": number})) for number in wanted}
    assert codes == wanted


async def test_journals_with_their_types(file: SoftwareFile) -> None:
    rows = {row["code"]: row for row in (await file.api.get("/diary")).json()}
    assert {code: row["diary_type_code"] for code, row in rows.items()} == {
        "ACH": "ACH",
        "VTE": "VTE",
        "BQ": "BQ",
        "CA": "CAISSE",
        "OD": "OD",
    }
    assert rows["ACH"]["blocked"] is False
    await file.change("/journals/ACH", locked=True)
    locked = (await file.api.get("/diary?code=ACH")).json()
    assert [(row["code"], row["blocked"], row["closed"]) for row in locked] == [("ACH", True, False)]
    assert [row["code"] for row in (await file.api.get("/diary?type=CAISSE")).json()] == ["CA"]


async def test_fiscal_years_in_the_compact_form(stand: Stand) -> None:
    file = await stand.file(
        fiscal_years=[
            {"start": "2025-01-01", "end": "2025-12-31", "closed": True},
            {"start": "2026-01-01", "end": "2026-12-31"},
            {"start": "2027-01-01", "end": "2027-06-30"},
        ]
    )
    years = (await file.api.get("/society/exercice")).json()
    shown = [(row["label"], row["start_date"], row["end_date"], row["closed"], row["duration"]) for row in years]
    assert shown == [
        ("N+1", "20270101", "20270630", False, 6),
        ("N", "20260101", "20261231", False, 12),
        ("N-1", "20250101", "20251231", True, 12),
    ]
    assert years[2]["closed_at"] is not None


async def test_axes_and_sections(file: SoftwareFile) -> None:
    axes = (await file.api.get("/analytics/axes")).json()
    assert [axis["code"] for axis in axes] == ["PROJET"]
    sections = (await file.api.get(f"/analytics/axes/{axes[0]['id_axe']}/sections")).json()
    assert [section["code"] for section in sections] == ["NORD", "SUD"]
    assert code_of(await file.api.get("/analytics/axes/1/sections")) == "AXE2"


async def test_fifty_thousand_accounts_are_seeded_and_listed_in_seconds(stand: Stand) -> None:
    chart = [{"number": f"401{number:08d}", "label": f"Fournisseur {number}"} for number in range(50_000)]
    began = time.monotonic()
    file = await stand.file(accounts=chart)
    print(f"50,000 accounts seeded and listed in {time.monotonic() - began:.1f} s")  # noqa: T201
    assert len(file.accounts) == 50_001
    assert time.monotonic() - began < 20


async def test_subsidiaries_get_the_number_that_the_software_has_for_them(stand: Stand) -> None:
    third = {"label": "Durand", "account": "401100"}
    codes = ["EDF", "401EDF2", "4011", "A" * 20]
    response = await stand.control.post(
        "/software-files",
        json={
            "connector": "myunisoft",
            "firm": "firm-numbers",
            "code": "NUM",
            "name": "Numéros",
            "subsidiaries": [{"code": code, **third} for code in codes],
        },
    )
    assert response.json()["unnameable"] == ["401" + "A" * 20]
    await stand.key("firm-numbers", "numbers", activated=True)
    async with stand.client("numbers") as api:
        api.headers["society-id"] = str(response.json()["software_file_id"])
        rows = (await api.get("/account?mode=2")).json()["account_array"]
    assert [row["account_number"] for row in rows] == ["4011", "401EDF", "401EDF2"]
