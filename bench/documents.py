"""Documents: from a link in `entry.validated` to a row that says *kept*, in files a second.

Each is 48 kB, its own, and served by the stand-in; as many are fetched at one time as the service's setting says.
"""

from bench.book import Book
from bench.delivery import vendor_running
from bench.intake import introduce
from bench.pace import Compared, Findings, Pace
from bench.process import Meter, Script
from bench.run import measured
from bench.scale import Scale
from bench.stage import Stage, record_of

CONCURRENT = 8
BOOK = Book("documents", connections=4, files=8)
DOES = f"gets with aiohttp, hashes, writes a file, {CONCURRENT} at a time"


async def documents(stage: Stage, scale: Scale) -> Findings:
    """Rounds of the service and of the bare loop in turn."""
    system, bare = [], []
    fetches = {"QONTABLE_ENTRIES_DOCUMENT_FETCHES": str(CONCURRENT)}
    async with vendor_running(stage, BOOK.connector) as vendor, stage.service("entries", **fetches) as entries:
        await introduce(stage, BOOK)
        order = {"url": vendor, "concurrent": CONCURRENT, "folder": str(stage.folder / "bare-documents")}
        async with stage.script("bench.bare.documents", **order) as (loop, _):
            for number in range(scale.rounds):
                system.append(await _kept(stage, entries, vendor, str(number), scale.documents))
                bare.append(await _written(stage, loop, scale.documents))
        peaks = {"entries": entries.peak()}
    return Findings([Compared("documents", "files", system, bare, None, DOES)], peaks=peaks)


async def _kept(stage: Stage, entries: Meter, vendor: str, run: str, count: int) -> Pace:
    """The service's round, intake of the entries included; it ends when every document is kept."""
    records = [record_of(event) for event in BOOK.entries(run, count, vendor)]
    before = await stage.database.fetchval("select count(*) from entries.documents where state = 'kept'")
    entries.pause()
    try:
        await stage.publish(records)
    finally:
        entries.resume()
    kept = "select count(*) >= $1 from entries.documents where state = 'kept'"
    return await measured(stage, entries, count, lambda: stage.until(kept, before + count))


async def _written(stage: Stage, loop: Script, count: int) -> Pace:
    """The bare loop's round."""
    return await measured(stage, loop.meter, count, lambda: loop.tell({"count": count}))
