"""Import files through the Hub's API: asked for, fetched by their links, opened; each entry in exactly one of them."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest_asyncio

from qontable.addresses import Addresses
from qontable.events.platform import WireLine
from sandbox.app.systems import Systems, open_systems
from sandbox.domain.book.generator import make_book
from sandbox.domain.drafts import Draft

from .exporting import PATIENCE_SECONDS, exported, signed_in
from .system import System

FIRM, OTHER, FILE = "frm_export", "frm_curious", "fil_export"
ENTRIES = 60
YEAR = {"start": "2026-01-01", "end": "2026-12-31"}
CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LONGEST_CODE = 10
"""Of a third party in ISACOMPTA."""


def _fitting(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """The same entries of a firm that gives its third parties short codes."""
    known: dict[str, str] = {}

    def short(line: WireLine) -> WireLine:
        third = line.subsidiary
        if third is None or len(third.code) <= LONGEST_CODE:
            return line
        code = known.setdefault(third.code, f"{third.code[:3]}{len(known):04}")
        return line.model_copy(update={"subsidiary": third.model_copy(update={"code": code})})

    return tuple(draft.model_copy(update={"lines": tuple(map(short, draft.lines))}) for draft in drafts)


DRAFTS = _fitting(make_book(ENTRIES).drafts)
MIDDLE = DRAFTS[ENTRIES // 2].date


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def systems(system: System) -> AsyncIterator[Systems]:
    """The parts of the running system; two firms, one of which has a client file of a software without an API."""
    addresses = Addresses.model_validate_json(system.addresses_file.read_text())
    async with open_systems(addresses) as opened:
        for firm in (FIRM, OTHER):
            await opened.platform.create_firm(firm, f"Cabinet {firm}")
        await opened.platform.create_file(FIRM, FILE, "Atelier Lumière", "0042", None)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hub(system: System, systems: Systems) -> AsyncIterator[httpx.AsyncClient]:
    """The Hub's API for the firm's administrator."""
    async with await signed_in(system, systems, FIRM) as client:
        yield client


async def test_agiris_and_excel_take_each_entry_once_with_its_document(
    system: System, systems: Systems, hub: httpx.AsyncClient
) -> None:
    published = await systems.platform.publish(FIRM, FILE, "isacompta", "0042", DRAFTS)
    assert published["published"] == ENTRIES, published
    await _until_all(hub, lambda entry: entry["status"] == "ready" and entry["documents"] in {"kept", "none"})

    before = (FILE, {"software": "agiris", "last": MIDDLE, "fiscal_year": YEAR})
    stopped = await exported(hub, *before)
    assert (stopped["state"], stopped["findings"][0]["code"]) == ("stopped", "journal_needs_map")
    assert {file["name"].partition(".")[0] for file in stopped["files"]} == {"report"}
    await _until_all(hub, lambda entry: entry["status"] == "ready")

    journals = sorted({draft.journal.code for draft in DRAFTS})
    journal_map = {code: f"J{number}" for number, code in enumerate(journals)}
    assert (await hub.put(f"/files/{FILE}/journal-map", json={"journal_map": journal_map})).status_code == 200
    first = [draft for draft in DRAFTS if draft.date <= MIDDLE]
    agiris = await exported(hub, *before)
    await _opens_as_isacompta(hub, agiris, first)

    rest = await exported(hub, FILE, {"format": "xlsx"})
    rows = await _opens_as_workbook(hub, rest, [draft for draft in DRAFTS if draft.date > MIDDLE])

    entries = await _until_all(hub, lambda entry: entry["status"] == "synchronized")
    assert {entry["detail"] for entry in entries} == {"exported"}
    assert agiris["entries"] + rest["entries"] == ENTRIES == len(entries)
    codes = {row["Code ACK"] for row in rows}
    assert len(codes) == rest["entries"]

    again = await exported(hub, FILE, {"format": "xlsx", "again": True})
    copies = await _opens_as_workbook(hub, again, DRAFTS)
    assert {row["Code ACK"] for row in copies} >= codes
    assert again["entries"] == ENTRIES
    assert await _entries(hub) == entries, "a copy changed something"
    nothing = await exported(hub, FILE, {"format": "xlsx"})
    assert (nothing["state"], nothing["findings"][0]["code"]) == ("stopped", "nothing_to_export")
    history = (await hub.get("/exports", params={"file_id": FILE})).json()["exports"]
    assert [export["state"] for export in history] == ["stopped", "written", "written", "written", "stopped"]


async def test_another_firm_gets_neither_the_export_nor_a_link(
    system: System, systems: Systems, hub: httpx.AsyncClient
) -> None:
    history = (await hub.get("/exports")).json()["exports"]
    written = next(export for export in history if export["state"] == "written")
    async with await signed_in(system, systems, OTHER) as other:
        path = f"/exports/{written['export_id']}"
        assert (await other.get(path)).status_code == 404
        assert (await other.post(f"{path}/links", json={"name": written["files"][0]["name"]})).status_code == 404
        asked = await other.post("/exports", json={"file_ids": [FILE], "format": "csv"})
        assert (asked.status_code, asked.json()["code"]) == (404, "file_unknown")
    link = await _link(hub, written, written["files"][0]["name"])
    async with httpx.AsyncClient() as anybody:
        token = link.rpartition("/")[2]
        forged = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
        assert (await anybody.get(link.replace(token, forged))).status_code == 404


async def _link(hub: httpx.AsyncClient, export: dict[str, Any], name: str) -> str:
    answer = await hub.post(f"/exports/{export['export_id']}/links", json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def _archive(hub: httpx.AsyncClient, export: dict[str, Any]) -> zipfile.ZipFile:
    """The archive of an export, as a browser fetches it."""
    assert export["state"] == "written", export["findings"][:3]
    (name,) = (file["name"] for file in export["files"] if file["name"].endswith(".zip"))
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(await _link(hub, export, name))
    assert answer.status_code == 200
    assert f'filename="{name}"' in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


async def _opens_as_isacompta(hub: httpx.AsyncClient, export: dict[str, Any], drafts: Sequence[Draft]) -> None:
    archive = await _archive(hub, export)
    lines = archive.read("ecritures.ECR").decode("cp1252").split("\r\n")
    assert sum(line.startswith("ECR") for line in lines) == export["entries"] == len(drafts)
    assert sum(line.startswith("MVT") for line in lines) == sum(len(draft.lines) for draft in drafts)
    named = {line[148:178].strip() for line in lines if line.startswith("ECR")} - {""}
    assert named == {name for name in archive.namelist() if name.endswith(".pdf")}
    assert len(named) == export["documents"] > 0
    assert all(archive.read(name).startswith(b"%PDF") for name in named)


async def _opens_as_workbook(
    hub: httpx.AsyncClient, export: dict[str, Any], drafts: Sequence[Draft]
) -> list[dict[str, str]]:
    """The rows of the workbook in the archive, each text and amount as it stands there."""
    archive = await _archive(hub, export)
    book = zipfile.ZipFile(io.BytesIO(archive.read("ecritures.xlsx")))
    rows = [_cells(row) for row in ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{CELLS}row")]
    heads = rows[0]
    told = [{heads[column]: value for column, value in row.items()} for row in rows[1:]]
    debit = sum((Decimal(row.get("Debit EUR", "0")).quantize(Decimal("0.01")) for row in told), Decimal())
    assert debit == sum((Decimal(line.debit) for draft in drafts for line in draft.lines), Decimal())
    assert len(told) == export["lines"] == sum(len(draft.lines) for draft in drafts)
    named = {row["Fichier"] for row in told if row.get("Fichier")}
    assert named == {name for name in archive.namelist() if name.endswith(".pdf")}
    return told


def _cells(row: ElementTree.Element) -> dict[str, str]:
    """Column letters and what stands in them."""
    return {
        str(cell.get("r")).rstrip("0123456789"): "".join(text.text or "" for text in cell.iter() if text.text)
        for cell in row.iter(f"{CELLS}c")
    }


async def _entries(hub: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await hub.get(f"/files/{FILE}/entries", params={"limit": 200})
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def _until_all(hub: httpx.AsyncClient, holds: Any) -> list[dict[str, Any]]:
    """The file's entries once all of them are as they should be."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (len(found := await _entries(hub)) == ENTRIES and all(map(holds, found))):
            await asyncio.sleep(0.1)
    return found
