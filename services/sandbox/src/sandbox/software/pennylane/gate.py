"""Who is let in: the bearer token, its scopes, and the company that a path names."""

import re

from starlette.requests import Request

from qontable.database import Connection
from sandbox.adapters.software_files import file_by_id
from sandbox.adapters.tokens import Token, find_token, secret_hash
from sandbox.domain.books import SoftwareFile
from sandbox.software.pennylane import CONNECTOR
from sandbox.software.pennylane.call import TOO_LARGE, Route
from sandbox.software.pennylane.errors import VendorError


def bearer(request: Request) -> bytes:
    """The hash of the token in the header. Raises 401."""
    found = re.fullmatch(r"Bearer (\S+)", request.headers.get("authorization", ""))
    if found is None:
        raise VendorError("token_invalid")
    return secret_hash(found[1])


async def admit(connection: Connection, request: Request) -> Token:
    """The token of a request, unless it is unknown, revoked or expired. Raises 401."""
    token = await find_token(connection, CONNECTOR, bearer(request))
    if token is None:
        raise VendorError("token_invalid")
    if token.revoked or token.disconnected:
        raise VendorError("token_revoked")
    if token.expired:
        raise VendorError("token_expired")
    return token


def check_route(token: Token, route: Route) -> None:
    """Raises 403 unless the token's scopes open the route. The old scope `ledger` opens nothing any more."""
    if route.name in token.forbidden_routes:
        raise VendorError("route_forbidden")
    if token.scopes is not None and not set(route.scopes) & set(token.scopes):
        raise VendorError("scope", route.scopes[-1])


async def company_of(connection: Connection, text: str | None, token: Token) -> SoftwareFile | None:
    """The company that a path names, where it names one.

    Raises 404 for a company that the token does not reach, 400 for what can be no id.
    """
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]+", text):
        words = f"expected integer, but received String: {text}"
        raise VendorError("schema", words, code="ValidateError", field="company_id")
    wanted = int(text)
    reached = token.software_file_id in (None, wanted) and 0 < wanted < TOO_LARGE
    company = await file_by_id(connection, CONNECTOR, token.firm, wanted) if reached else None
    if company is None:
        raise VendorError("not_found")
    return company
