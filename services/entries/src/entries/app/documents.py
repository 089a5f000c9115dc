"""Documents: fetched within their link's life, compared with what was announced, kept in object storage by hash.

A document is leased, fetched without a transaction, then settled; whoever settles locks the entry first and has it
looked at again. Those that are leased or settled at the same time share a transaction, and their entries a look.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from opentelemetry.trace import SpanKind

from entries.adapters.documents import (
    LeasedDocument,
    SettledDocument,
    fetch_wanting,
    lease_unanswered,
    lease_wanted,
    refuse_gone,
    renew_links,
    save_later,
    save_link_asked,
    save_settled,
)
from entries.adapters.links import FetchFailed, LinkEnded, LinkRefused, Links, TooLong
from entries.adapters.waking import wake_entries
from entries.domain.inspection import inspect
from qontable import metrics
from qontable.bus import Received
from qontable.clock import now
from qontable.entry import Finding
from qontable.events.delivery import DocumentLinkRequested
from qontable.events.platform import DocumentLinkRenewed
from qontable.gathering import Gathering
from qontable.preflight import too_large
from qontable.storage import Storage, document_key
from qontable.telemetry import sampled, span
from qontable.unit import Unit, Units

TRY_AGAIN_SECONDS = (1, 3, 10, 30, 60, 120)
RENEWED_AFTER = tuple(timedelta(seconds=seconds) for seconds in (0, 10, 60, 600, 3600))
ASKED_AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (10, 60, 240, 720, 1440))
"""How long the first, second, … request for a fresh link waits for its answer; after the last the entry is returned."""
LINKS = 100

log = structlog.get_logger()


class Documents:
    """Fetches one document a turn; handles `document.link_renewed`. `settled` wakes evaluation, `renewed` fetching."""

    def __init__(
        self,
        units: Units,
        storage: Storage,
        links: Links,
        *,
        max_bytes: int,
        lease: timedelta,
        settled: Callable[[], None],
        renewed: Callable[[], None],
    ) -> None:
        self._units = units
        self._storage = storage
        self._links = links
        self._max_bytes = max_bytes
        self._lease = lease
        self._settled = settled
        self._renewed = renewed
        self._take = Gathering[None, LeasedDocument | None](self._lease_for)
        self._settle = Gathering[SettledDocument, None](self._save, one_by_one=True)

    async def step(self) -> bool:
        """Fetch the document whose link ends first; whether there was one."""
        document = await self._take(None)
        if document is None:
            return False
        if sampled(document.traceparent):
            with span("fetch document", kind=SpanKind.CLIENT, parent=document.traceparent):
                await self._work_on(document)
        else:
            await self._work_on(document)
        return True

    async def ask_again(self) -> bool:
        """Ask once more for links that did not come in time, in vain too often: return the entry; whether any is left.

        Neither a request that was set aside at the platform nor its answer set aside here may hold an entry for ever.
        """
        async with self._units.unit() as unit:
            unanswered = await lease_unanswered(unit.connection, now(), LINKS, self._lease)
        for document in unanswered:
            if document.asks >= len(ASKED_AGAIN_AFTER):
                await self._refuse(document, Finding("document_link_missing"))
            else:
                await self._ask_for_link(document)
        return len(unanswered) == LINKS

    async def link_renewed(self, unit: Unit, received: Sequence[Received[DocumentLinkRenewed]]) -> None:
        """Fresh links are fetched; a document that is gone for good returns its entries."""
        moment = now()
        for item in received:
            event = item.event
            if event.url and event.url_expires_at and not event.gone:
                await renew_links(unit.connection, event, moment, RENEWED_AFTER)
            elif not event.gone:
                unit.set_aside(item.refused("no_link", "neither a link with its end nor word that there is none"))
            else:
                await wake_entries(unit.connection, await fetch_wanting(unit.connection, event), moment)
                await refuse_gone(unit.connection, event, Finding("document_gone"))
                unit.after_commit(self._settled)
        unit.after_commit(self._renewed)

    async def _work_on(self, document: LeasedDocument) -> None:
        if finding := self._refused_unseen(document):
            await self._refuse(document, finding)
        elif document.url_expires_at <= now():
            await self._ask_for_link(document)
        else:
            await self._fetch(document)

    def _refused_unseen(self, document: LeasedDocument) -> Finding | None:
        if document.size == 0:
            return Finding("document_empty")
        if document.size > self._max_bytes:
            return too_large("", document.size, self._max_bytes)
        return None

    async def _fetch(self, document: LeasedDocument) -> None:
        try:
            body = await self._links.fetch(document.url, document.size)
        except LinkEnded:
            await self._ask_for_link(document)
        except LinkRefused as refusal:
            await self._refuse(document, Finding(refusal.finding))
        except TooLong:
            await self._refuse(document, Finding("document_other_content"))
        except FetchFailed as failure:
            await self._try_later(document, str(failure))
        else:
            await self._keep(document, body)

    async def _keep(self, document: LeasedDocument, body: bytes) -> None:
        finding = inspect(body, sha256=document.sha256, size=document.size, media_type=document.media_type)
        if finding:
            await self._refuse(document, finding)
            return
        key = document_key(document.firm_id, document.sha256)
        await self._storage.put(key, body)
        await self._settle(SettledDocument(document, storage_key=key))

    async def _refuse(self, document: LeasedDocument, finding: Finding) -> None:
        log.info("document refused", document_id=document.document_id, file_id=document.key[0], finding=finding.code)
        await self._settle(SettledDocument(document, finding=finding))

    async def _ask_for_link(self, document: LeasedDocument) -> None:
        moment = now()
        file_id, entry_id = document.key
        asked = DocumentLinkRequested(
            firm_id=document.firm_id,
            file_id=file_id,
            entry_id=entry_id,
            revision=document.revision,
            document_id=document.document_id,
            requested_at=moment,
        )
        metrics.DOCUMENTS_FETCHED.labels("link_unanswered" if document.asks else "link_ended").inc()
        async with self._units.unit() as unit:
            again_at = moment + ASKED_AGAIN_AFTER[document.asks]
            if await save_link_asked(unit.connection, document, again_at):
                unit.publish(asked, traceparent=document.traceparent)

    async def _try_later(self, document: LeasedDocument, reason: str) -> None:
        """Try again while the link lives; past its end a fresh one is asked for."""
        pause = TRY_AGAIN_SECONDS[min(document.tries, len(TRY_AGAIN_SECONDS)) - 1]
        due_at: datetime = now() + timedelta(seconds=pause)
        log.warning("document fetch failed", document_id=document.document_id, reason=reason, retry_in=pause)
        metrics.DOCUMENTS_FETCHED.labels("failed").inc()
        async with self._units.unit() as unit:
            await save_later(unit.connection, document, due_at)

    async def _lease_for(self, askers: Sequence[None]) -> list[LeasedDocument | None]:
        """A document for each who asks, as long as there are any."""
        async with self._units.unit() as unit:
            leased = await lease_wanted(unit.connection, now(), len(askers), self._lease)
        return [*leased, *[None] * (len(askers) - len(leased))]

    async def _save(self, settled: Sequence[SettledDocument]) -> list[None]:
        """The documents' entries are locked, and looked at again once it is committed."""
        async with self._units.unit() as unit:
            await wake_entries(unit.connection, [item.document.key for item in settled], now())
            await save_settled(unit.connection, settled)
            unit.after_commit(self._settled)
        for item in settled:
            metrics.DOCUMENTS_FETCHED.labels(item.state).inc()
        return [None] * len(settled)
