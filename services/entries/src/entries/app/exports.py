"""Import files: entries that are ready leave as one batch, whose size is known before the first of them is written.

Which entries a batch has is decided once, in the transaction that opens their deliveries: the file's lock keeps
everybody else's decisions out meanwhile. A batch is written whole or comes back whole.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from entries.adapters.deliveries import insert_deliveries, next_sequences
from entries.adapters.documents import fetch_documents
from entries.adapters.entries import fetch_facts
from entries.adapters.exports import (
    WantedExport,
    keep_requests,
    lock_entries,
    open_export,
    postpone_request,
    recall_overdue,
    set_under_way,
    take_request,
)
from entries.adapters.files import fetch_owners
from entries.adapters.integrations import Sheets
from entries.adapters.waking import wake_entries
from entries.app.candidates import Content, gather, read_contents
from entries.app.dispatch import publish_recalls, without_links
from entries.domain.decision import Patience
from entries.domain.exporting import is_settled, left_out
from entries.domain.facts import DocumentFacts, EntryKey
from qontable import metrics
from qontable.bus import Received
from qontable.clock import now
from qontable.database import UNREACHABLE, Connection
from qontable.entry import EntryRef
from qontable.events.delivery import Batch, EntryDispatched, KeptDocument
from qontable.events.export import ExportOpened, ExportRequested
from qontable.outbox import outgoing, write_outbox
from qontable.reference import entry_reference
from qontable.telemetry import frames
from qontable.topics import EXPORT
from qontable.unit import Unit, Units

PORTION = 200
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
        self._patience = patience
        self._within = within
        self._acknowledge_within = acknowledge_within
        self._sheets = Sheets()
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
        """One request that cannot be followed must not stand in the others' way."""
        log.error("export not opened", export=wanted.request.export_id, at=frames(error))
        metrics.LOOP_FAILURES.labels("exports").inc()
        async with self._units.unit() as unit:
            await postpone_request(unit.connection, wanted.request.export_id, moment + LOOK_AGAIN)

    async def _open(self, unit: Unit, wanted: WantedExport, moment: datetime) -> None:
        request = wanted.request
        chosen, stay = await self._choose(unit.connection, request, moment)
        await self._dispatch(unit, wanted, chosen, moment)
        deadline = moment + self._within
        await open_export(unit.connection, request.export_id, len(chosen), deadline)
        opened = ExportOpened(
            export_id=request.export_id,
            firm_id=request.firm_id,
            file_id=request.file_id,
            order=request.order,
            size=len(chosen),
            left_out=dict(sorted(stay.items())),
            requested_at=request.requested_at,
            deadline=deadline,
        )
        unit.publish(opened, traceparent=wanted.traceparent)
        unit.after_commit(self._woken)
        log.info("export opened", export=request.export_id, entries=len(chosen), left_out=sum(stay.values()))

    async def _choose(
        self, connection: Connection, request: ExportRequested, moment: datetime
    ) -> tuple[list[EntryKey], Counter[str]]:
        """The entries that go, and how many of the period stay, by reason."""
        keys = await lock_entries(connection, request)
        if request.order.again:
            return keys, Counter()
        chosen: list[EntryKey] = []
        stay: Counter[str] = Counter()
        sheets = await self._sheets.fetch(connection)
        for portion in _portions(keys):
            facts = [item for item in await fetch_facts(connection, portion) if not is_settled(item)]
            contents = await read_contents(connection, facts)
            for candidate in await gather(connection, contents, sheets):
                reason = left_out(candidate, moment, self._patience, with_documents=request.order.with_documents)
                if reason is None:
                    chosen.append(candidate.facts.key)
                else:
                    stay[reason] += 1
        return chosen, stay

    async def _dispatch(self, unit: Unit, wanted: WantedExport, chosen: Sequence[EntryKey], moment: datetime) -> None:
        """Write the orders, portion by portion: a batch may be larger than memory. Copies open no delivery."""
        if not chosen:
            return
        request, connection = wanted.request, unit.connection
        batch = Batch(export_id=request.export_id, size=len(chosen), again=request.order.again)
        number = (await next_sequences(connection, {request.file_id: len(chosen)}))[request.file_id]
        for portion in _portions(chosen):
            orders = []
            for content, documents in await _read(connection, portion, again=batch.again):
                orders.append((_order(content, documents, number, batch, moment), content.facts.traceparent))
                number += 1
            if not batch.again:
                await insert_deliveries(connection, orders, moment + self._acknowledge_within)
                ids = {(order.file_id, order.entry.entry_id): order.delivery_id for order, _ in orders}
                await set_under_way(connection, ids, moment)
            await write_outbox(connection, [outgoing(order, unit.source, trace) for order, trace in orders])

    async def _recall(self, moment: datetime) -> bool:
        async with self._units.unit() as unit:
            overdue = await recall_overdue(unit.connection, moment)
            if overdue is None:
                return False
            export_id, deliveries = overdue
            publish_recalls(unit, deliveries, moment)
            await wake_entries(unit.connection, [(item.file_id, item.entry_id) for item in deliveries], moment)
            unit.after_commit(self._woken)
        if deliveries:
            log.error("export not written in time, taken back", export=export_id, entries=len(deliveries))
        return True


def _portions(keys: Sequence[EntryKey]) -> Iterator[Sequence[EntryKey]]:
    return (keys[start : start + PORTION] for start in range(0, len(keys), PORTION))


async def _read(
    connection: Connection, keys: Sequence[EntryKey], *, again: bool
) -> list[tuple[Content, dict[str, DocumentFacts]]]:
    """The revisions that leave, with what is known of their documents: the one in the books, or the newest."""
    facts = await fetch_facts(connection, keys)
    contents = await read_contents(connection, [item.as_booked() if again else item for item in facts])
    documents = await fetch_documents(connection, keys)
    return [(content, documents.get(content.facts.key, {})) for content in contents]


def _order(
    content: Content, documents: dict[str, DocumentFacts], sequence: int, batch: Batch, moment: datetime
) -> EntryDispatched:
    facts, wire = content.facts, content.wire
    return EntryDispatched(
        delivery_id=f"dlv_{uuid.uuid4().hex}",
        connector=EXPORT,
        connection_id=EXPORT,
        firm_id=facts.firm_id,
        file_id=facts.file_id,
        software_file=facts.file_id,
        sequence=sequence,
        reference=entry_reference(EntryRef(facts.firm_id, facts.file_id, facts.entry_id)),
        ack_code=facts.ack_code,
        entry=without_links(wire),
        documents=tuple(
            KeptDocument(
                document_id=document.document_id,
                file_name=document.file_name,
                media_type=document.media_type,
                size=document.size,
                sha256=document.sha256,
                storage_key=known.storage_key,
            )
            for document in wire.documents
            if (known := documents.get(document.document_id)) and known.storage_key
        ),
        journal_code=wire.journal.code,
        dispatched_at=moment,
        validated_at=content.kept.validated_at,
        batch=batch,
    )
