"""A firm in the storm whose software has no API: import files are asked for while everything is killed, then judged.

Each entry belongs in exactly one file; every file must lie whole in storage and hold what is stated of it.
"""

import asyncio
import hashlib
import io
import uuid
import zipfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Any

import httpx

from sandbox.adapters.api import Api, ApiRefused, Unreachable
from sandbox.app.systems import Systems, once_arrived, open_systems
from sandbox.domain.book.generator import LEAST_ENTRIES, make_book
from sandbox.domain.drafts import Draft

from .accountants import patiently
from .eyes import Eyes
from .firms import relabelled
from .order import StormOrder
from .rig import Rig

FIRM, FILE, CODE = "frm_papier", "fil_papier-1", "PAPIER-1"
SHARE = 8
"""One entry more for each so many of the others."""
PORTION = 7
EVERY_UNDONE, EVERY_REVISED = 11, 9
"""Which entries are undone at once, so that undoing and export race, and which are validated again later."""
ROUND_SECONDS = 1.5
WISHES: tuple[dict[str, Any], ...] = (
    {"format": "tra"},
    {"format": "xlsx", "last": "2026-06-30"},
    {"format": "csv", "with_documents": False},
)
COPY = {"format": "xlsx", "again": True}
READY = "select count(*) from sandbox.platform_entries where file_id = $1 and status = 'ready'"
EXPORTED = "select count(*) from sandbox.platform_entries where file_id = $1 and detail = 'exported'"
WRITTEN = """
    select e.entry_id, count(*) as files from exports.batch_entries e join exports.batches b using (export_id)
    where b.file_id = $1 and not b.again and b.state = 'written' and e.state = 'confirmed' group by 1
"""
STANDING = """
    select p.entry_id, p.key, p.status, p.detail, e.version = p.status_version as heard
    from sandbox.platform_entries p join entries.entries e using (file_id, entry_id) where p.file_id = $1
"""


class Paper:
    """The firm's people: they validate, and ask for files. `asked` are their requests by the id that each keeps."""

    def __init__(self, systems: Systems, hub: Api, eyes: Eyes, order: StormOrder) -> None:
        self._systems = systems
        self._hub = hub
        self._eyes = eyes
        self._portions = list(_portions(make_book(LEAST_ENTRIES + order.entries // SHARE, seed=order.seed).drafts))
        self._said = 0
        self._wishes = cycle(WISHES)
        self.asked: dict[str, dict[str, Any]] = {}

    async def work(self, done: float) -> None:
        """Validate as far as the storm is done, and ask for what is ready."""
        while self._said < done * len(self._portions):
            await self._validate(*self._portions[self._said])
            self._said += 1
        await self.round()

    async def round(self) -> None:
        """Ask for what is ready; whoever does not answer is asked again in the next round."""
        if await self._eyes.value(READY, FILE):
            with suppress(Unreachable, ApiRefused):
                await self.ask(next(self._wishes))

    async def ask_copy(self) -> None:
        """Ask for all that is in files once more, which changes nothing and takes a while to write."""
        while not await self._eyes.value(EXPORTED, FILE):
            await asyncio.sleep(0.2)
        with suppress(Unreachable, ApiRefused):
            await self.ask(COPY)

    async def ask(self, wish: dict[str, Any]) -> None:
        """Ask for an import file. Raises `Unreachable` and `ApiRefused`; the request is remembered all the same."""
        request_id = uuid.uuid4().hex
        self.asked[request_id] = wish
        await self._request(request_id)

    async def ask_all_again(self) -> None:
        """Make every request once more, also those of which nobody knows whether they arrived."""
        for request_id in list(self.asked):
            await patiently(lambda request_id=request_id: self._request(request_id))

    async def exports(self) -> list[dict[str, Any]]:
        """The firm's exports as the Hub tells them."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self._hub.call("GET", "/v1/exports", None, **cursor)
            found += answer["exports"]
            if not answer["next"]:
                return found
            cursor = {"cursor": answer["next"]}

    async def fetch(self, export: dict[str, Any], file: dict[str, Any]) -> bytes:
        """A file by its link, as a browser fetches it."""
        path = f"/v1/exports/{export['export_id']}/links"
        link = await self._hub.call("POST", path, {"name": file["name"]})
        async with httpx.AsyncClient(timeout=60) as browser:
            answer = await browser.get(link["url"])
        answer.raise_for_status()
        return answer.content

    async def _request(self, request_id: str) -> None:
        body = {"file_ids": [FILE], "request_id": request_id, **self.asked[request_id]}
        await self._hub.call("POST", "/v1/exports", body)

    async def _validate(self, drafts: list[Draft], undone: list[Draft]) -> None:
        platform = self._systems.platform
        await patiently(lambda: platform.publish(FIRM, FILE, "csv", CODE, drafts))
        if undone:
            ids = [draft.identity(FILE) for draft in undone]
            await patiently(lambda: platform.undo(FILE, ids))


def _portions(drafts: Sequence[Draft]) -> Iterator[tuple[list[Draft], list[Draft]]]:
    """What is validated together, and what of it is undone at once; revisions come a portion later."""
    later: list[Draft] = []
    for start in range(0, len(drafts), PORTION):
        portion = drafts[start : start + PORTION]
        numbered = list(enumerate(portion, start))
        yield [*portion, *later], [draft for number, draft in numbered if not number % EVERY_UNDONE]
        later = [relabelled(draft, 2) for number, draft in numbered if number % EVERY_REVISED == 1]
    if later:
        yield later, []


@asynccontextmanager
async def open_paper(rig: Rig, eyes: Eyes) -> AsyncIterator[Paper]:
    """The firm, on board, with its one client file."""
    async with open_systems(rig.addresses) as systems, Api("the Hub", rig.addresses.http["hub"]) as hub:
        await systems.platform.create_firm(FIRM, "Cabinet papier")
        await systems.platform.create_file(FIRM, FILE, "Atelier Papier", CODE, None)
        token = await once_arrived("the firm", lambda: systems.hub.sign_in(FIRM, systems.platform_secret))
        hub.authorize(token)
        await once_arrived("the client file", lambda: systems.hub.file(FILE))
        formats = {str(wish["format"]) for wish in (*WISHES, COPY)}
        while formats - {row["format"] for row in (await hub.call("GET", "/v1/export-formats"))["formats"]}:
            await asyncio.sleep(0.2)
        yield Paper(systems, hub, eyes, rig.order)


async def judge_paper(paper: Paper, eyes: Eyes) -> tuple[dict[str, list[str]], Counter[str]]:
    """Faults by word, and how many exports ended in which state; entries in files are counted as `in files`."""
    faults: dict[str, list[str]] = defaultdict(list)
    ended: Counter[str] = Counter()
    files = {row["entry_id"]: row["files"] for row in await eyes.rows(WRITTEN, FILE)}
    for row in await eyes.rows(STANDING, FILE):
        judge_entry(row, files.get(row["entry_id"], 0), faults)
    for export in await paper.exports():
        ended[export["state"]] += 1
        if export["state"] == "written":
            ended["files fetched"] += 1
            faults["altered"] += [f"{export['export_id']}: {why}" for why in await _wrong_with(paper, export)]
    ended["in files"] = sum(files.values())
    return faults, ended


def judge_entry(row: Any, files: int, faults: dict[str, list[str]]) -> None:
    """Note as what an entry that is in so many files stands wrong, if it does."""
    told = f"{CODE} {row['key']} is {row['status']} {row['detail'] or ''} and in {files} files"
    if files > 1 or (files and row["status"] == "withdrawn"):
        faults["doubled"].append(told)
    elif row["status"] == "synchronized" and (not files or row["detail"] != "exported"):
        faults["silent"].append(told)
    elif row["status"] not in {"synchronized", "withdrawn"}:
        faults["lost"].append(told)


async def _wrong_with(paper: Paper, export: dict[str, Any]) -> list[str]:
    """In what the files of an export differ from what is stated of them."""
    wrong = []
    for file in export["files"]:
        content = await patiently(lambda file=file: paper.fetch(export, file))
        if (len(content), hashlib.sha256(content).hexdigest()) != (file["size"], file["sha256"]):
            wrong.append(f"{file['name']} is not what was stored")
        if file["name"].endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if damaged := archive.testzip():
                    wrong.append(f"{damaged} in {file['name']} is damaged")
                if len(archive.namelist()) != export["documents"] + 1:
                    wrong.append(f"{file['name']} has not the file and {export['documents']} documents")
        elif file["name"] == "ecritures.csv" and content.count(b"\r\n") != export["lines"] + 1:
            wrong.append(f"{file['name']} has not {export['lines']} lines")
    return wrong
