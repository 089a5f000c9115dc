"""Whole batches become import files: gathered in a folder, written, stored, and only then said to be there.

Nothing is done until the last transaction: a process that ends before it has done nothing, and another writes the same
bytes under the same names.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Flag

import orjson
import structlog

from exports.adapters import batches
from exports.adapters.batches import LeasedBatch
from exports.adapters.depot import fetch_documents, keep_files
from exports.adapters.dispatch_book import dispatch_book
from exports.app.ending import end
from exports.app.export import Done, Order, export
from exports.app.report import Report
from exports.domain.batch import Abandoned, BatchState
from exports.domain.needs import FAILED, LACKING, lacking
from exports.domain.outcome import MOST_TOLD, Came
from exports.domain.posting import Parameters
from exports.formats.registry import UnknownFormat, format_of
from qontable import metrics
from qontable.clock import PARIS, now
from qontable.database import UNREACHABLE
from qontable.events.delivery import KeptDocument, StatusFinding
from qontable.events.export import ExportOpened
from qontable.storage import Storage
from qontable.telemetry import frames
from qontable.unit import Units

RENEWALS = 3
"""How often a lease is renewed in its time."""

log = structlog.get_logger()


class Writing:
    """A turn ends what is overdue, or writes one batch."""

    def __init__(self, units: Units, storage: Storage, lease: timedelta, folder: Path | None) -> None:
        self._units = units
        self._storage = storage
        self._lease = lease
        self._folder = folder

    async def step(self) -> bool:
        """Whether there may be more. A batch over which a bug fails is stopped, and says so: it is ours to mend."""
        if await self._end_overdue():
            return True
        async with self._units.database.transaction() as connection:
            leased = await batches.lease_whole(connection, now(), self._lease)
        if leased is None:
            return False
        try:
            await self._write(leased)
        except Abandoned:
            log.warning("batch abandoned", export=leased.batch.export_id)
        except Exception as error:
            if _is_outage(error):
                raise
            log.error("batch cannot be written", export=leased.batch.export_id, at=frames(error))
            metrics.LOOP_FAILURES.labels("writing").inc()
            await self._end_stopped(leased, FAILED)
        return True

    async def _end_overdue(self) -> bool:
        async with self._units.unit() as unit:
            overdue = await batches.take_overdue(unit.connection, now())
            if overdue is not None:
                log.error("batch not whole in time", export=overdue.export_id)
                await end(unit, overdue.export_id, "recalled")
        return overdue is not None

    async def _write(self, leased: LeasedBatch) -> None:
        why = _refusal(leased.opened)
        if why is not None:
            await self._end_stopped(leased, why)
            return
        took = metrics.EXPORT_SECONDS.labels(leased.opened.order.format).time()
        with took, TemporaryDirectory(prefix="export-", dir=self._folder, ignore_cleanup_errors=True) as name:
            work = Path(name)
            async with self._holding(leased) as lost:
                await self._gather(leased, work)
                done = await asyncio.to_thread(_run, leased.opened, work, lost)
                kept = await keep_files(self._storage, leased.batch.firm_id, done.files)
            async with self._units.unit() as unit:
                if not await batches.is_held(unit.connection, leased):
                    raise Abandoned
                state: BatchState = "stopped" if done.report.stopped else "written"
                await end(unit, leased.batch.export_id, state, kept, _came(done.report), lacking=done.lacking)

    async def _end_stopped(self, leased: LeasedBatch, why: StatusFinding) -> None:
        async with self._units.unit() as unit:
            if await batches.is_held(unit.connection, leased):
                came = Came(findings=(why,), counts={why.code: 1})
                await end(unit, leased.batch.export_id, "stopped", came=came)

    @asynccontextmanager
    async def _holding(self, leased: LeasedBatch) -> AsyncIterator[Flag]:
        """Keep the lease for the block; the flag tells who still writes that it is lost or the block was left."""
        lost = Flag()
        renewing = asyncio.create_task(self._renew(leased, lost))
        try:
            yield lost
        finally:
            lost.set()
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, leased: LeasedBatch, lost: Flag) -> None:
        while not lost.is_set():
            await asyncio.sleep(self._lease.total_seconds() / RENEWALS)
            try:
                async with self._units.database.transaction() as connection:
                    if not await batches.renew_lease(connection, leased, now() + self._lease):
                        lost.set()
            except UNREACHABLE as error:
                log.warning("lease not renewed", error=type(error).__name__)

    async def _gather(self, leased: LeasedBatch, work: Path) -> None:
        """The dispatches as one file, the documents beside it."""
        documents, spool = work / "documents", work / "dispatches"
        for folder in (documents, work / "out"):
            folder.mkdir()
        spool.touch()
        async with self._units.database.pool.acquire() as connection:
            async for bodies in batches.dispatches(connection, leased.batch.export_id):
                await asyncio.to_thread(_append, spool, bodies)
                if leased.opened.order.with_documents:
                    await fetch_documents(self._storage, _documents_of(bodies), documents)


def _is_outage(error: Exception) -> bool:
    """Whether the surroundings failed, so that the same can succeed later; else it fails each time it is tried."""
    if isinstance(error, ExceptionGroup):
        return all(map(_is_outage, error.exceptions))
    return isinstance(error, UNREACHABLE)


def _append(spool: Path, bodies: list[str]) -> None:
    with spool.open("a", encoding="utf-8") as file:
        file.writelines(f"{body}\n" for body in bodies)


def _documents_of(bodies: list[str]) -> list[KeptDocument]:
    return [
        KeptDocument.model_validate(document) for body in bodies for document in orjson.loads(body).get("documents", ())
    ]


def _refusal(opened: ExportOpened) -> StatusFinding | None:
    """Why nothing can be written in this format, before anything is read."""
    try:
        missing = lacking(format_of(opened.order.format), opened.order)
    except UnknownFormat:
        return LACKING["format"]
    return LACKING[missing] if missing else None


def _run(opened: ExportOpened, work: Path, lost: Flag) -> Done:
    """Write the files, in a thread of their own; raises `Abandoned` once nobody wants them."""

    def unless_lost(_: int) -> None:
        if lost.is_set():
            raise Abandoned

    order = opened.order
    documents = work / "documents"
    book = dispatch_book(work / "dispatches", documents, order.company, order.siren or "", opened.size)
    return export(
        book,
        Order(
            description=format_of(order.format),
            parameters=Parameters(
                exported_on=opened.requested_at.astimezone(PARIS).replace(tzinfo=None),
                company=order.company,
                folder=order.folder,
                account_length=order.account_length,
                year_start=_day(order.year_start),
                year_end=_day(order.year_end),
            ),
            out=work / "out",
            journals=order.journal_map,
            documents=documents if order.with_documents else None,
            left_out=opened.left_out,
        ),
        unless_lost,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _came(report: Report) -> Came:
    totals, findings = report.totals, report.findings
    told = [
        StatusFinding(
            code=found.code,
            where=found.where,
            message={"fr": found.message("fr"), "en": found.message("en")},
            remedy={"fr": found.remedy("fr"), "en": found.remedy("en")},
        )
        for found, _ in zip(findings.told(), range(MOST_TOLD), strict=False)
    ]
    return Came(
        entries=totals.entries,
        lines=totals.lines,
        documents=totals.documents,
        debit=f"{totals.debit:.2f}",
        credit=f"{totals.credit:.2f}",
        findings=tuple(told),
        counts=dict(findings.counts),
    )
