"""Who is let in: the two headers of every call, and the client file that it is about."""

import hmac
import re

from starlette.requests import Request

from qontable.database import Connection
from sandbox.adapters.software_files import file_by_id
from sandbox.adapters.tokens import Token, find_token, secret_hash
from sandbox.domain.books import SoftwareFile
from sandbox.software.myunisoft import CONNECTOR
from sandbox.software.myunisoft.call import Route, vendor_id
from sandbox.software.myunisoft.errors import VendorError


def bearer(request: Request) -> bytes:
    """The hash of the token in the header. Raises ERR-INVALID-AUTH-HEADER."""
    found = re.fullmatch(r"Bearer (\S+)", request.headers.get("authorization", ""))
    if found is None:
        raise VendorError("ERR-INVALID-AUTH-HEADER")
    return secret_hash(found[1])


async def admit(connection: Connection, request: Request) -> Token:
    """The key of a request, checked with its secret. Raises the vendor's refusals of access."""
    token = await find_token(connection, CONNECTOR, bearer(request))
    if token is None:
        raise VendorError("ERR-INVALID-JWT")
    if token.revoked:
        raise VendorError("ERR-API-TOKEN-NOT-FOUND" if token.software_file_id else "ERR-FIRM-TOKEN-NOT-FOUND")
    secret = request.headers.get("x-third-party-secret")
    if secret is None:
        raise VendorError("ERR-SECRET-HEADER-NOT-SET")
    if not hmac.compare_digest(secret_hash(secret), token.secret_sha256):
        raise VendorError("ERR-INVALID-SECRET")
    if token.disconnected:
        raise VendorError("ERR-THIRD-PARTY-DISCONNECTED")
    return token


def check_route(token: Token, route: Route) -> None:
    """Raises unless this key may use the route now."""
    if route.activated and not token.activated:
        raise VendorError("ERR-TOKEN-NOT-ACTIVATED")
    if route.name in token.forbidden_routes:
        raise VendorError("ERR-FORBIDDEN-ROUTE")


async def named_society(connection: Connection, request: Request, token: Token) -> SoftwareFile | None:
    """The client file of a folder key, or the one that `society-id` names; none where a firm key names none.

    Raises ERR-SOCIETY-DOESNT-EXIST for a file that is not the firm's.
    """
    header = request.headers.get("society-id")
    if token.software_file_id is None and header is None:
        return None
    file_id = token.software_file_id or vendor_id(header or "")
    if file_id is None:
        raise VendorError("ERR-SOCIETY-ID-NOT-SET")
    society = await file_by_id(connection, CONNECTOR, token.firm, file_id)
    if society is None:
        raise VendorError("ERR-SOCIETY-DOESNT-EXIST")
    return society
