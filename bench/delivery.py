"""Delivery: `entry.dispatched` on the topic → the vendor's 2xx → confirmed row and its events, vendor's limit lifted.

For each connector that has a stand-in in `bench.vendors`, which is the vendor of both. Several connections with several
client files each; in sum as many calls at one time as the bare loop makes. The bare loop posts the last request that
booked an entry; whatever else a connector asks for an entry is the system's own cost.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bench.book import Book
from bench.pace import Compared, Findings, Pace
from bench.process import Meter, Script
from bench.run import measured
from bench.scale import Scale
from bench.stage import Stage, record_of
from bench.vendors import vendor_of, vendors
from gateways.connectors.registry import load_sheets

TARGET = 0.5
CONNECTIONS, CONCURRENT = 4, 8
WARM = 400
"""Entries after which every account that comes again is known by its id: what is measured is sending."""
CONFIRMED = "select count(*) = $2 from gateways.deliveries where entry_id like $1 and state = 'confirmed'"
SAID = "select not exists (select from gateways.outbox)"
ATTEMPTED = "entry.attempted"
DOES = f"posts the same bytes, {CONNECTIONS * CONCURRENT} at a time, through httpx-aiohttp"


async def delivery(stage: Stage, scale: Scale) -> Findings:
    """Every connector after the other."""
    found = Findings()
    for connector in vendors():
        book = Book(f"delivery_{connector}", connections=CONNECTIONS, files=16, connector=connector)
        async with vendor_running(stage, connector) as url, gateways_of(stage, connector, url) as gateways:
            await connect(stage, book, CONCURRENT)
            system, bare = await _rounds(stage, scale, book, gateways, url)
            found.peaks["gateways"] = max(found.peaks.get("gateways", 0), gateways.peak())
        found.compared.append(Compared(f"delivery, {connector}", "entries", system, bare, TARGET, DOES))
    return found


@asynccontextmanager
async def vendor_running(stage: Stage, connector: str) -> AsyncIterator[str]:
    """The address of a stand-in inside the block."""
    async with stage.script("bench.vendor", connector=connector) as (_, told):
        yield f"http://127.0.0.1:{told['port']}"


@asynccontextmanager
async def gateways_of(stage: Stage, connector: str, url: str) -> AsyncIterator[Meter]:
    """Gateways that run this connector and no other, inside the block."""
    settings = vendor_of(connector).settings(url) | {"QONTABLE_CONNECTORS": connector}
    async with stage.service("gateways", **settings) as gateways:
        yield gateways


async def connect(stage: Stage, book: Book, concurrent: int) -> None:
    """Say which connections there are, and wait until the gateways have tried each of them."""
    await stage.say(book.introduced(load_sheets()[book.connector], stage.sealing_key, concurrent))
    tried = "select count(*) = $2 from gateways.jobs where kind = 'probe' and outcome is not null and firm_id = any($1)"
    firms = {client.firm_id for client in book.clients}
    await stage.until(tried, list(firms), len(firms))


async def _rounds(stage: Stage, scale: Scale, book: Book, gateways: Meter, url: str) -> tuple[list[Pace], list[Pace]]:
    """Rounds of the gateways and of the bare loop in turn."""
    system, bare = [], []
    await _delivered(stage, gateways, book, "warm", min(scale.deliveries, WARM))
    async with stage.script("bench.bare.delivery", **await _order(url)) as (loop, _):
        for number in range(scale.rounds):
            system.append(await _delivered(stage, gateways, book, str(number), scale.deliveries))
            bare.append(await _posted(stage, loop, scale.deliveries))
    return system, bare


async def _delivered(stage: Stage, gateways: Meter, book: Book, run: str, count: int) -> Pace:
    """The gateways' round; it ends when every entry is confirmed and all that is to be said of it is said."""
    records = [record_of(event) for event in book.orders(run, count)]
    attempted = await stage.end(ATTEMPTED) + count
    gateways.pause()
    try:
        await stage.publish(records)
    finally:
        gateways.resume()

    async def confirmed() -> None:
        await stage.grown(ATTEMPTED, attempted)  # only then are the tables asked, which costs the gateways something
        await stage.until(CONFIRMED, book.pattern(run), count)
        await stage.until(SAID)

    return await measured(stage, gateways, count, confirmed)


async def _posted(stage: Stage, loop: Script, count: int) -> Pace:
    """The bare loop's round."""
    return await measured(stage, loop.meter, count, lambda: loop.tell({"count": count}))


async def _order(url: str) -> dict[str, Any]:
    """What the bare loop is told: the bytes that the gateways sent last."""
    async with httpx.AsyncClient() as client:
        last = (await client.get(f"{url}/last")).json()
    return {
        "url": f"{url}{last['target']}",
        "body": last["body"],
        "headers": last["headers"],
        "concurrent": CONNECTIONS * CONCURRENT,
    }
