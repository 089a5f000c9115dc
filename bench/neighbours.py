"""Neighbours: what firms notice of another firm whose accounting software is slow, or dead.

The same entries of the same firms are delivered alone, and beside a firm whose lane has work that its server does not
let end: a backlog that was taken before the clock starts, so that the rounds differ in that server and nothing else.
Afterwards that firm's connection is switched off, and the next round has another firm. Whoever comes later in a round
finds larger tables, so that the rounds take turns in who comes first.
"""

from collections.abc import Mapping

from bench.book import DEAD, SLOW, Book
from bench.delivery import CONFIRMED, connect, gateways_of, vendor_running
from bench.pace import Compared, Findings, Pace
from bench.process import Meter
from bench.run import measured
from bench.scale import Scale
from bench.stage import Stage, record_of
from bench.vendors import USUAL

TARGET = 0.9
WELL = Book("well", connections=3, files=16)
CONCURRENT = 8
BACKLOG = 400
ALONE = "alone"
KINDS: Mapping[str, str] = {"slow": SLOW, "dead": DEAD}
DOES = "the same entries of the same firms, alone"
SEEN = "select count(*) = $2 from gateways.deliveries where entry_id like $1"
WORKED_ON = (
    "select count(*) > 0 from gateways.attempts join gateways.deliveries using (delivery_id) where entry_id like $1"
)


async def neighbours(stage: Stage, scale: Scale) -> Findings:
    """Rounds alone and beside each kind of server, in turn, each time another one first."""
    paces: dict[str, list[Pace]] = {kind: [] for kind in (ALONE, *KINDS)}
    async with vendor_running(stage, USUAL) as url, gateways_of(stage, USUAL, url) as gateways:
        await connect(stage, WELL, CONCURRENT)
        await _delivered(stage, gateways, "warm", scale.deliveries)
        for number in range(scale.neighbour_rounds):
            for kind in _turned(list(paces), number):
                backlog = min(scale.deliveries, BACKLOG)
                sick = await _fallen_ill(stage, kind, number, backlog) if kind in KINDS else None
                paces[kind].append(await _delivered(stage, gateways, f"{number}{kind}", scale.deliveries))
                if sick:
                    await _switched_off(stage, sick)
        peaks = {"gateways": gateways.peak()}
    figures = [
        Compared(f"other firms beside a {kind} server", "entries", paces[kind], paces[ALONE], TARGET, DOES)
        for kind in KINDS
    ]
    return Findings(figures, peaks=peaks)


def _turned(kinds: list[str], number: int) -> list[str]:
    first = number % len(kinds)
    return kinds[first:] + kinds[:first]


async def _delivered(stage: Stage, gateways: Meter, run: str, count: int) -> Pace:
    """From the first record on the topic until every entry of the well firms is confirmed."""
    records = [record_of(event) for event in WELL.orders(run, count)]
    gateways.pause()
    try:
        await stage.publish(records)
    finally:
        gateways.resume()
    return await measured(stage, gateways, count, lambda: stage.until(CONFIRMED, WELL.pattern(run), count))


async def _fallen_ill(stage: Stage, kind: str, number: int, count: int) -> Book:
    """A firm with a server of this kind, whose entries are taken in and tried."""
    book = Book(f"{kind}{number}", connections=1, files=16, kind=KINDS[kind])
    await connect(stage, book, CONCURRENT)
    await stage.publish([record_of(event) for event in book.orders("stuck", count)])
    await stage.until(SEEN, book.pattern("stuck"), count)
    await stage.until(WORKED_ON, book.pattern("stuck"))
    return book


async def _switched_off(stage: Stage, book: Book) -> None:
    """The firm's connection is disabled: nothing more is asked of its server."""
    await stage.say([book.connected(book.clients[0], stage.sealing_key, CONCURRENT, version=2, enabled=False)])
    off = "select count(*) > 0 from gateways.connections where connection_id = $1 and not enabled"
    await stage.until(off, book.clients[0].connection_id)
