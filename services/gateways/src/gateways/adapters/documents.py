"""Kept documents as parcels carry them, and attempts' payloads, in object storage."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence

import orjson

from gateways.domain.outcome import Exchange
from gateways.domain.port import DocumentUnavailable, ParcelDocument
from qontable.events.delivery import KeptDocument
from qontable.storage import DocumentMissing, Storage, folder_of

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


async def keep_payloads(storage: Storage, firm_id: str, exchanges: Mapping[str, Exchange]) -> str | None:
    """Keep what was sent and answered, as `{delivery_id: {"sent", "answered"}}`, in one object of the firm's.

    Its key; nothing if there is nothing to keep. Raises `StorageFailed`.
    """
    kept = {
        delivery_id: {"sent": _text(exchange.sent), "answered": _text(exchange.answered)}
        for delivery_id, exchange in exchanges.items()
        if exchange.sent is not None or exchange.answered is not None
    }
    if not kept:
        return None
    content = orjson.dumps(kept)
    key = f"attempts/{folder_of(firm_id)}/{hashlib.sha256(content).hexdigest()}.json"
    await storage.put(key, content)
    return key


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")
