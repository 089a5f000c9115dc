"""`POST /oauth/token` and `POST /oauth/revoke`: an access for 24 hours, a renewal for 90 days that is good for one use.

Published: the parameters, the lifetimes, and that a renewal ends itself and the access before it. Assumed: the bodies
of refusals are those of RFC 6749, 5.2; a renewal that is used again does not end the ones that came after it.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from qontable.database import Connection
from sandbox.adapters.grants import Grant, Issued, client_secret, issue, revoke, use_grant
from sandbox.adapters.tokens import secret_hash
from sandbox.domain.faults import Refused
from sandbox.software.pennylane import CONNECTOR

ACCESS_SECONDS = 24 * 3600
REFRESH_SECONDS = 90 * 24 * 3600
FORM = "application/x-www-form-urlencoded"

KINDS = {"authorization_code": ("code", "code"), "refresh_token": ("refresh", "refresh_token")}
"""By `grant_type`: the kind of grant, and the parameter that holds it."""

REFUSALS = {
    "invalid_request": (400, "The request is missing a required parameter or is otherwise malformed."),
    "invalid_client": (401, "Client authentication failed."),
    "invalid_grant": (400, "The provided authorization grant is invalid, expired or revoked."),
    "unsupported_grant_type": (400, "The authorization grant type is not supported."),
    "server_error": (500, "The authorization server met an unexpected condition."),
    "temporarily_unavailable": (503, "The authorization server is unavailable at the moment."),
}


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request, by name."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, content_type: str, body: bytes) -> "Form":
        """The form that a body holds. Raises `invalid_request`."""
        if content_type.partition(";")[0].strip().lower() != FORM:
            raise GrantError("invalid_request")
        try:
            return cls(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        except UnicodeDecodeError:
            raise GrantError("invalid_request") from None

    def required(self, name: str) -> str:
        """A parameter. Raises `invalid_request` without it."""
        if not self.values.get(name):
            raise GrantError("invalid_request")
        return self.values[name]


class GrantError(Refused):
    """OAuth's own refusal."""

    def __init__(self, error: str) -> None:
        self.status, words = REFUSALS[error]
        self.body = {"error": error, "error_description": words}
        super().__init__(error)


async def exchange(connection: Connection, form: Form) -> dict[str, Any]:
    """Exchange a code or a renewal for an access and a new renewal. Raises `GrantError`."""
    client_id = await _client(connection, form)
    kind, parameter = KINDS.get(form.required("grant_type"), (None, ""))
    if kind is None:
        raise GrantError("unsupported_grant_type")
    grant = await use_grant(connection, CONNECTOR, client_id, kind, form.required(parameter))
    if grant is None or not _same_address(grant, kind, form):
        raise GrantError("invalid_grant")
    issued = Issued(secrets.token_urlsafe(32), secrets.token_urlsafe(32), ACCESS_SECONDS, REFRESH_SECONDS)
    await issue(connection, CONNECTOR, client_id, grant, issued)
    return {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": issued.refresh_token,
    }


async def end(connection: Connection, form: Form) -> None:
    """Revoke an access or a renewal, and what came with it (assumed). Raises `GrantError`."""
    client_id = await _client(connection, form)
    await revoke(connection, CONNECTOR, client_id, form.required("token"))


async def _client(connection: Connection, form: Form) -> str:
    client_id, secret = form.required("client_id"), form.required("client_secret")
    known = await client_secret(connection, CONNECTOR, client_id)
    if known is None or not hmac.compare_digest(known, secret_hash(secret)):
        raise GrantError("invalid_client")
    return client_id


def _same_address(grant: Grant, kind: str, form: Form) -> bool:
    """A code is good only with the address to which it was sent."""
    return kind != "code" or grant.redirect_uri == form.required("redirect_uri")
