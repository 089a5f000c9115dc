"""A batch ends once, for all its entries: its row, what is said of each of them, and what came of it, together."""

from collections.abc import Collection, Sequence

import structlog

from exports.adapters import batches
from exports.domain.batch import Batch, BatchState, KeptFile
from exports.domain.outcome import NOTHING, Came
from exports.formats.registry import descriptions
from qontable import metrics
from qontable.clock import now
from qontable.events.export import ExportCompleted
from qontable.outbox import outgoing, write_outbox
from qontable.unit import Unit

log = structlog.get_logger()


async def end(
    unit: Unit,
    export_id: str,
    state: BatchState,
    files: Sequence[KeptFile] = (),
    came: Came = NOTHING,
    *,
    lacking: Collection[str] | None = None,
) -> None:
    """End a batch whose row the transaction holds. What is said of its entries goes out page by page.

    Entries with these ACK codes lack a document beside the file; without any, no document lies there.
    """
    assert state != "gathering", "a batch ends in a state that is an end"
    moment = now()
    batch = await batches.end_batch(unit.connection, export_id, state, files, moment)
    ended = 0
    async for entries in batches.end_entries(unit.connection, export_id, state, lacking):
        ended += len(entries)
        if not batch.again:
            told = [outgoing(entry.event(batch, moment), unit.source, entry.traceparent) for entry in entries]
            await write_outbox(unit.connection, told)
    completed = ExportCompleted(
        export_id=batch.export_id,
        firm_id=batch.firm_id,
        file_id=batch.file_id,
        outcome=state,
        files=tuple(kept.file for kept in files),
        left_out=batch.opened.left_out if batch.opened else {},
        completed_at=moment,
        **came.figures(),
    )
    unit.publish(completed, traceparent=batch.traceparent)
    metrics.EXPORTS_ENDED.labels(_format_of(batch), state).inc()
    for code, times in came.counts.items():
        metrics.EXPORT_FINDINGS.labels(code).inc(times)
    log.info("batch ended", export=export_id, state=state, entries=ended)


def _format_of(batch: Batch) -> str:
    """The batch's format as a label: one of ours, whatever was asked for."""
    named = batch.opened.order.format if batch.opened else ""
    return named if named in descriptions() else "unknown"
