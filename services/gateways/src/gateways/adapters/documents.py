"""Kept documents as parcels carry them, and attempts' payloads, in object storage."""

import hashlib
from collections.abc import AsyncIterator, Sequence

import orjson

from gateways.domain.outcome import Exchange
from gateways.domain.port import DocumentUnavailable, ParcelDocument
from qontable.events.delivery import KeptDocument
from qontable.storage import DocumentMissing, Storage

CHUNK = 256 * 1024


def parcel_documents(storage: Storage, kept: Sequence[KeptDocument]) -> tuple[ParcelDocument, ...]:
    """The documents of an entry, read from storage only when the connector opens them."""
    return tuple(_document(storage, document) for document in kept)


def _document(storage: Storage, kept: KeptDocument) -> ParcelDocument:
    async def read() -> AsyncIterator[bytes]:
        left = kept.size
        try:
            async for chunk in storage.stream(kept.storage_key, CHUNK):
                left -= len(chunk)
                yield chunk
        except (DocumentMissing, OSError) as error:
            raise DocumentUnavailable(f"document {kept.document_id}: {type(error).__name__}") from None
        if left:
            raise DocumentUnavailable(f"document {kept.document_id} is not as long as it was")

    return ParcelDocument(kept, read)


async def keep_payload(storage: Storage, firm_id: str, exchange: Exchange) -> str | None:
    """Keep what was sent and answered, as `{"sent", "answered"}`; the key, or nothing if there is nothing to keep."""
    if exchange.sent is None and exchange.answered is None:
        return None
    content = orjson.dumps({"sent": _text(exchange.sent), "answered": _text(exchange.answered)})
    key = f"attempts/{firm_id}/{hashlib.sha256(content).hexdigest()}.json"
    await storage.put(key, content)
    return key


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")
