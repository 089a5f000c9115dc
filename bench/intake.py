"""Intake: `entry.validated` on the topic → rows, pre-flight, `entry.dispatched` and the status on theirs.

Both find the whole backlog when they begin. Documents are measured apart.
"""

from typing import Any

from bench.book import Book
from bench.pace import Compared, Findings, Pace
from bench.process import Meter, Script
from bench.run import measured, tables_like
from bench.scale import Scale
from bench.stage import Stage, record_of
from gateways.connectors.registry import load_sheets
from qontable import topics

TARGET = 0.4
BOOK = Book("intake", connections=8, files=16)
DISPATCHED, TOLD = f"{topics.DISPATCHED}.{BOOK.connector}", "entry.status_changed"
TABLES = ("inbox", "entries", "revisions", "deliveries", "status_history", "outbox")
SOURCE, OUT = "bare.validated", "bare.out"
DOES = "reads, writes 7 rows (inbox, entry, revision, delivery, history, 2 outbox), sends 2 records; checks nothing"


async def intake(stage: Stage, scale: Scale) -> Findings:
    """Rounds of the service and of the bare loop in turn."""
    system, bare = [], []
    async with stage.service("entries") as entries:
        await introduce(stage, BOOK)
        await _taken_in(stage, entries, "warm", min(scale.entries, 500))
        async with stage.script("bench.bare.intake", **await _order(stage)) as (loop, _):
            for number in range(scale.rounds):
                system.append(await _taken_in(stage, entries, str(number), scale.entries))
                bare.append(await _moved(stage, loop, str(number), scale.entries))
        peaks = {"entries": entries.peak()}
    return Findings([Compared("intake", "entries", system, bare, TARGET, DOES)], peaks=peaks)


async def introduce(stage: Stage, book: Book) -> None:
    """Say whose entries will come, and wait until entries knows."""
    await stage.say(book.introduced(load_sheets()[book.connector], stage.sealing_key, concurrent=8))
    for table in ("files", "integrations", "reference_files"):
        known = f"select count(*) = $2 from entries.{table} where file_id = any($1)"
        await stage.until(known, [client.file_id for client in book.clients], len(book.clients))
    await stage.until("select count(*) > 0 from entries.connectors")


async def _taken_in(stage: Stage, entries: Meter, run: str, count: int) -> Pace:
    """The service's round; it ends when every entry is dispatched and said to be under way."""
    records = [record_of(event) for event in BOOK.entries(run, count)]
    ends = {topic: await stage.end(topic) + count for topic in (DISPATCHED, TOLD)}
    entries.pause()
    try:
        await stage.publish(records)
    finally:
        entries.resume()

    async def drained() -> None:
        for topic, end in ends.items():
            await stage.grown(topic, end)

    return await measured(stage, entries, count, drained)


async def _moved(stage: Stage, loop: Script, run: str, count: int) -> Pace:
    """The bare loop's round."""
    await stage.publish([record_of(event, SOURCE) for event in BOOK.entries(f"bare{run}", count)])
    return await measured(stage, loop.meter, count, lambda: loop.tell({"count": count}))


async def _order(stage: Stage) -> dict[str, Any]:
    """What the bare loop is told: rows as wide as those that the service has just written."""
    await tables_like(stage, "entries", TABLES)
    await stage.make_topics(SOURCE, OUT)
    row = await stage.database.fetchrow(
        "select visible::text, dispatch::text from entries.entries join entries.deliveries using (delivery_id) limit 1"
    )
    assert row is not None, "the service has taken entries in before"
    return {
        "kafka": stage.world.kafka,
        "database": stage.world.admin_url,
        "source": stage.topic(SOURCE),
        "target": stage.topic(OUT),
        "partitions": stage.partitions,
        "visible": row["visible"],
        "dispatch": row["dispatch"],
    }
