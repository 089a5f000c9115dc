"""The documents of an entry inside its body: `pj_list`, base64, as the last field of the JSON object.

They are encoded while the body is sent, so that a large one is never whole in memory twice; and because they come last,
a body that breaks off is no JSON and books nothing.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Sequence

import orjson

from gateways.adapters.http import Body
from gateways.domain.port import DocumentUnavailable, ParcelDocument

PIECE_BYTES = 3 * 65_536


def shown_documents(documents: tuple[ParcelDocument, ...], names: Sequence[str]) -> list[dict[str, str]]:
    """What an attempt's row says of the documents: hash and size in place of their content."""
    return [
        {
            "name": name,
            "type": document.kept.media_type,
            "content": f"sha256 {document.kept.sha256}, {document.kept.size} bytes",
        }
        for document, name in zip(documents, names, strict=True)
    ]


def body_with(fields: bytes, documents: tuple[ParcelDocument, ...], names: Sequence[str]) -> Body:
    """The fields, then the documents as `pj_list`, of a length that is known before the first byte leaves."""
    if not documents:
        return Body.of(fields)
    heads = [_document_head(document, name) for document, name in zip(documents, names, strict=True)]
    opening, between, closing = fields[:-1] + b',"pj_list":[', b'"},', b'"}]}'
    length = len(opening) + len(closing) + (len(documents) - 1) * len(between)
    length += sum(len(head) + 4 * -(-document.kept.size // 3) for head, document in zip(heads, documents, strict=True))

    async def chunks() -> AsyncIterator[bytes]:
        yield opening
        for index, (head, document) in enumerate(zip(heads, documents, strict=True)):
            yield (between if index else b"") + head
            async for piece in _encoded(document):
                yield piece
        yield closing

    return Body(length, chunks)


def _document_head(document: ParcelDocument, name: str) -> bytes:
    """Everything of a document up to its content: the object without its last brace, and an open string."""
    described = orjson.dumps({"name": name, "type": document.kept.media_type})
    return described[:-1] + b',"content":"'


async def _encoded(document: ParcelDocument) -> AsyncIterator[bytes]:
    """The document in base64. Raises `DocumentUnavailable` when its bytes are not the ones that were kept."""
    digest = hashlib.sha256()
    rest = b""
    async for chunk in document.open():
        joined = memoryview(rest + chunk)
        whole = len(joined) - len(joined) % 3
        for start in range(0, whole, PIECE_BYTES):
            piece = joined[start : min(start + PIECE_BYTES, whole)]
            digest.update(piece)
            yield base64.b64encode(piece)
        rest = bytes(joined[whole:])
    digest.update(rest)
    if digest.hexdigest() != document.kept.sha256:
        raise DocumentUnavailable("a document is not the one that was kept")
    yield base64.b64encode(rest)
