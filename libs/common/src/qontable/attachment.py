"""How a file is handed over by HTTP: whole, kept by nobody on the way, as an attachment unless it is safe to show."""

from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import quote

KEPT_BY_NOBODY = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def attachment_headers(
    name: str,
    media_type: str,
    size: int | None,
    disposition: Literal["attachment", "inline"] = "attachment",
) -> dict[str, str]:
    """Type, and length where it is known; the name in ASCII and, for whoever reads it, as it is (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in ".-_ ") else "_" for c in name)
    return {
        **KEPT_BY_NOBODY,
        "Content-Type": media_type,
        **({} if size is None else {"Content-Length": str(size)}),
        "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }


async def joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first bytes, read before the answer began so that what is not there is no short file, and the others."""
    yield first
    async for chunk in rest:
        yield chunk
