"""Import files: entries that are ready leave as one batch, whose size is known before the first of them is written.

Which entries a batch has is decided once, in the transaction that opens their deliveries: the file's lock keeps
everybody else's decisions out meanwhile. A batch is written whole or comes back whole.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from entries.adapters.deliveries import OpenDelivery, insert_deliveries, next_sequences, request_recalls
from entries.adapters.documents import fetch_documents
from entries.adapters.entries import fetch_facts
from entries.adapters.exports import (
    WantedExport,
    count_meant,
    end_overdue,
    keep_requests,
    open_export,
    postpone_request,
    set_under_way,
    take_request,
)
from entries.adapters.files import fetch_owners
from entries.adapters.waking import wake_entries
from entries.app.candidates import Content, read_contents
from entries.app.choosing import Choosing, portions
from entries.app.dispatch import recall_of
from entries.app.orders import Leaving, Target, order_of
from entries.domain.decision import Patience
from entries.domain.facts import EntryKey
from qontable import metrics
from qontable.bus import Received
from qontable.clock import now
from qontable.database import UNREACHABLE, Connection
from qontable.events.delivery import Batch
from qontable.events.export import ExportOpened, ExportRequested
from qontable.outbox import outgoing, write_outbox
from qontable.telemetry import frames
from qontable.topics import EXPORT
from qontable.unit import Unit, Units

LOOK_AGAIN = timedelta(minutes=1)

log = structlog.get_logger()


class Exports:
    """Takes requests in; a turn chooses the entries of one, or asks an overdue batch back.

    A batch has to be written `within` a time. `wanted` is called when a request has come, `woken` when entries are to
    be looked at.
    """

    def __init__(
        self,
        units: Units,
        patience: Patience,
        within: timedelta,
        acknowledge_within: timedelta,
        wanted: Callable[[], None],
        woken: Callable[[], None],
    ) -> None:
        self._units = units
        self._choosing = Choosing(patience)
        self._within = within
        self._acknowledge_within = acknowledge_within
        self._wanted = wanted
        self._woken = woken

    async def requested(self, unit: Unit, received: Sequence[Received[ExportRequested]]) -> None:
        """Exports are asked for. One of another firm's file is set aside."""
        owners = await fetch_owners(unit.connection, [item.event.file_id for item in received])
        own = []
        for item in received:
            if owners.place(item.event.firm_id, item.event.file_id) == "foreign":
                unit.set_aside(item.refused("foreign_file", "the client file belongs to another firm"))
            else:
                own.append(item)
        await keep_requests(unit.connection, own, now())
        unit.after_commit(self._wanted)

    async def step(self) -> bool:
        """Open one batch, or ask one back; whether there may be more."""
        moment = now()
        opened = await self._open_next(moment)
        return await self._recall(moment) or opened

    async def _open_next(self, moment: datetime) -> bool:
        wanted: WantedExport | None = None
        try:
            async with self._units.unit() as unit:
                wanted = await take_request(unit.connection, moment)
                if wanted:
                    await self._open(unit, wanted, moment)
        except UNREACHABLE:
            raise
        except Exception as error:
            if wanted is None:
                raise
            await self._postpone(wanted, error, moment)
        return wanted is not None

    async def _postpone(self, wanted: WantedExport, error: Exception, moment: datetime) -> None:
        """One request that cannot be followed must not stand in the others' way, nor be tried for ever: once it is as
        old as a batch may get, it is opened for nothing, and what it meant is told as left out."""
        log.error("export not opened", export=wanted.request.export_id, at=frames(error))
        metrics.LOOP_FAILURES.labels("exports").inc()
        async with self._units.unit() as unit:
            if moment - wanted.request.requested_at < self._within:
                await postpone_request(unit.connection, wanted.request.export_id, moment + LOOK_AGAIN)
            else:
                meant = await count_meant(unit.connection, wanted.request)
                await self._announce(unit, wanted, 0, {"unjudged": meant} if meant else {}, moment)

    async def _open(self, unit: Unit, wanted: WantedExport, moment: datetime) -> None:
        chosen, stay = await self._choosing.choose(unit.connection, wanted.request, moment)
        await self._dispatch(unit, wanted, chosen, moment)
        await self._announce(unit, wanted, len(chosen), stay, moment)

    async def _announce(
        self, unit: Unit, wanted: WantedExport, size: int, stay: Mapping[str, int], moment: datetime
    ) -> None:
        request, deadline = wanted.request, moment + self._within
        if not await open_export(unit.connection, request.export_id, size, deadline):
            return
        opened = ExportOpened(
            export_id=request.export_id,
            firm_id=request.firm_id,
            file_id=request.file_id,
            order=request.order,
            size=size,
            left_out=dict(sorted(stay.items())),
            requested_at=request.requested_at,
            deadline=deadline,
        )
        unit.publish(opened, traceparent=wanted.traceparent)
        unit.after_commit(self._woken)
        log.info("export opened", export=request.export_id, entries=size, left_out=sum(stay.values()))

    async def _dispatch(self, unit: Unit, wanted: WantedExport, chosen: Sequence[EntryKey], moment: datetime) -> None:
        """Write the orders, portion by portion: a batch may be larger than memory. Copies open no delivery."""
        if not chosen:
            return
        request, connection = wanted.request, unit.connection
        batch = Batch(export_id=request.export_id, size=len(chosen), again=request.order.again)
        target = Target(EXPORT, EXPORT, request.file_id, batch=batch)
        number = (await next_sequences(connection, {request.file_id: len(chosen)}))[request.file_id]
        for portion in portions(chosen):
            orders = []
            for leaving in await _read(connection, portion, again=batch.again):
                orders.append((order_of(leaving, target, number, moment), leaving.facts.traceparent))
                number += 1
            if not batch.again:
                await insert_deliveries(connection, orders, moment + self._acknowledge_within)
                ids = {(order.file_id, order.entry.entry_id): order.delivery_id for order, _ in orders}
                await set_under_way(connection, ids, moment)
            await write_outbox(connection, [outgoing(order, unit.source, trace) for order, trace in orders])

    async def _recall(self, moment: datetime) -> bool:
        async with self._units.unit() as unit:
            overdue = await end_overdue(unit.connection, moment)
            if overdue is None:
                return False
            export_id, delivery_ids = overdue
            for portion in portions(delivery_ids):
                await _ask_back(unit, await request_recalls(unit.connection, portion, moment), moment)
            unit.after_commit(self._woken)
        if delivery_ids:
            log.error("export not written in time, taken back", export=export_id, entries=len(delivery_ids))
        return True


async def _ask_back(unit: Unit, deliveries: Sequence[OpenDelivery], moment: datetime) -> None:
    """Ask one portion of a batch back: a batch may be larger than memory."""
    recalls = [outgoing(recall_of(delivery, moment), unit.source, delivery.traceparent) for delivery in deliveries]
    await write_outbox(unit.connection, recalls)
    await wake_entries(unit.connection, [(item.file_id, item.entry_id) for item in deliveries], moment)


async def _read(connection: Connection, keys: Sequence[EntryKey], *, again: bool) -> list[Leaving]:
    """The revisions that leave: the newest, with documents that are kept, or those in the books, with all of theirs.

    What is known of documents is of the newest revision. Of one in the books exports tells which are not in storage.
    """
    facts = await fetch_facts(connection, keys)
    contents = await read_contents(connection, [item.as_booked() if again else item for item in facts])
    found = await fetch_documents(connection, keys)

    def goes(content: Content, document_id: str) -> bool:
        known = found.get(content.facts.key, {}).get(document_id)
        return again or (known is not None and known.storage_key is not None)

    return [
        Leaving(
            content.facts,
            content.wire,
            content.kept.validated_at,
            tuple(document for document in content.wire.documents if goes(content, document.document_id)),
        )
        for content in contents
    ]
