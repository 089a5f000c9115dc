"""Delivery: `entry.dispatched` on the topic → the vendor's 2xx → confirmed row and its events, vendor's limit lifted.

Several connections with several client files each; in sum as many calls at one time as the bare loop makes. The
vendor is the stand-in of `bench.vendor` for both.
"""

from typing import Any

import httpx

from bench.book import Book
from bench.pace import Compared, Findings, Pace
from bench.process import Meter, Script
from bench.run import measured
from bench.scale import Scale
from bench.stage import Stage, record_of
from gateways.connectors.registry import load_sheets

TARGET = 0.5
CONNECTIONS, CONCURRENT = 4, 8
BOOK = Book("delivery", connections=CONNECTIONS, files=16)
WARM = 400
"""Entries after which every account that comes again is known by its id: what is measured is sending."""
DISPATCHED, CHANGED, ATTEMPTED = "entry.dispatched.myunisoft", "entry.delivery_changed", "entry.attempted"
DOES = f"posts the same bytes, {CONNECTIONS * CONCURRENT} at a time, through httpx-aiohttp"


async def delivery(stage: Stage, scale: Scale) -> Findings:
    """Rounds of the gateways and of the bare loop in turn."""
    system, bare = [], []
    async with stage.script("bench.vendor") as (_, told):
        vendor = f"http://127.0.0.1:{told['port']}"
        async with stage.service("gateways", QONTABLE_MYUNISOFT_URL=vendor) as gateways:
            await connect(stage, BOOK, CONCURRENT)
            await _delivered(stage, gateways, "warm", min(scale.deliveries, WARM))
            async with stage.script("bench.bare.delivery", **await _order(vendor)) as (loop, _):
                for number in range(scale.rounds):
                    system.append(await _delivered(stage, gateways, str(number), scale.deliveries))
                    bare.append(await _posted(stage, loop, scale.deliveries))
            peaks = {"gateways": gateways.peak()}
    return Findings([Compared("delivery", "entries", system, bare, TARGET, DOES)], peaks=peaks)


async def connect(stage: Stage, book: Book, concurrent: int) -> None:
    """Say which connections there are, and wait until the gateways have tried each of them."""
    await stage.say(book.introduced(load_sheets()["myunisoft"], stage.sealing_key, concurrent))
    tried = "select count(*) = $1 from gateways.jobs where kind = 'probe' and outcome is not null"
    await stage.until(tried, book.connections)


async def _delivered(stage: Stage, gateways: Meter, run: str, count: int) -> Pace:
    """The gateways' round; it ends when every entry was said to be queued, tried and confirmed."""
    records = [record_of(event) for event in BOOK.orders(run, count)]
    ends = {CHANGED: await stage.end(CHANGED) + 2 * count, ATTEMPTED: await stage.end(ATTEMPTED) + count}
    gateways.pause()
    try:
        await stage.publish(records)
    finally:
        gateways.resume()

    async def confirmed() -> None:
        for topic, end in ends.items():
            await stage.grown(topic, end)

    pace = await measured(stage, gateways, count, confirmed)
    left = await stage.database.fetchval("select count(*) from gateways.deliveries where state <> 'confirmed'")
    assert left == 0, f"{left} deliveries are not confirmed"
    return pace


async def _posted(stage: Stage, loop: Script, count: int) -> Pace:
    """The bare loop's round."""
    return await measured(stage, loop.meter, count, lambda: loop.tell({"count": count}))


async def _order(vendor: str) -> dict[str, Any]:
    """What the bare loop is told: the bytes that the gateways sent last."""
    async with httpx.AsyncClient() as client:
        body = (await client.get(f"{vendor}/last")).text
    headers = {"Authorization": "Bearer token-of-the-bench", "X-Third-Party-Secret": "partner", "society-id": "1"}
    return {"url": f"{vendor}/entry", "body": body, "headers": headers, "concurrent": CONNECTIONS * CONCURRENT}
