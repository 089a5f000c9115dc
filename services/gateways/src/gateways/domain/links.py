"""Links to documents, for a software that fetches them by itself (decision 16).

A token is made of our secret, the attempt and the document: the same attempt always gives the same link, and nobody
without the secret can make or guess one. It belongs in the software's request and nowhere else.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from qontable.events.delivery import KeptDocument

PATH = "/documents"
PURPOSE = "document links"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as it is given to the software, and what it leads to."""

    delivery_id: str
    attempt: int
    firm_id: str
    connection_id: str
    document: KeptDocument
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Linked:
    """What a token leads to; `ended` when it does not any more."""

    document: KeptDocument
    ended: bool


def token_for(secret: bytes, delivery_id: str, attempt: int, document_id: str) -> str:
    """The token of one document of one attempt: 256 bits that only `secret` can make."""
    named = "\x1f".join((delivery_id, str(attempt), document_id)).encode()
    return urlsafe_b64encode(hmac.digest(secret, named, "sha256")).rstrip(b"=").decode()


def looks_like_a_token(text: str) -> bool:
    """Whether a path can have been a token at all."""
    return _TOKEN.fullmatch(text) is not None


def token_hash(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode()).digest()
