"""Who is looking: the session in its cookie, the language, and the token that every form carries.

A session is a short-lived token of the same kind as the API's, kept by the browser in a cookie that scripts cannot
read. A form's token is derived from the cookie of whoever was shown the form, so that no other site can make one.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, TypeAlias, cast

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from hub.app.access import read_me, recognise
from hub.domain.firm import Caller, Me
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.api.refusals import language_of
from hub.entrypoints.pages.words import LANGUAGES
from qontable.bilingual import Language

SESSION, VISIT, LANGUAGE = "qontable_session", "qontable_visit", "qontable_language"
SESSION_HOURS = 12
LANGUAGE_SECONDS = 365 * 24 * 3600
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field


class NotSignedIn(Exception):
    """A page that is shown to the firm's people only."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person of the firm at a page."""

    caller: Caller
    me: Me

    @property
    def is_administrator(self) -> bool:
        """Whether they may connect, replace credentials, change options and disable."""
        return self.caller.role == "administrator"


def language(request: Request) -> Language:
    """The language that was chosen here, else the browser's."""
    chosen = request.cookies.get(LANGUAGE)
    return cast(Language, chosen if chosen in LANGUAGES else language_of(request.headers.get("accept-language")))


async def visitor(request: Request, hub: TheHub) -> Visitor:
    """Whose session this is. Raises `NotSignedIn`."""
    token = request.cookies.get(SESSION)
    if not token:
        raise NotSignedIn
    try:
        caller = await recognise(hub, token)
    except Refused:
        raise NotSignedIn from None
    async with hub.look(caller.firm_id) as db:
        found = Visitor(caller, await read_me(db, caller))
    request.state.visitor = found
    return found


def form_token(request: Request) -> str:
    """What the forms shown to this browser carry."""
    secret = request.cookies.get(SESSION) or _visit(request)
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()


def _visit(request: Request) -> str:
    """The secret of a browser without a session; a new one is given with the answer."""
    if VISIT in request.cookies:
        return request.cookies[VISIT]
    fresh: str = getattr(request.state, "visit", "") or secrets.token_urlsafe(32)
    request.state.visit = fresh
    return fresh


async def posted(request: Request) -> FormData:
    """The form that was sent. Raises `Refused` form_expired unless this browser was shown it."""
    form = await request.form(max_files=1, max_fields=5_000)
    sent = form.get(FORM_TOKEN)
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), form_token(request).encode()):
        raise Refused("form_expired")
    return form


def keep_cookie(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    """A cookie that scripts do not read and other sites do not send."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/")


def keep_visit(request: Request, response: Response) -> None:
    """Give a browser without a session the secret that its form was made with."""
    fresh = getattr(request.state, "visit", "")
    if fresh:
        keep_cookie(request, response, VISIT, fresh, None)


TheVisitor: TypeAlias = Annotated[Visitor, Depends(visitor)]
Posted: TypeAlias = Annotated[FormData, Depends(posted)]
