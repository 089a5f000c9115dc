"""Pages: server time of every page of the Hub over a read model of years, and how soon it knows what was said.

A client on the same machine asks for each page in turn over one connection that is kept; its own time is within the
figures. A change is followed as an open page does it: the stream says that something changed, the page is read again.
"""

import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from statistics import median, quantiles

import httpx

from bench.pace import Findings, Pace
from bench.process import Meter
from bench.read_model import CHECK, CONNECTION, FIRM, entry_id, file_id, fill
from bench.run import measured
from bench.scale import Scale
from bench.stage import Record, Stage, record_of
from bench.vendors import USUAL
from gateways.connectors.registry import load_sheets
from hub.domain.cursor import write_cursor
from qontable.clock import now
from qontable.events.delivery import EntryStatusChanged

MOST_MS = 100.0
LEAST_EVENTS = 5_000
MOST_SECONDS = 1.0
STEPS = ("ready", "sending", "synchronized")
"""What is said of an entry that goes its way undisturbed."""

LARGEST, USUAL_FILE, UNMAPPED = file_id(0), file_id(1), file_id(9)
ENTRY = entry_id(1_220)
LAST = write_cursor("2025-01-02", entry_id(0))
FILTERS = {
    "a tab": "tab=synchronized",
    "the ready ones": "tab=ready",
    "the last page": f"tab=synchronized&cursor={LAST}",
    "a journal": "tab=synchronized&journal=ACH",
    "a kind": "tab=synchronized&kind=bank",
    "a third party's account": "tab=synchronized&account=401FOURN07",
    "an account": "tab=synchronized&account=6060",
    "a third party": "tab=synchronized&third_party=fournisseur+7",
    "an invoice": "tab=synchronized&invoice_number=FD-31",
    "a word": "tab=synchronized&q=fournisseur+12",
    "a word that is nowhere": "tab=synchronized&q=nowhere",
    "dates": "tab=synchronized&date_from=2025-03-01&date_to=2025-03-31",
    "amounts": "tab=synchronized&amount_from=100&amount_to=102",
    "a cause": "tab=to_verify&cause=journal_locked",
    "a wait": "tab=ready&waiting_for=documents",
    "a state": "tab=ready&state=sending",
}
"""The accounting page of the largest file, once for each way to look through it."""


def addresses(files: int) -> Iterator[tuple[str, str, str]]:
    """The route of each page, what sets it apart from the others of its route, and its address."""
    file, connection = "/files/{file_id}", "/connections/{connection_id}"
    at = f"/connections/{CONNECTION}"
    yield "/sign-in", "", "/sign-in"
    yield "/files", "", "/files"
    yield "/files", "a word", "/files?q=client+4"
    yield "/files", "a state", "/files?state=active"
    yield file, "a usual file", f"/files/{USUAL_FILE}"
    yield file, "to verify", f"/files/{LARGEST}"
    for name, query in FILTERS.items():
        yield file, name, f"/files/{LARGEST}?{query}"
    for page in ("mapping", "settings", "reference"):
        yield f"{file}/{page}", "", f"/files/{LARGEST}/{page}"
    yield f"{file}/reference", "a word", f"/files/{LARGEST}/reference?tab=subsidiaries&q=fournisseur+99"
    yield f"{file}/reference", "a word that is nowhere", f"/files/{LARGEST}/reference?tab=subsidiaries&q=nowhere"
    yield f"{file}/entries/{{entry_id}}", "", f"/files/{LARGEST}/entries/{ENTRY}"
    yield f"{file}/entries/{{entry_id}}/correction", "", f"/files/{LARGEST}/entries/{{returned}}/correction"
    yield (
        f"{file}/entries/{{entry_id}}/attempts/{{delivery_id}}/{{operation}}/{{attempt}}",
        "",
        f"/files/{LARGEST}/entries/{ENTRY}/attempts/dlv_1220/send/1",
    )
    yield "/integrations", "", "/integrations"
    yield "/integrations/{connector}", "", f"/integrations/{USUAL}"
    yield "/integrations/{connector}/start", "", f"/integrations/{USUAL}/start"
    yield connection, "", at
    yield connection, "a state", f"{at}?state=active"
    for step in ("credentials", "options", "disable"):
        yield f"{connection}/{step}", "", f"{at}/{step}"
    yield f"{connection}/checks/{{check_id}}", "", f"{at}/checks/{CHECK}"
    yield f"{connection}/mapping", "", f"{at}/mapping"
    yield f"{connection}/mapping", "all", f"{at}/mapping?show=all"
    yield f"{connection}/mapping.csv", "", f"{at}/mapping.csv"
    chosen = "&".join(f"file={file_id(number)}" for number in range(files) if (number + 1) % 10)
    yield f"{connection}/activation", "every file", f"{at}/activation?{chosen}"


UNTIMED = {
    "/": "leads to another page",
    "/changes": "a stream, measured by what it tells",
    "/files/{file_id}/entries/{entry_id}/documents/{document_id}": "hands on a document from storage",
}
"""Routes without a figure of their own, and why."""


async def pages(stage: Stage, scale: Scale) -> Findings:
    """Every page; then statuses as fast as they come; then changes while a page is open."""
    async with stage.service("hub") as hub:
        await fill(stage, load_sheets()[USUAL], scale.files, scale.kept)
        async with _signed_in(stage) as browser:
            findings = await _pages(stage, browser, scale)
            paces = [await _told(stage, hub, number, scale) for number in range(scale.rounds)]
            waits = [await _changed(stage, browser, number) for number in range(scale.samples)]
        findings.peaks["hub"] = hub.peak()
    rate = median(pace.rate for pace in paces)
    findings.remarks.append(f"{rate:,.0f} status events a second in one process: {_costs(paces)}")
    half, most = _cuts(waits)
    findings.remarks.append(f"a change is on an open page after {half * 1000:.0f} ms (p50), {most * 1000:.0f} (p95)")
    if rate < LEAST_EVENTS:
        findings.missed.append(f"status events: {rate:,.0f} a second, target {LEAST_EVENTS:,}")
    if most > MOST_SECONDS:
        findings.missed.append(f"a change on an open page: {most:.2f} s, target {MOST_SECONDS}")
    return findings


async def _pages(stage: Stage, browser: httpx.AsyncClient, scale: Scale) -> Findings:
    returned = await stage.database.fetchval(
        "select entry_id from hub.entry where file_id = $1 and status = 'to_verify' order by entry_id limit 1", LARGEST
    )
    asked = list(addresses(scale.files))
    took: dict[str, list[float]] = {f"{route}{', ' if name else ''}{name}": [] for route, name, _ in asked}
    for number in range(scale.samples + 1):
        for times, (_, _, address) in zip(took.values(), asked, strict=True):
            started = time.perf_counter()
            answer = await browser.get(address.replace("{returned}", returned))
            seconds = time.perf_counter() - started
            assert answer.status_code == 200, f"{address[:200]}: {answer.status_code} {answer.text[:2000]}"
            if number:  # the first time templates are read and statements prepared
                times.append(seconds)
    findings = Findings()
    for page, times in took.items():
        half, most = (seconds * 1000 for seconds in _cuts(times))
        findings.pages.append((page, half, most))
        if most > MOST_MS:
            findings.missed.append(f"{page}: {most:.0f} ms at p95, target {MOST_MS:.0f}")
    return findings


@asynccontextmanager
async def _signed_in(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with a session of the firm's administrator, who may use the API as well."""
    secret = stage.world.settings_env("hub")["QONTABLE_HUB_PLATFORM_SECRET"]
    async with httpx.AsyncClient(base_url=stage.world.http_url("hub"), timeout=60) as browser:
        authorization = {"Authorization": f"Bearer {secret}"}
        answer = await browser.post(f"/v1/firms/{FIRM}/tokens", json={}, headers=authorization)
        token = answer.json()["token"]
        found = re.search(r'name="form_token" value="([^"]+)"', (await browser.get("/sign-in")).text)
        assert found, "the sign-in has a form"
        landed = await browser.post("/sign-in", data={"token": token, "form_token": found[1]})
        assert landed.status_code == 303, landed.text
        browser.headers["Authorization"] = f"Bearer {token}"
        yield browser


async def _told(stage: Stage, hub: Meter, number: int, scale: Scale) -> Pace:
    """The Hub's turn: it finds everything that is said of a day's entries when it goes on."""
    count = scale.statuses // len(STEPS)
    entries = [(file_id(item % scale.files), f"ent_told_{number}_{item}") for item in range(count)]
    records = [
        record_of(_status(file, entry, version)) for version in range(1, len(STEPS) + 1) for file, entry in entries
    ]
    newest = dict(entries)
    hub.pause()
    try:
        await stage.publish(records)
    finally:
        hub.resume()
    query = """
        select count(*) = cardinality($2::text[]) from unnest($2::text[], $3::text[]) as last (file_id, entry_id)
        join hub.entry using (file_id, entry_id) where firm_id = $1 and version = $4
    """
    known = FIRM, list(newest), list(newest.values()), len(STEPS)
    return await measured(stage, hub, len(records), lambda: stage.until(query, *known))


def _status(file: str, entry: str, version: int, label: str = "Fournisseur 7 FD-7") -> EntryStatusChanged:
    status = STEPS[version - 1]
    return EntryStatusChanged(
        firm_id=FIRM,
        file_id=file,
        entry_id=entry,
        revision=1,
        version=version,
        status=status,
        waiting_for=("evening",) if status == "ready" else (),
        summary={
            "kind": "purchase", "journal": "ACH", "date": "2026-10-12", "label": label, "amount": "120.00",
            "currency": "EUR", "invoice_number": entry, "third_party": "Fournisseur 7",
        },
        changed_at=now(),
    )  # fmt: skip


async def _changed(stage: Stage, browser: httpx.AsyncClient, number: int) -> float:
    """Seconds from saying that an entry moved on to the page that shows it, read again when the stream says so."""
    label = f"Changed {number}"
    record: Record = record_of(_status(USUAL_FILE, f"ent_changed_{number}", 1, label))
    address = f"/files/{USUAL_FILE}?tab=ready&q={label.replace(' ', '+')}"
    page = (await browser.get(address)).text
    mark = re.search(r'data-mark="([^"]*)"', page)
    assert mark and f">{label}<" not in page
    query = {"on": f"file:{USUAL_FILE}", "since": mark[1]}
    async with browser.stream("GET", "/changes", params=query) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        started = time.perf_counter()
        await stage.publish([record])
        async for line in lines:
            if line == "event: changed" and label in (await browser.get(address)).text.split("<tbody", 1)[-1]:
                return time.perf_counter() - started
    raise AssertionError("the stream ended")


def _cuts(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    if len(seconds) == 1:
        return seconds[0], seconds[0]
    cuts = quantiles(seconds, n=20, method="inclusive")
    return cuts[9], cuts[18]


def _costs(paces: list[Pace]) -> str:
    used: Mapping[str, float] = {
        name: median(pace.cpu[name] / pace.count * 1e6 for pace in paces) for name in paces[0].cpu
    }
    return " + ".join(f"{name} {each:,.0f}" for name, each in used.items()) + " µs of processor time each"
