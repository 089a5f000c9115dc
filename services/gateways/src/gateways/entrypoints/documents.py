"""Documents as software fetches them: by a link that we gave, whole, and kept by nobody on the way (decision 16).

404 for a link that was never given, 410 for one that has ended, 503 while database or storage do not answer: a software
that tries again then gets it. Nothing here lists anything, and no token is ever logged.
"""

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateways.adapters.documents import parcel_documents
from gateways.adapters.links import follow
from gateways.domain.links import PATH, Linked, looks_like_a_token
from gateways.domain.port import DocumentUnavailable
from gateways.settings import GatewaySettings
from qontable.attachment import KEPT_BY_NOBODY, attachment_headers, joined
from qontable.database import UNREACHABLE, Database
from qontable.events.delivery import KeptDocument
from qontable.service import Service
from qontable.storage import Storage, open_storage

log = structlog.get_logger()

LATER = {**KEPT_BY_NOBODY, "Retry-After": "60"}


def serve_documents(service: Service, settings: GatewaySettings) -> None:
    """Have a gateway answer for the links that it gives."""
    service.add_app(PATH, documents_application(service.database, open_storage(settings.storage_url)))


def documents_application(database: Database, storage: Storage) -> Starlette:
    """What answers below `gateways.domain.links.PATH`."""
    return Starlette(routes=[Route("/{token}", _Desk(database, storage).serve, methods=["GET"])])


class _Desk:
    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def serve(self, request: Request) -> Response:
        """The document, or why not. A `HEAD` is answered like a `GET`, without the bytes."""
        token = str(request.path_params["token"])
        try:
            linked = await self._follow(token) if looks_like_a_token(token) else None
        except UNREACHABLE as error:
            log.warning("a document's link cannot be looked up", error=type(error).__name__)
            return Response(status_code=503, headers=LATER)
        if linked is None or linked.ended:
            return Response(status_code=410 if linked else 404, headers=KEPT_BY_NOBODY)
        if request.method == "HEAD":
            return Response(headers=_headers(linked.document))
        return await self._stream(linked.document)

    async def _follow(self, token: str) -> Linked | None:
        async with self._database.pool.acquire() as connection:
            return await follow(connection, token)

    async def _stream(self, document: KeptDocument) -> Response:
        """The first bytes are read before the answer begins: a document that is not there is no short document."""
        (opened,) = parcel_documents(self._storage, (document,))
        chunks = opened.open()
        try:
            first = await anext(chunks, b"")
        except DocumentUnavailable as error:
            log.error("a linked document cannot be read", document_id=document.document_id, error=str(error))
            return Response(status_code=503, headers=LATER)
        return StreamingResponse(joined(first, chunks), headers=_headers(document))


def _headers(document: KeptDocument) -> dict[str, str]:
    """Type, length and name as they were kept."""
    return attachment_headers(document.file_name, document.media_type, document.size)
