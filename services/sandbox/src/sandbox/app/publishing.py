"""The platform turns drafts into entries: identities, revisions, and a document each, whose link will end."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qontable.clock import now
from qontable.events.platform import WireDocument
from qontable.storage import Storage
from qontable.unit import Units
from sandbox.adapters.platform import company_name, newest_revisions
from sandbox.adapters.platform_documents import put_documents
from sandbox.app.announcing import Announcement, announce
from sandbox.domain.drafts import Draft, document_identity
from sandbox.domain.links import LinkSigner
from sandbox.domain.pdf import render_pdf
from sandbox.domain.platform import KeptDocument, Newest, Target

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class ClientFile:
    """Whose entries are published, and where they go."""

    firm_id: str
    file_id: str
    target: Target


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of drafts: said now, or not said again as nothing changed; `too_large` ones no event can carry."""

    published: int
    unchanged: int
    too_large: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Revision:
    draft: Draft
    number: int
    document: KeptDocument | None = None
    bytes: bytes = b""


class Publisher:
    """Publishes drafts of one client file at a time."""

    def __init__(self, units: Units, storage: Storage, links: LinkSigner) -> None:
        self._units = units
        self._storage = storage
        self._links = links

    async def publish(self, file: ClientFile, drafts: Sequence[Draft], validated_by: str) -> Publication:
        """Say what is new or has changed, in the order given; documents are in storage before anything is said.

        The same drafts again say nothing again. No entry may stand in `drafts` twice. Raises `UnknownFile`.
        """
        async with self._units.unit() as unit:
            company = await company_name(unit.connection, file.firm_id, file.file_id)
            ids = [draft.identity(file.file_id) for draft in drafts]
            known = await newest_revisions(unit.connection, [file.file_id] * len(ids), ids)
            revisions = list(_changed(file, drafts, {entry.entry_id: entry for entry in known}))
            documented = await asyncio.to_thread(_documented, file, company, revisions)
            for revision in documented:
                if revision.document:
                    await self._storage.put(revision.document.storage_key, revision.bytes)
            await put_documents(unit.connection, [item.document for item in documented if item.document])
            too_large = await announce(unit, [self._announcement(file, item, validated_by) for item in documented])
        return Publication(len(documented) - len(too_large), len(drafts) - len(documented), tuple(too_large))

    def _announcement(self, file: ClientFile, revision: _Revision, validated_by: str) -> Announcement:
        documents = [wire_document(revision.document, self._links)] if revision.document else []
        content = revision.draft.content(file.firm_id, file.file_id, revision.number, documents)
        return Announcement(revision.draft.key, file.target, content, validated_by)


def wire_document(document: KeptDocument, links: LinkSigner) -> WireDocument:
    """The document as events name it, with a link that begins to end now."""
    link = links.link(document.document_id, now())
    return WireDocument.model_validate(
        {
            "document_id": document.document_id,
            "file_name": document.file_name,
            "media_type": document.media_type,
            "bytes": document.size,
            "sha256": document.sha256,
            "url": link.url,
            "url_expires_at": link.expires_at,
        }
    )


def _changed(file: ClientFile, drafts: Iterable[Draft], known: dict[str, Newest]) -> Iterable[_Revision]:
    """The revisions to publish: the first of a new entry, the next of one that has changed or goes elsewhere."""
    for draft in drafts:
        newest = known.get(draft.identity(file.file_id))
        if newest is None:
            yield _Revision(draft, 1)
            continue
        said = draft.content(file.firm_id, file.file_id, newest.revision, ()).model_dump(mode="json", by_alias=True)
        if said | {"documents": []} != newest.content | {"documents": []} or newest.target != file.target:
            yield _Revision(draft, newest.revision + 1)


def _documented(file: ClientFile, company: str, revisions: Iterable[_Revision]) -> list[_Revision]:
    """The same revisions with their documents rendered: work for a thread."""
    return [_with_document(file, company, item) if item.draft.document_name else item for item in revisions]


def _with_document(file: ClientFile, company: str, revision: _Revision) -> _Revision:
    draft = revision.draft
    entry_id = draft.identity(file.file_id)
    document_id = document_identity(file.file_id, entry_id, revision.number)
    content = render_pdf(draft, company, document_id)
    document = KeptDocument(
        document_id=document_id,
        firm_id=file.firm_id,
        file_id=file.file_id,
        entry_id=entry_id,
        file_name=draft.document_name or "",
        media_type=PDF,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return _Revision(draft, revision.number, document, content)
