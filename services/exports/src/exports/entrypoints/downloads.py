"""Import files as people fetch them: by a link that the Hub signed, whole, kept by nobody on the way (decision 17).

404 for what is no link of ours or leads to nothing of its firm, 410 for one that has ended, 503 while database or
storage do not answer.
"""

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from exports.adapters.batches import find_file
from exports.domain.batch import KeptFile
from exports.settings import ExportsSettings
from qontable.attachment import KEPT_BY_NOBODY, attachment_headers, joined
from qontable.clock import now
from qontable.database import UNREACHABLE, Database
from qontable.links import LinkEnded, LinkRefused, follow
from qontable.service import Service
from qontable.storage import DocumentMissing, Storage, open_storage

PATH = "/downloads"
CHUNK = 256 * 1024
LATER = {**KEPT_BY_NOBODY, "Retry-After": "60"}

log = structlog.get_logger()


def serve_downloads(service: Service, settings: ExportsSettings) -> None:
    """Have a process of exports answer for links to its files."""
    secret = settings.exports_secret.get_secret_value()
    service.add_app(PATH, downloads_application(service.database, open_storage(settings.storage_url), secret))


def downloads_application(database: Database, storage: Storage, secret: str) -> Starlette:
    """What answers below `PATH`."""
    return Starlette(routes=[Route("/{token}", _Desk(database, storage, secret).serve, methods=["GET"])])


class _Desk:
    def __init__(self, database: Database, storage: Storage, secret: str) -> None:
        self._database = database
        self._storage = storage
        self._secret = secret

    async def serve(self, request: Request) -> Response:
        """The file, or why not. A `HEAD` is answered like a `GET`, without the bytes."""
        try:
            link = follow(self._secret, str(request.path_params["token"]), now())
            async with self._database.pool.acquire() as connection:
                kept = await find_file(connection, link.firm_id, link.export_id, link.name)
        except LinkEnded:
            return Response(status_code=410, headers=KEPT_BY_NOBODY)
        except LinkRefused:
            return Response(status_code=404, headers=KEPT_BY_NOBODY)
        except UNREACHABLE as error:
            log.warning("a link cannot be looked up", error=type(error).__name__)
            return Response(status_code=503, headers=LATER)
        if kept is None:
            return Response(status_code=404, headers=KEPT_BY_NOBODY)
        headers = attachment_headers(kept.file.name, kept.file.media_type, kept.file.size)
        return Response(headers=headers) if request.method == "HEAD" else await self._stream(kept, headers)

    async def _stream(self, kept: KeptFile, headers: dict[str, str]) -> Response:
        """The first bytes are read before the answer begins: a file that is not there is no short file."""
        chunks = self._storage.stream(kept.storage_key, CHUNK)
        try:
            first = await anext(chunks, b"")
        except (DocumentMissing, OSError) as error:
            log.error("an import file cannot be read", error=type(error).__name__)
            return Response(status_code=503, headers=LATER)
        return StreamingResponse(joined(first, chunks), headers=headers)
