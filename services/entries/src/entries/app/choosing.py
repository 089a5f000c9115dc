"""Which entries of a client file go into an import file, and why the others of the period stay."""

from collections import Counter
from collections.abc import Iterator, Sequence
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
        chosen: list[EntryKey] = []
        for portion in portions(keys):
            for key, reason in await self._judge(connection, request.order, portion, sheets, moment):
                if reason is None:
                    chosen.append(key)
                else:
                    stay[reason] += 1
        return chosen, stay

    async def _judge(
        self,
        connection: Connection,
        order: ExportOrder,
        keys: Sequence[EntryKey],
        sheets: dict[str, Sheet],
        moment: datetime,
    ) -> list[tuple[EntryKey, LeftOut | None]]:
        """Whether each of these entries stays, and why. Portions are halved until who cannot be judged is alone."""
        try:
            async with connection.transaction():
                if order.again:
                    return await _booked(connection, keys)
                return await self._ready(connection, order, keys, sheets, moment)
        except UNREACHABLE:
            raise
        except Exception as error:  # noqa: BLE001 - one entry must not stop its neighbours
            if len(keys) > 1:
                half = len(keys) // 2
                first = await self._judge(connection, order, keys[:half], sheets, moment)
                return first + await self._judge(connection, order, keys[half:], sheets, moment)
            log.error("entry not judged for an export", entry="/".join(keys[0]), at=frames(error))
            metrics.LOOP_FAILURES.labels("exports").inc()
            return [(keys[0], "unjudged")]

    async def _ready(
        self,
        connection: Connection,
        order: ExportOrder,
        keys: Sequence[EntryKey],
        sheets: dict[str, Sheet],
        moment: datetime,
    ) -> list[tuple[EntryKey, LeftOut | None]]:
        facts = [item for item in await fetch_facts(connection, keys) if not is_settled(item)]
        contents = await read_contents(connection, facts)
        return [
            (item.facts.key, left_out(item, moment, self._patience, with_documents=order.with_documents))
            for item in await gather(connection, contents, sheets)
        ]


def portions(keys: Sequence[K]) -> Iterator[Sequence[K]]:
    """As many of these as are held in memory at once, in their order."""
    return (keys[start : start + PORTION] for start in range(0, len(keys), PORTION))


async def _booked(connection: Connection, keys: Sequence[EntryKey]) -> list[tuple[EntryKey, LeftOut | None]]:
    """What is in the books is only asked for its currency: whatever else it lacked, it has been taken."""
    facts = [item.as_booked() for item in await fetch_facts(connection, keys)]
    return [
        (item.facts.key, None if item.wire.currency == BOOK_CURRENCY else "currency")
        for item in await read_contents(connection, facts)
    ]
