"""Who is let in: the two headers of every call, and the folder that it is about.

A key is kept whole, `key:secret`, as the token of the firm's; the partner's subscription key is its secret.
"""

import hmac
import re
from collections.abc import Mapping
from uuid import UUID

from starlette.requests import Request

from qontable.database import Connection
from sandbox.adapters.import_requests import import_state
from sandbox.adapters.software_files import file_by_code, file_of
from sandbox.adapters.tokens import Token, find_token, secret_hash
from sandbox.domain.books import SoftwareFile
from sandbox.software.cegid_loop import CONNECTOR
from sandbox.software.cegid_loop.call import FolderIn, Route
from sandbox.software.cegid_loop.errors import ImportRefused, StatusRefused
from sandbox.software.cegid_loop.folders import folder_settings
from sandbox.software.cegid_loop.import_body import folder_code


def api_key(request: Request) -> bytes:
    """The hash of the key in `x-apikey`. Raises `StatusRefused`."""
    text = request.headers.get("x-apikey", "")
    if not re.fullmatch(r"[^:\s]+:\S+", text):
        raise StatusRefused("no_api_key")
    return secret_hash(text)


async def admit(connection: Connection, request: Request) -> Token:
    """The key of a request, checked with the subscription key. Raises `StatusRefused`; the order is assumed."""
    subscription = request.headers.get("ocp-apim-subscription-key")
    if not subscription:
        raise StatusRefused("no_subscription_key")
    key = await find_token(connection, CONNECTOR, api_key(request))
    if key is None or key.revoked:
        raise StatusRefused("bad_api_key")
    if not hmac.compare_digest(secret_hash(subscription), key.secret_sha256):
        raise StatusRefused("bad_subscription_key")
    if key.disconnected:
        raise StatusRefused("key_not_in_hub")
    return key


def check_route(key: Token, route: Route) -> None:
    """Raises unless this key may use the route."""
    if route.name in key.forbidden_routes:
        raise StatusRefused("forbidden_route")


async def named_folder(
    connection: Connection, key: Token, route: Route, query: Mapping[str, str], body: bytes
) -> SoftwareFile:
    """The folder that a request names and its key may reach.

    Raises `ImportRefused` on the import's route, `StatusRefused` on the others.
    """
    match route.folder_in:
        case FolderIn.BODY:
            return await _reachable(connection, key, folder_code(body), ImportRefused)
        case FolderIn.IMPORT:
            return await _folder_of_import(connection, key, query.get("accountingImportRequestId", ""))
        case FolderIn.QUERY:
            code = query.get("codeDossier", "")
            if not code:
                raise StatusRefused("bad_query", "codeDossier est à renseigner")
            return await _reachable(connection, key, code, StatusRefused)


async def _reachable(
    connection: Connection, key: Token, code: str, refuse: type[ImportRefused] | type[StatusRefused]
) -> SoftwareFile:
    """The folder with this code, if it is the firm's and the integrator's connector is active on it."""
    folder = await file_by_code(connection, CONNECTOR, code)
    if folder is None or folder.firm != key.firm or folder.code != code:
        raise refuse("unknown_folder", code)
    settings = await folder_settings(connection, folder.id)
    if not settings.activated or key.software_file_id not in (None, folder.id):
        raise refuse("no_access", f"QTB{key.id}", folder.name)
    return folder


async def _folder_of_import(connection: Connection, key: Token, text: str) -> SoftwareFile:
    """The folder of an import of this firm's. That others are as unknown as none is assumed."""
    try:
        import_id = UUID(text)
    except ValueError:
        raise StatusRefused("bad_query", "accountingImportRequestId est un uuid") from None
    found = await import_state(connection, import_id)
    folder = await file_of(connection, found.software_file_id) if found else None
    if folder is None or folder.firm != key.firm or key.software_file_id not in (None, folder.id):
        raise StatusRefused("unknown_request", text)
    return folder
