"""Signed links: whoever holds one gets what it names until it ends, and without the secret nobody can make one.

One service signs, another serves; they share a secret and no table. Whether what a link names is there, and whose it
is, the serving service decides.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from pydantic import ValidationError

from qontable.events.base import Id, Instant, Part, Text

DIGEST = "sha256"


class LinkRefused(ValueError):
    """No link of ours: made or changed by somebody else."""


class LinkEnded(ValueError):
    """A link of ours whose time is over."""


class Link(Part):
    """What a link leads to: one file of one batch of one firm."""

    firm_id: Id
    export_id: Id
    name: Text
    expires_at: Instant


def sign(secret: str, link: Link) -> str:
    """The token of a link. The same link always has the same token."""
    body = _encode(link.model_dump_json().encode())
    return f"{body}.{_seal(secret, body)}"


def follow(secret: str, token: str, now: datetime) -> Link:
    """What a token names. Raises `LinkRefused`, `LinkEnded`."""
    body, _, seal = token.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(secret, body).encode()):
        raise LinkRefused("not signed by us")
    try:
        link = Link.model_validate_json(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValidationError):
        raise LinkRefused("not a link") from None
    if link.expires_at <= now:
        raise LinkEnded("its time is over")
    return link


def _seal(secret: str, body: str) -> str:
    return _encode(hmac.digest(secret.encode(), f"links\x1f{body}".encode(), DIGEST))


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
