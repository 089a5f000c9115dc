"""Pennylane's token endpoint as far as the facts say it, in the three ways that they leave open."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import parse_qs

Manner = Literal["strict", "lenient", "harsh"]
"""What becomes of a renewal's predecessors. Strict: the refresh token ends at once, the access token lives on. Lenient:
the refresh token ends with the first use of the new access token. Harsh: both end at once."""
LIFE = timedelta(hours=24)


class Clock:
    """The hour of a test."""

    def __init__(self) -> None:
        self.present = datetime(2026, 3, 12, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.present

    def pass_hours(self, hours: float) -> None:
        self.present += timedelta(hours=hours)


@dataclass
class Authority:
    """Gives access tokens of 24 hours, each with a refresh token that works once."""

    clock: Clock
    manner: Manner = "strict"
    usable: set[str] = field(default_factory=set)
    waiting: dict[str, str] = field(default_factory=dict)  # lenient: new access token → refresh token that ends with it
    access: dict[str, datetime] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    given: int = 0

    def form(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and content of the answer to a request for tokens."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.forms.append(form)
        if (form.get("client_id"), form.get("client_secret")) != ("client", "client-secret"):
            return 401, {"error": "invalid_client", "error_description": "Client authentication failed"}
        used = form["refresh_token" if form["grant_type"] == "refresh_token" else "code"]
        if used not in self.usable:
            return 400, {"error": "invalid_grant", "error_description": f"The grant {used} is invalid or was used"}
        return 200, self._give(used)

    def accepts(self, token: str) -> bool:
        """Whether the API takes this access token now."""
        self.usable.discard(self.waiting.pop(token, ""))
        return self.access.get(token, self.clock()) > self.clock()

    def _give(self, used: str) -> dict[str, Any]:
        self.given += 1
        name = f"{self.given}-{sha256(used.encode()).hexdigest()[:12]}"
        access, refresh = f"access-token-{name}", f"refresh-token-{name}"
        if self.manner == "harsh":
            self.access.clear()
        if self.manner == "lenient":
            self.waiting[access] = used
        else:
            self.usable.discard(used)
        self.usable.add(refresh)
        self.access[access] = self.clock() + LIFE
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(LIFE.total_seconds()),
            "refresh_token": refresh,
            "scope": "companies:readonly",
        }
