"""Links to documents that end: whoever has one may read the document until then, without any other proof."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Link:
    """An address and the instant at which it ends."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Makes links below `base_url` that live for `lifetime`, and knows its own again."""

    key: bytes
    base_url: str
    lifetime: timedelta

    def link(self, document_id: str, at: datetime) -> Link:
        """A link made at `at`; it ends at a whole second."""
        expires = int((at + self.lifetime).timestamp())
        query = urlencode({"expires": expires, "signature": self._signature(document_id, expires)})
        return Link(f"{self.base_url}/documents/{document_id}?{query}", datetime.fromtimestamp(expires, UTC))

    def opens(self, document_id: str, expires: int, signature: str, at: datetime) -> bool:
        """Whether a link with this end and signature still opens this document."""
        genuine = hmac.compare_digest(self._signature(document_id, expires).encode(), signature.encode())
        return genuine and at.timestamp() < expires

    def _signature(self, document_id: str, expires: int) -> str:
        return hmac.new(self.key, f"{document_id}\x1f{expires}".encode(), hashlib.sha256).hexdigest()
