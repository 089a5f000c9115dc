"""Reference data by the vendor's routes."""

from typing import Any

from .conftest import CHART, Folder, Stand

PATHS = {"/tiersClient": ("CMARTIN", 0), "/tiersFournisseur": ("FDURAND", 1), "/tierssalarie": ("SLEROY", 2)}


async def _list(folder: Folder, path: str, **query: Any) -> Any:
    answered = await folder.api.get(path, params={"codeDossier": folder.code} | query)
    assert answered.status_code == 200, answered.text
    return answered.json()


async def test_the_chart_holds_general_accounts_only(folder: Folder) -> None:
    rows = await _list(folder, "/compte")
    assert [row["numero"] for row in rows] == sorted(CHART)
    supplier = next(row for row in rows if row["numero"] == "401000")
    assert (supplier["libelle"], supplier["type"], supplier["collectif"], supplier["ferme"]) == (
        "Fournisseurs",
        4,
        True,
        False,
    )
    assert len({row["objectId"] for row in rows}) == len(CHART)
    await folder.change("/accounts/606400", closed=True)
    closed = await _list(folder, "/compte", filter="ferme == true", select="numero,ferme")
    assert closed == [{"numero": "606400", "ferme": True}]


async def test_third_parties_by_their_kinds(folder: Folder) -> None:
    for path, (code, kind) in (PATHS | {"/tiersDivers": ("DASSO", 4)}).items():
        rows = await _list(folder, path)
        assert [(row["code"], row["type"], row["actif"]) for row in rows] == [(code, kind, True)]
    supplier = (await _list(folder, "/tiersFournisseur"))[0]
    assert supplier["raisonSociale"] == "Papeterie Durand"
    assert supplier["compteContrepartie"]["description"] == ["401000"]
    assert (await folder.api.get("/tiersSalarie", params={"codeDossier": folder.code})).status_code == 404


async def test_journals_with_the_vendors_types(folder: Folder) -> None:
    rows = await _list(folder, "/journal", sort="code:desc")
    assert [(row["code"], row["type"]) for row in rows] == [("OD", 2), ("BQ", 4), ("AC", 1)]
    await folder.change("/journals/OD", closed=True)
    assert [row["code"] for row in await _list(folder, "/journal")] == ["AC", "BQ"]


async def test_pages(stand: Stand) -> None:
    chart = [{"number": f"6{number:05d}", "label": str(number)} for number in range(250)]
    folder = await stand.folder(accounts=chart)
    seen: list[str] = []
    while page := await _list(folder, "/compte", sort="numero", skip=len(seen), take=100):
        seen += [row["numero"] for row in page]
    assert seen == [account["number"] for account in chart]
    refused = await folder.api.get("/compte", params={"codeDossier": folder.code, "take": "all"})
    assert refused.status_code == 400
    await folder.api.aclose()
