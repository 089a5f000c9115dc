"""Whether the bytes that were fetched are the document that was announced."""

import hashlib
from collections.abc import Callable

import puremagic

from qontable.entry import Finding

ALIASES = {
    "application/x-pdf": "application/pdf",
    "image/bmp": "image/x-ms-bmp",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/tif": "image/tiff",
}
"""Other names by which senders announce the same type."""


def inspect(body: bytes, *, sha256: str, size: int, media_type: str) -> Finding | None:
    """What is wrong with a document; nothing when content, size and type are as announced."""
    if not body:
        return Finding("document_empty")
    if len(body) != size or hashlib.sha256(body).hexdigest() != sha256:
        return Finding("document_other_content")
    if not _is_of_type(body, media_type):
        return Finding("document_other_type", "", {"media_type": media_type})
    return None


def _is_of_type(body: bytes, media_type: str) -> bool:
    announced = ALIASES.get(media_type.lower(), media_type.lower())
    for prefix, recognises in BY_READING:
        if announced.startswith(prefix):
            return recognises(body)
    try:
        found = {match.mime_type for match in puremagic.magic_string(body)}
    except (puremagic.PureError, ValueError):
        return False
    return announced in found


def _is_text(body: bytes) -> bool:
    """Text has no signature: it is what reads as text, and is no known binary."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return b"\x00" not in body
    return b"\x00" not in body


BY_READING: tuple[tuple[str, Callable[[bytes], bool]], ...] = (("text/", _is_text), ("application/json", _is_text))
"""Types that no signature tells, with how they are told instead."""
