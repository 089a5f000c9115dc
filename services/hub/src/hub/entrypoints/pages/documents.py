"""An entry's documents as they were kept: shown where a browser shows them without running anything, else downloaded.

A document is a stranger's file. It comes with a policy that lets it run nothing, load nothing and know no session, and
under no other type than the one that its first bytes have.
"""

from typing import Annotated, TypeAlias

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from hub.adapters import contents, entry_lives
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.session import TheVisitor
from qontable.attachment import attachment_headers, joined
from qontable.database import Connection as Db
from qontable.events.base import Id
from qontable.events.platform import WireDocument
from qontable.storage import DocumentMissing, Storage, StorageFailed, document_key

router = APIRouter()
CHUNK = 256 * 1024
SHOWN: dict[str, bytes] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
"""Types that are shown, with what their bytes begin with."""
ANYTHING = "application/octet-stream"
POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = structlog.get_logger()


def the_storage(request: Request) -> Storage:
    """Where documents and payloads are kept."""
    storage: Storage = request.app.state.storage
    return storage


TheStorage: TypeAlias = Annotated[Storage, Depends(the_storage)]


@router.get("/files/{file_id}/entries/{entry_id}/documents/{document_id}")
async def show_document(
    visitor: TheVisitor, hub: TheHub, storage: TheStorage, file_id: Id, entry_id: Id, document_id: Id
) -> Response:
    """One document of the entry's revision, as its bytes."""
    firm_id = visitor.caller.firm_id
    async with hub.look(firm_id) as db:
        document = await _find(db, firm_id, file_id, entry_id, document_id)
    chunks = storage.stream(document_key(firm_id, document.sha256), CHUNK)
    try:
        first = await anext(chunks, b"")
    except DocumentMissing:
        raise Refused("document_not_kept", document_id=document_id) from None
    except StorageFailed as error:
        log.warning("a document cannot be read", document_id=document_id, error=str(error))
        raise Refused("document_unreadable", document_id=document_id) from None
    media_type = next((known for known, begins in SHOWN.items() if first.startswith(begins)), None)
    headers = attachment_headers(
        document.file_name, media_type or ANYTHING, None, "inline" if media_type else "attachment"
    )
    return StreamingResponse(joined(first, chunks), headers=headers | POLICY)


async def _find(db: Db, firm_id: str, file_id: str, entry_id: str, document_id: str) -> WireDocument:
    """The document. Raises `Refused`: entry_unknown, document_unknown."""
    entry = await entry_lives.find_entry(db, firm_id, file_id, entry_id)
    if entry is None:
        raise Refused("entry_unknown", file_id=file_id, entry_id=entry_id)
    validated = await contents.find_content(db, firm_id, file_id, entry_id, entry.revision)
    documents = validated.content.documents if validated else ()
    found = next((document for document in documents if document.document_id == document_id), None)
    if found is None:
        raise Refused("document_unknown", entry_id=entry_id, document_id=document_id)
    return found
