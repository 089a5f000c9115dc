"""The platform answers: wanted files, corrections with the next revision, lost links with fresh ones; it hears."""

from collections.abc import Iterable, Sequence
from typing import Any

from qontable.bus import Received, Subscription
from qontable.events.delivery import DocumentLinkRequested, EntryStatusChanged
from qontable.events.hub import EntryCorrectionRequested, FileCreationRequested
from qontable.events.platform import DocumentLinkRenewed, EntryContent, FileCreated, WireDocument
from qontable.unit import Unit
from sandbox.adapters.platform import UnknownFile, hear, newest_revisions, put_file
from sandbox.adapters.platform_documents import find_documents
from sandbox.adapters.published import mark
from sandbox.app.announcing import Announcement, announce
from sandbox.app.publishing import wire_document
from sandbox.domain.drafts import file_identity
from sandbox.domain.links import LinkSigner
from sandbox.domain.platform import KeptDocument, Newest, newest_statuses

Correction = Received[EntryCorrectionRequested]


class Answers:
    """What the platform does about what it is asked and told."""

    def __init__(self, links: LinkSigner) -> None:
        self._links = links

    def subscriptions(
        self,
    ) -> Iterable[Subscription[Any]]:
        """What the platform listens to."""
        yield Subscription(FileCreationRequested, self.create)
        yield Subscription(EntryCorrectionRequested, self.correct)
        yield Subscription(DocumentLinkRequested, self.renew_links)
        yield Subscription(EntryStatusChanged, self.hear)

    async def create(self, unit: Unit, received: Sequence[Received[FileCreationRequested]]) -> None:
        """Create client files that firms want: one for each creation, however often it is asked for."""
        for item in received:
            wanted = item.event
            file = FileCreated(
                firm_id=wanted.firm_id,
                file_id=file_identity(wanted.creation_id),
                name=wanted.software_file.name,
                siren=wanted.software_file.siren,
                code=wanted.software_file.code,
                creation_id=wanted.creation_id,
            )
            try:
                version = await put_file(unit.connection, file)
            except UnknownFile as error:
                unit.set_aside(item.refused("unknown_firm", str(error)))
            else:
                unit.publish(file.model_copy(update={"version": version}), traceparent=item.traceparent)

    async def correct(self, unit: Unit, received: Sequence[Correction]) -> None:
        """Answer corrections of newest revisions with the next one; others are set aside, as somebody was faster."""
        events = [item.event for item in received]
        known = await newest_revisions(
            unit.connection, [event.file_id for event in events], [event.entry_id for event in events]
        )
        newest = {(entry.firm_id, entry.file_id, entry.entry_id): entry for entry in known}
        announcements: list[Announcement] = []
        for item in received:
            place = (item.event.firm_id, item.event.file_id, item.event.entry_id)
            refusal = _refusal(item.event, newest.get(place))
            if refusal:
                unit.set_aside(item.refused(*refusal))
                continue
            announcements.append(_answer(item, newest.pop(place)))
        kept = await find_documents(unit.connection, _document_ids(item.content for item in announcements))
        await announce(unit, [self._relinked(item, kept) for item in announcements])

    async def renew_links(self, unit: Unit, received: Sequence[Received[DocumentLinkRequested]]) -> None:
        """Answer with a fresh link, or that the document is gone."""
        kept = await find_documents(unit.connection, [item.event.document_id for item in received])
        for item in received:
            event = item.event
            document = kept.get(event.document_id)
            renewed = DocumentLinkRenewed(
                firm_id=event.firm_id, file_id=event.file_id, document_id=event.document_id, gone=True
            )
            if document and not document.gone and document.firm_id == event.firm_id:
                wire = wire_document(document, self._links)
                link = {"gone": False, "url": wire.url, "url_expires_at": wire.url_expires_at}
                renewed = renewed.model_copy(update=link)
            unit.publish(renewed, traceparent=item.traceparent)

    async def hear(self, unit: Unit, received: Sequence[Received[EntryStatusChanged]]) -> None:
        """Keep what is said of the platform's entries, and the mark by which each is known again."""
        statuses = newest_statuses(item.event for item in received)
        await hear(unit.connection, statuses)
        marks = {(said.file_id, said.entry_id): said.summary.get("ack_code") for said in statuses}
        await mark(unit.connection, {place: code for place, code in marks.items() if code})

    def _relinked(self, item: Announcement, kept: dict[str, KeptDocument]) -> Announcement:
        """With links that work again: those of an old revision may have ended."""
        documents = tuple(self._fresh(document, kept) for document in item.content.documents)
        content = item.content.model_copy(update={"documents": documents})
        return Announcement(item.key, item.target, content, item.validated_by, item.traceparent)

    def _fresh(self, document: WireDocument, kept: dict[str, KeptDocument]) -> WireDocument:
        known = kept.get(document.document_id)
        return wire_document(known, self._links) if known else document


def _refusal(event: EntryCorrectionRequested, newest: Newest | None) -> tuple[str, str] | None:
    """Why a correction is not answered: reason and detail."""
    if newest is None:
        return "unknown_entry", "the platform never published this entry, or corrects it in this batch already"
    if event.revision != newest.revision:
        return "stale_correction", f"revision {event.revision} is corrected, {newest.revision} is the newest"
    content = event.content
    if content and (content.firm_id, content.file_id, content.entry_id) != (
        event.firm_id,
        event.file_id,
        event.entry_id,
    ):
        return "other_entry", "the corrected content names another entry"
    return None


def _answer(item: Correction, newest: Newest) -> Announcement:
    event = item.event
    content = event.content or EntryContent.model_validate(newest.content)
    revised = content.model_copy(update={"revision": newest.revision + 1})
    return Announcement(newest.key, newest.target, revised, event.requested_by, item.traceparent)


def _document_ids(contents: Iterable[EntryContent]) -> list[str]:
    return [document.document_id for content in contents for document in content.documents]
