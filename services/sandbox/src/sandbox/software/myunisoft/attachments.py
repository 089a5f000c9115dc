"""Documents as they arrive: base64 inside an entry, or raw bytes for one that is there."""

import hashlib
from collections.abc import Iterable

from sandbox.domain.books import NewDocument
from sandbox.software.myunisoft.entry_body import EntryBody
from sandbox.software.myunisoft.errors import VendorError

MAX_BYTES = 50 * 1024 * 1024


def attached(body: EntryBody) -> Iterable[NewDocument]:
    """Every document of an entry and of its lines. Raises the vendor's refusals of documents."""
    for found in body.pj_list:
        yield document(found.name, found.type, found.content)
    for index, line in enumerate(body.entry_list):
        for found in line.pj_list:
            yield document(found.name, found.type, found.content, index)


def document(name: str, media_type: str, content: bytes, line: int | None = None) -> NewDocument:
    """A document of these bytes. Raises the vendor's refusals of documents."""
    if not name.strip():
        raise VendorError("DOCUMENT4")
    if not content:
        raise VendorError("DOCUMENT6")
    if len(content) > MAX_BYTES:
        raise VendorError("DOCUMENT12")
    return NewDocument(name, media_type, len(content), hashlib.sha256(content).hexdigest(), line)
