"""Real-time latency at 20 entries a second: from publishing to the vendor's answer and to the accountant's status.

Nothing is added to the way to measure it: instants are those that rows, records and the stand-in vendor keep anyway.
Beside it one record's bare way through the broker and back.
"""

import asyncio
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer

from bench.book import Book
from bench.delivery import connect, gateways_of, vendor_running
from bench.intake import introduce
from bench.pace import Findings
from bench.scale import Scale
from bench.stage import Record, Stage, record_of
from qontable import topics
from qontable.entry import EntryRef
from qontable.reference import entry_reference

PER_SECOND = 20
BOOK = Book("latency", connections=4, files=4)
DISPATCHED = f"{topics.DISPATCHED}.{BOOK.connector}"
BARE = "bare.round_trip"
HOPS = ("taken in", "dispatched", "queued", "at the vendor", "answered", "confirmed", "told")
"""Row of the revision; record of the dispatch; row of the delivery; request; answer; record of the outcome; record of
the status."""


async def latency(stage: Stage, scale: Scale) -> Findings:
    """The whole way of some entries, hop by hop, then bare round trips at the same pace."""
    count = scale.seconds * PER_SECOND
    async with (
        vendor_running(stage, BOOK.connector) as vendor,
        stage.service("entries") as entries,
        gateways_of(stage, BOOK.connector, vendor) as gateways,
    ):
        await introduce(stage, BOOK)
        await connect(stage, BOOK, 8)
        await _published(stage, [record_of(event) for event in BOOK.entries("warm", 3 * PER_SECOND)])
        await _told(stage, "warm", 3 * PER_SECOND)
        published = await _published(stage, [record_of(event) for event in BOOK.entries("paced", count)])
        ways = await _ways(stage, vendor, published, await _told(stage, "paced", count))
        peaks = {"entries": entries.peak(), "gateways": gateways.peak()}
    hops = [_hop(f"→ {name}", [way[at + 1] - way[at] for way in ways]) for at, name in enumerate(HOPS)]
    answered = _hop("published → vendor's answer", [way[5] - way[0] for way in ways])
    bare = _hop("one bare Kafka round trip", await _round_trips(stage, count))
    return Findings(hops=[*hops, answered, bare], peaks=peaks)


async def _published(stage: Stage, records: Sequence[Record]) -> dict[str, float]:
    """Publish at the pace, each record by itself; when each was, by entry."""
    moments, sending = {}, []
    started = time.monotonic()
    for number, record in enumerate(records):
        await asyncio.sleep(max(0.0, started + number / PER_SECOND - time.monotonic()))
        moments[orjson.loads(record.body)["entry_id"]] = time.time()
        sending.append(asyncio.create_task(stage.publish([record])))
    await asyncio.gather(*sending)
    return moments


async def _told(stage: Stage, run: str, count: int) -> dict[str, dict[str, float]]:
    """Wait until every entry is said to be synchronized; when each of its records was written, by topic."""
    query = "select count(*) = $2 from entries.entries where entry_id like $1 and status = 'synchronized'"
    await stage.until(query, BOOK.pattern(run), count)
    query = "select not exists (select from entries.outbox)"
    await stage.until(query)
    records = await _read(stage, DISPATCHED, "entry.delivery_changed", "entry.status_changed")
    moments: dict[str, dict[str, float]] = {}
    for topic, at, event in records:
        if topic == DISPATCHED:
            moments.setdefault(event["entry"]["entry_id"], {})["dispatched"] = at
        elif event.get("state") == "confirmed":
            moments.setdefault(event["entry_id"], {})["confirmed"] = at
        elif event.get("status") == "synchronized":
            moments.setdefault(event["entry_id"], {})["told"] = at
    return moments


async def _ways(
    stage: Stage, vendor: str, published: dict[str, float], told: dict[str, dict[str, float]]
) -> list[list[float]]:
    """The instants of each entry's way, in the order of the hops, publishing first."""
    async with httpx.AsyncClient() as client:
        calls = {reference: (came, left) for reference, came, left in (await client.get(f"{vendor}/calls")).json()}
    taken = await _rows(stage, "select entry_id, received_at from entries.revisions")
    queued = await _rows(stage, "select entry_id, queued_at from gateways.deliveries")
    files = await _rows(stage, "select entry_id, row(firm_id, file_id)::text from entries.entries")
    ways = []
    for entry_id, moment in published.items():
        firm_id, file_id = files[entry_id].strip("()").split(",")
        came, left = calls[entry_reference(EntryRef(firm_id, file_id, entry_id))]
        record = told[entry_id]
        ways.append(
            [
                moment,
                taken[entry_id].timestamp(),
                record["dispatched"],
                queued[entry_id].timestamp(),
                came,
                left,
                record["confirmed"],
                record["told"],
            ]
        )
    return ways


async def _rows(stage: Stage, query: str) -> dict[str, Any]:
    return {row[0]: row[1] for row in await stage.database.fetch(query)}


async def _read(stage: Stage, *topics: str) -> list[tuple[str, float, Any]]:
    """Every record of these topics: topic, instant, content."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.world.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = stage.partitions_of(*topics)
        consumer.assign(partitions)
        left = sum((await consumer.end_offsets(partitions)).values())
        records: list[tuple[str, float, Any]] = []
        while len(records) < left:
            for batch in (await consumer.getmany(timeout_ms=1000)).values():
                records += [
                    (item.topic.removeprefix(stage.world.topic_prefix), item.timestamp / 1000, orjson.loads(item.value))
                    for item in batch
                ]
        return records
    finally:
        await consumer.stop()


async def _round_trips(stage: Stage, count: int) -> list[float]:
    """Seconds from producing a record to holding it again, at the same pace, with the producer of the house."""
    await stage.make_topics(BARE)
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.world.kafka, auto_offset_reset="latest")
    await consumer.start()
    seconds = []
    try:
        partitions = stage.partitions_of(BARE)
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for event in BOOK.entries("bare", count):
            started = time.monotonic()
            await stage.publish([record_of(event, BARE)])
            await consumer.getone()
            seconds.append(time.monotonic() - started)
            await asyncio.sleep(max(0.0, 1 / PER_SECOND - seconds[-1]))
    finally:
        await consumer.stop()
    return seconds


def _hop(name: str, seconds: Sequence[float]) -> tuple[str, float, float]:
    """Median and 99th percentile in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return name, cuts[49] * 1000, cuts[98] * 1000
