"""Import files from a person's side: asked for once, followed to their end, fetched by a signed link."""

from typing import Any

import pytest
import pytest_asyncio
from services.hub.tests.browser import Browser

from qontable.clock import now
from qontable.events.delivery import StatusFinding
from qontable.events.export import ExportCompleted, ExportedFile, ExportRequested, FormatAnnounced
from qontable.links import follow

CSV = FormatAnnounced(format="csv", version=1, title="CSV", file_name="ecritures.csv", documents=True)
FEC = FormatAnnounced(
    format="fec", version=1, title="FEC", file_name="{siren}FEC.txt", first_for=("inqom",), needs=("siren",)
)
AGIRIS = FormatAnnounced(
    format="isacompta",
    version=1,
    title="Agiris",
    file_name="ecritures.ECR",
    softwares=("agiris",),
    first_for=("agiris",),
    needs=("fiscal_year",),
)
YEAR = {"start": "2026-01-01", "end": "2026-12-31"}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def formats(town: Any) -> None:
    """The formats that this module's hub knows."""
    await town.announce_formats(CSV, FEC, AGIRIS)


async def ask(firm: Any, file_id: str, **wish: Any) -> Any:
    """A person asks for an import file."""
    return await firm.admin.post("/exports", json={"file_ids": [file_id], **wish})


def completed(asked: ExportRequested, **changes: Any) -> ExportCompleted:
    """Exports says what came of it."""
    files = (ExportedFile(name="écritures.zip", media_type="application/zip", size=9, sha256="0" * 64),)
    said = {"outcome": "written", "files": files, "entries": 3, "debit": "12.00", "credit": "12.00"} | changes
    ids = {"export_id": asked.export_id, "firm_id": asked.firm_id, "file_id": asked.file_id, "completed_at": now()}
    return ExportCompleted.model_validate(said | ids)


async def test_an_export_is_asked_for_followed_and_fetched(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Dupont SARL", code="0042")
    journals = {"journal_map": {"ACHATS": "AC"}}
    assert (await firm.admin.put(f"/files/{file_id}/journal-map", json=journals)).status_code == 200
    wish = {"software": "agiris", "first": "2026-01-01", "last": "2026-03-31", "fiscal_year": YEAR}
    answer = await ask(firm, file_id, **wish)
    assert answer.status_code == 202, answer.text
    (export,) = answer.json()["exports"]
    said = await town.hear(ExportRequested, lambda event: event.file_id == file_id)
    assert (said.order.format, said.order.company, said.order.folder) == ("isacompta", "Dupont SARL", "0042")
    assert (said.order.journal_map, said.order.first, said.order.year_end) == (
        {"ACHATS": "AC"},
        "2026-01-01",
        "2026-12-31",
    )
    path = f"/exports/{export['export_id']}"
    assert (await firm.admin.get(path)).json()["state"] == "requested"
    early = await firm.admin.post(f"{path}/links", json={"name": "écritures.zip"})
    assert (early.status_code, early.json()["code"]) == (404, "export_file_unknown")
    await town.say(completed(said))
    done = (await firm.admin.get(path, params={"wait": 20})).json()
    assert (done["state"], done["entries"], done["debit"]) == ("written", 3, "12.00")
    link = (await firm.admin.post(f"{path}/links", json={"name": "écritures.zip"})).json()
    given = town.world.settings_env("hub")
    address, _, token = link["url"].rpartition("/")
    assert address == f"{given['QONTABLE_EXPORTS_URL']}/downloads"
    named = follow(given["QONTABLE_EXPORTS_SECRET"], token, now())
    assert (named.firm_id, named.export_id, named.name) == (firm.id, export["export_id"], "écritures.zip")
    acts = (await firm.admin.get("/audit", params={"subject": file_id})).json()["acts"]
    assert acts[0]["action"] == "file.export_asked"


async def test_the_same_request_twice_is_one_export(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Durand")
    first = await ask(firm, file_id, format="csv", request_id="r1")
    again = await ask(firm, file_id, format="csv", request_id="r1")
    assert first.json() == again.json()
    other = await ask(firm, file_id, format="csv", request_id="r1", again=True)
    assert (other.status_code, other.json()["code"]) == (409, "export_request_reused")
    later = await ask(firm, file_id, format="csv")
    await town.hear(ExportRequested, lambda event: event.export_id == later.json()["exports"][0]["export_id"])
    assert len([event for event in town.heard if isinstance(event, ExportRequested) and event.file_id == file_id]) == 2


async def test_the_first_word_on_an_export_holds_and_anothers_is_set_aside(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Durand")
    export_id = (await ask(firm, file_id, format="csv")).json()["exports"][0]["export_id"]
    said = await town.hear(ExportRequested, lambda event: event.export_id == export_id)
    await town.say(completed(said, outcome="stopped", files=(), counts={"unbalanced": 1}), completed(said))
    await town.say(completed(said.model_copy(update={"export_id": "exp_nobody"})))
    await town.eventually(lambda: town.rows("select 1 from set_aside where reason = 'unknown_export'"))
    done = (await firm.admin.get(f"/exports/{export_id}")).json()
    assert (done["state"], done["counts"], done["files"]) == ("stopped", {"unbalanced": 1}, [])


async def test_a_recalled_export_says_why_there_is_no_file_and_that_nothing_is_lost(town: Any, firm: Any) -> None:
    file_id = await firm.add_file("Durand")
    ids = [(await ask(firm, file_id, format="csv")).json()["exports"][0]["export_id"] for _ in range(2)]
    why = StatusFinding(code="took_too_long", message={"fr": "Trop long.", "en": "Too long."})
    for export_id, findings in zip(ids, ((), (why,)), strict=True):
        said = await town.hear(ExportRequested, lambda event, of=export_id: event.export_id == of)
        await town.say(completed(said, outcome="recalled", files=(), entries=0, findings=findings))
    silent, told = [(await firm.admin.get(f"/exports/{name}", params={"wait": 20})).json() for name in ids]
    (reason,) = silent["findings"]
    assert (silent["state"], reason["code"], set(reason["message"])) == ("recalled", "export_recalled", {"fr", "en"})
    assert "ready again" in reason["remedy"]["en"]
    assert [finding["code"] for finding in told["findings"]] == ["took_too_long"]


async def test_the_integrations_page_names_the_formats_for_software_without_an_api(firm: Any, browser: Browser) -> None:
    page = await browser.get("/integrations")
    named = [" ".join(item.text_content().split()) for item in page.tree.xpath("//*[@id='formats']/span")]
    assert {"Agiris isacompta", "CSV csv", "FEC fec"} <= set(named)
    assert "through the API, until its page comes: POST /v1/exports" in page.words
    assert "No format is announced" not in page.words


async def test_the_history_is_the_firms_own_latest_first_page_by_page(firm: Any, other_firm: Any) -> None:
    files = [await firm.add_file(name) for name in ("A", "B")]
    asked = [(await ask(firm, file_id, format="csv")).json()["exports"][0]["export_id"] for file_id in files * 2]
    seen, cursor = [], None
    while True:
        page = (await firm.admin.get("/exports", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [export["export_id"] for export in page["exports"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == asked[::-1]
    of_one = (await firm.admin.get("/exports", params={"file_id": files[0]})).json()["exports"]
    assert [export["export_id"] for export in of_one] == [asked[2], asked[0]]
    assert (await other_firm.admin.get("/exports")).json()["exports"] == []
    hidden = await other_firm.admin.get(f"/exports/{asked[0]}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "export_unknown")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"format": "cvs"}, "export_format_unknown"),
        ({"software": "agrisi"}, "export_format_unknown"),
        ({"software": "agiris"}, "export_fiscal_year_missing"),
        ({"format": "fec"}, "export_siren_missing"),
        ({}, "invalid_request"),
        ({"format": "csv", "software": "agiris"}, "invalid_request"),
        ({"format": "csv", "first": "2026-02-01", "last": "2026-01-01"}, "invalid_request"),
    ],
)
async def test_what_cannot_be_written_is_refused_before_anything_is_asked(
    firm: Any, wish: dict[str, str], code: str
) -> None:
    file_id = await firm.add_file("Durand")
    refused = await ask(firm, file_id, **wish)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    if code == "export_format_unknown":
        assert ("csv" if "format" in wish else "agiris") in refused.json()["remedy"]["en"]
    assert (await firm.admin.get("/exports", params={"file_id": file_id})).json()["exports"] == []


async def test_formats_are_listed_with_what_they_need(firm: Any) -> None:
    listed = (await firm.admin.get("/export-formats")).json()["formats"]
    assert [(found["format"], found["needs"]) for found in listed if found["format"] == "isacompta"] == [
        ("isacompta", ["fiscal_year"])
    ]
