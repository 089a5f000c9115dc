"""Bearer tokens: opaque, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

Role = Literal["administrator", "collaborator"]
PREFIX = "qth_"


class IssuedToken(BaseModel):
    """A new token, the only time it is shown."""

    token: str
    token_id: str
    firm_id: str
    user_id: str
    role: Role
    expires_at: datetime


class TokenSummary(BaseModel):
    """A token as it is listed."""

    token_id: str
    user_id: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def new_token() -> str:
    """256 random bits in a form that can be pasted."""
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is kept of a token. Unsalted: 256 random bits cannot be guessed from their hash."""
    return hashlib.sha256(token.encode()).digest()
