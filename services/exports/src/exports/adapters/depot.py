"""Documents of a batch out of object storage, and its finished files into it."""

import asyncio
import hashlib
import mimetypes
from collections.abc import Collection
from pathlib import Path

import structlog

from exports.domain.batch import KeptFile
from qontable.events.delivery import KeptDocument
from qontable.events.export import ExportedFile
from qontable.storage import DocumentMissing, Storage, folder_of

CHUNK = 256 * 1024
AT_A_TIME = 8
TYPES = {".zip": "application/zip", ".csv": "text/csv", ".txt": "text/plain", ".html": "text/html"}
"""What the system's own table may not know, or know otherwise."""

log = structlog.get_logger()


async def fetch_documents(storage: Storage, documents: Collection[KeptDocument], folder: Path) -> None:
    """Put these documents into a folder, each under its hash. One that is not what it was is left out, which the report
    tells. Raises a group of `StorageFailed`."""
    turns = asyncio.Semaphore(AT_A_TIME)

    async def fetch(document: KeptDocument) -> None:
        async with turns:
            await _fetch(storage, document, folder / document.sha256)

    async with asyncio.TaskGroup() as group:
        for document in {document.sha256: document for document in documents}.values():
            group.create_task(fetch(document))


async def _fetch(storage: Storage, document: KeptDocument, path: Path) -> None:
    digest = hashlib.sha256()
    file = await asyncio.to_thread(path.open, "wb")
    try:
        async for chunk in storage.stream(document.storage_key, CHUNK):
            digest.update(chunk)
            file.write(chunk)
    except DocumentMissing:
        digest = hashlib.sha256(b"missing")
    finally:
        file.close()
    if digest.hexdigest() != document.sha256:
        await asyncio.to_thread(path.unlink)
        log.error("a document of an export is missing or altered", document_id=document.document_id)


async def keep_files(storage: Storage, firm_id: str, paths: Collection[Path]) -> list[KeptFile]:
    """Store finished files, by their hash: storing them again is storing them. Raises `StorageFailed`."""
    kept = []
    for path in paths:
        sha256 = await asyncio.to_thread(_hash_of, path)
        key = key_of(firm_id, sha256)
        await storage.put_file(key, path)
        kept.append(KeptFile(_described(path, sha256), key))
    return kept


def key_of(firm_id: str, sha256: str) -> str:
    """Where a firm's file of these bytes lies."""
    return f"exports/{folder_of(firm_id)}/{sha256}"


def _described(path: Path, sha256: str) -> ExportedFile:
    media_type = TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return ExportedFile(name=path.name, media_type=media_type, size=path.stat().st_size, sha256=sha256)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
