"""How a file is handed over by HTTP: whole, as an attachment, kept by nobody on the way."""

from urllib.parse import quote

KEPT_BY_NOBODY = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def attachment_headers(name: str, media_type: str, size: int) -> dict[str, str]:
    """Type and length; the name in ASCII and, for whoever reads it, as it is (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in ".-_ ") else "_" for c in name)
    return {
        **KEPT_BY_NOBODY,
        "Content-Type": media_type,
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }
