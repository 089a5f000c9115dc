"""Which entries of a client file go into an import file, and why the others of the period stay."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from entries.adapters.entries import fetch_facts
from entries.adapters.exports import count_others, lock_entries
from entries.adapters.integrations import Sheets
from entries.app.candidates import gather, read_contents
from entries.domain.decision import Patience
from entries.domain.exporting import LeftOut, is_settled, left_out
from entries.domain.facts import EntryKey
from qontable import metrics
from qontable.database import UNREACHABLE, Connection
from qontable.events.export import ExportOrder, ExportRequested
from qontable.money import BOOK_CURRENCY
from qontable.sheet import Sheet
from qontable.telemetry import frames

K = TypeVar("K")
Judged = tuple[EntryKey, LeftOut | None]
"""An entry, and why it stays, if it does."""
Judge = Callable[[Sequence[EntryKey]], Awaitable[list[Judged]]]
PORTION = 200

log = structlog.get_logger()


class Choosing:
    """Judges entries portion by portion, in the transaction that holds their file's lock."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._sheets = Sheets()

    async def choose(
        self, connection: Connection, request: ExportRequested, moment: datetime
    ) -> tuple[list[EntryKey], Counter[str]]:
        """The entries that go, and how many of the period stay, by reason."""
        keys = await lock_entries(connection, request)
        stay: Counter[str] = Counter(await count_others(connection, request))
        sheets = await self._sheets.fetch(connection)

        async def judge(portion: Sequence[EntryKey]) -> list[Judged]:
            if request.order.again:
                return await _booked(connection, portion)
            return await self._ready(connection, request.order, portion, sheets, moment)

        chosen: list[EntryKey] = []
        for portion in portions(keys):
            for key, reason in await _one_by_one(connection, portion, judge):
                if reason is None:
                    chosen.append(key)
                else:
                    stay[reason] += 1
        return chosen, stay

    async def _ready(
        self,
        connection: Connection,
        order: ExportOrder,
        keys: Sequence[EntryKey],
        sheets: dict[str, Sheet],
        moment: datetime,
    ) -> list[Judged]:
        facts = [item for item in await fetch_facts(connection, keys) if not is_settled(item)]
        contents = await read_contents(connection, facts)
        return [
            (item.facts.key, left_out(item, moment, self._patience, with_documents=order.with_documents))
            for item in await gather(connection, contents, sheets)
        ]


def portions(keys: Sequence[K]) -> Iterator[Sequence[K]]:
    """As many of these as are held in memory at once, in their order."""
    return (keys[start : start + PORTION] for start in range(0, len(keys), PORTION))


async def _one_by_one(connection: Connection, keys: Sequence[EntryKey], judge: Judge) -> list[Judged]:
    """What `judge` finds of these entries. They are halved until one that cannot be judged is alone."""
    try:
        async with connection.transaction():
            return await judge(keys)
    except UNREACHABLE:
        raise
    except Exception as error:  # noqa: BLE001 - one entry must not stop its neighbours
        if len(keys) > 1:
            half = len(keys) // 2
            first = await _one_by_one(connection, keys[:half], judge)
            return first + await _one_by_one(connection, keys[half:], judge)
        log.error("entry not judged for an export", entry="/".join(keys[0]), at=frames(error))
        metrics.LOOP_FAILURES.labels("exports").inc()
        return [(keys[0], "unjudged")]


async def _booked(connection: Connection, keys: Sequence[EntryKey]) -> list[Judged]:
    """What is in the books is only asked for its currency: whatever else it lacked, it has been taken."""
    facts = [item.as_booked() for item in await fetch_facts(connection, keys)]
    return [
        (item.facts.key, None if item.wire.currency == BOOK_CURRENCY else "currency")
        for item in await read_contents(connection, facts)
    ]
