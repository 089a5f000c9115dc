"""Fetches the documents that imports point to, as Loop does: by itself, later, again and again for 24 hours.

Published: the address stays valid for at least 24 hours, so that the import can try again. Assumed: the pauses between
tries, that redirections are not followed, the size taken, and that a name comes from the answer or the address.
"""

import asyncio
import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from qontable.database import Database
from sandbox.adapters.pulled_documents import DueDocument, Fetched, failed, keep, take_due
from sandbox.domain.books import NewDocument
from sandbox.software.cegid_loop import CONNECTOR

log = structlog.get_logger()

FOR_SECONDS = 24 * 3600.0
PATIENCE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 3600.0
MAX_BYTES = 50 * 1024 * 1024
AT_ONCE = 8


class _NotFetchedError(Exception):
    """A document is not there this time; the message says why and holds no part of the address."""


class Fetcher:
    """The step of a background loop: fetches the documents that are due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step(self) -> bool:
        """Fetch some documents that are due; says whether there were any."""
        async with self._database.transaction() as connection:
            due = await take_due(connection, CONNECTOR, AT_ONCE)
            if not due:
                return False
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, verify=False) as http:  # noqa: S501 - no secret leaves
                found = await asyncio.gather(*(_fetched(http, document) for document in due))
            for document, result in zip(due, found, strict=True):
                if isinstance(result, Fetched):
                    await keep(connection, document.id, result)
                else:
                    await failed(connection, document.id, result, min(2.0**document.tries, LONGEST_PAUSE_SECONDS))
                    log.info("document not fetched", document=document.id, tries=document.tries + 1, problem=result)
        return True


async def _fetched(http: httpx.AsyncClient, document: DueDocument) -> Fetched | str:
    """The document, or why it is not there."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _read(http, document.uri)
    except _NotFetchedError as error:
        return str(error)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return type(error).__name__


async def _read(http: httpx.AsyncClient, uri: str) -> Fetched:
    async with http.stream("GET", uri) as response:
        if response.status_code != httpx.codes.OK:
            raise _NotFetchedError(f"HTTP {response.status_code}")
        content = bytearray()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > MAX_BYTES:
                raise _NotFetchedError(f"more than {MAX_BYTES} bytes")
        if not content:
            raise _NotFetchedError("empty")
        media_type = response.headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
        name = _name(response.headers.get("content-disposition", ""), uri)
    held = bytes(content)
    return Fetched(NewDocument(name, media_type, len(held), hashlib.sha256(held).hexdigest()), held)


def _name(disposition: str, uri: str) -> str:
    """What the answer calls the document, or the end of its address."""
    encoded = re.search(r"filename\*=UTF-8''([^;]+)", disposition, re.IGNORECASE)
    plain = re.search(r'filename="?([^";]+)"?', disposition, re.IGNORECASE)
    path = unquote(encoded[1]) if encoded else plain[1] if plain else unquote(urlsplit(uri).path)
    return PurePosixPath(path.replace("\0", "")).name or "document"
