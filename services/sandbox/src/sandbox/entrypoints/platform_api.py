"""The stand-in platform over HTTP: documents under links that end, and the control API of tests and commands.

Documents ask for nothing but their link. The control API asks for no credentials either: the sandbox is in no
production image.
"""

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, HTTPException, Query, Response
from pydantic import BaseModel, Field

from qontable.clock import now
from qontable.events.base import Id
from qontable.events.platform import EntryContent, EntryReviewUndone, FileCreated, FirmCreated
from sandbox.adapters.platform import UnknownFile, list_entries, newest_revisions, progress, put_file, put_firm
from sandbox.adapters.platform_documents import find_documents, forget_document
from sandbox.app.platform import PlatformParts
from sandbox.app.publishing import ClientFile
from sandbox.domain.drafts import Draft
from sandbox.domain.naming import in_words_of
from sandbox.domain.platform import Target
from sandbox.domain.untraced import UNTRACED
from sandbox.software.registry import softwares

MOST_DRAFTS = 500


class PublishOrder(BaseModel):
    """Entries to be published in this order, at most 500 a call, none twice."""

    firm_id: Id
    connector: Id
    software_file_id: Id
    validated_by: Id = "usr_accountant"
    entries: list[Draft] = Field(max_length=MOST_DRAFTS)


class UndoOrder(BaseModel):
    """Entries whose review is undone: each in its newest revision and all before it."""

    entry_ids: list[Id] = Field(min_length=1, max_length=MOST_DRAFTS)
    undone_by: Id = "usr_accountant"


def platform_application(parts: PlatformParts) -> FastAPI:
    """The API, to be served below `/platform`."""
    app = FastAPI(title="Sandbox platform", telemetry=UNTRACED)
    app.include_router(_Platform(parts).router())
    return app


class _Platform:
    def __init__(self, parts: PlatformParts) -> None:
        self._units = parts.units
        self._storage = parts.storage
        self._links = parts.links
        self._publisher = parts.publisher

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/firms", self.create_firm, methods=["POST"], status_code=201)
        router.add_api_route("/files", self.create_file, methods=["POST"], status_code=201)
        router.add_api_route("/files/{file_id}/entries", self.publish, methods=["POST"])
        router.add_api_route("/files/{file_id}/undone-reviews", self.undo, methods=["POST"])
        router.add_api_route("/files/{file_id}/entries", self.entries, methods=["GET"])
        router.add_api_route("/files/{file_id}/entries/{entry_id}", self.entry, methods=["GET"])
        router.add_api_route("/files/{file_id}/progress", self.progress, methods=["GET"])
        router.add_api_route("/documents/{document_id}", self.document, methods=["GET"])
        router.add_api_route("/documents/{document_id}", self.forget, methods=["DELETE"], status_code=204)
        return router

    async def create_firm(self, firm: FirmCreated) -> dict[str, Any]:
        """A firm with its first administrator exists, or has changed."""
        async with self._units.unit() as unit:
            version = await put_firm(unit.connection, firm)
            unit.publish(firm.model_copy(update={"version": version}))
        return {"firm_id": firm.firm_id, "version": version}

    async def create_file(self, file: FileCreated) -> dict[str, Any]:
        """A client file of a firm exists, or has changed."""
        async with self._units.unit() as unit:
            try:
                version = await put_file(unit.connection, file)
            except UnknownFile as error:
                raise HTTPException(404, str(error)) from None
            unit.publish(file.model_copy(update={"version": version}))
        return {"file_id": file.file_id, "version": version}

    async def publish(self, file_id: str, order: PublishOrder) -> dict[str, Any]:
        """Publish entries of a client file, each with its document; what was published before says nothing again."""
        ids = [draft.identity(file_id) for draft in order.entries]
        if len(set(ids)) < len(ids):
            raise HTTPException(422, "an entry stands in the order twice")
        file = ClientFile(order.firm_id, file_id, Target(order.connector, order.software_file_id))
        try:
            done = await self._publisher.publish(file, order.entries, order.validated_by)
        except UnknownFile as error:
            raise HTTPException(404, str(error)) from None
        return asdict(done)

    async def undo(self, file_id: str, order: UndoOrder) -> dict[str, int]:
        """Say that the reviews of these entries were undone; the newest revision of each by entry."""
        async with self._units.unit() as unit:
            ids = sorted(set(order.entry_ids))
            newest = await newest_revisions(unit.connection, [file_id] * len(ids), ids)
            if missing := set(ids) - {entry.entry_id for entry in newest}:
                raise HTTPException(404, f"no such entry: {', '.join(sorted(missing))}")
            for entry in newest:
                undone = EntryReviewUndone(
                    firm_id=entry.firm_id,
                    file_id=entry.file_id,
                    entry_id=entry.entry_id,
                    revision=entry.revision,
                    undone_by=order.undone_by,
                    undone_at=now(),
                )
                unit.publish(undone)
        return {entry.entry_id: entry.revision for entry in newest}

    async def entries(
        self, file_id: str, state: str | None = None, limit: Annotated[int, Query(gt=0, le=10_000)] = 1_000
    ) -> dict[str, Any]:
        """Entries and the last that was heard of them; states are those of the progress."""
        async with self._units.database.transaction() as connection:
            return {"entries": await list_entries(connection, file_id, state, limit)}

    async def entry(self, file_id: str, entry_id: str) -> EntryContent:
        """The newest revision of an entry, as it was said on the topic: what a correction begins with."""
        async with self._units.database.transaction() as connection:
            found = await newest_revisions(connection, [file_id], [entry_id])
        if not found:
            raise HTTPException(404, "no such entry")
        software = softwares().get(found[0].target.connector)
        return in_words_of(software, EntryContent.model_validate(found[0].content))

    async def progress(self, file_id: str) -> dict[str, Any]:
        """How many entries are where, and whether all is quiet."""
        async with self._units.database.transaction() as connection:
            return (await progress(connection, file_id)).as_json()

    async def document(self, document_id: str, expires: int, signature: str) -> Response:
        """A document's bytes: 403 when the link has ended or is not ours, 404 when the document is gone."""
        if not self._links.opens(document_id, expires, signature, now()):
            raise HTTPException(403, "this link has ended")
        async with self._units.database.transaction() as connection:
            found = (await find_documents(connection, [document_id])).get(document_id)
        if found is None or found.gone:
            raise HTTPException(404, "this document is gone")
        content = await self._storage.get(found.storage_key)
        disposition = f"inline; filename*=UTF-8''{quote(found.file_name)}"
        return Response(content, media_type=found.media_type, headers={"Content-Disposition": disposition})

    async def forget(self, document_id: str) -> None:
        """Let a document be gone, as when its owner deletes it."""
        async with self._units.database.transaction() as connection:
            if not await forget_document(connection, document_id):
                raise HTTPException(404, "no such document")
