"""Coming and going, and the language."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from hub.app import access
from hub.domain.problem import Refused
from hub.entrypoints.api.access import TheHub
from hub.entrypoints.pages.rendering import PublicPage, go
from hub.entrypoints.pages.session import (
    LANGUAGE,
    LANGUAGE_SECONDS,
    SESSION,
    SESSION_HOURS,
    VISIT,
    Posted,
    keep_cookie,
)
from hub.entrypoints.pages.words import LANGUAGES

router = APIRouter()
MAX_TOKEN = 200


@router.get("/sign-in")
async def show_sign_in(page: PublicPage, back: Annotated[str, Query(max_length=2_000)] = "") -> Response:
    """The form into which a token is pasted."""
    return page.show("sign_in.html", back=own_path(back), refused=None)


@router.post("/sign-in")
async def sign_in(page: PublicPage, request: Request, hub: TheHub, form: Posted) -> Response:
    """Open a session with a token of the platform or the command line."""
    back = own_path(str(form.get("back", "")))
    token = str(form.get("token", "")).strip()[:MAX_TOKEN]
    try:
        session = await access.open_session(hub, token, SESSION_HOURS)
    except Refused as refused:
        problem = refused.problem(page.words.language)
        return page.show("sign_in.html", status=problem.status, back=back, refused=problem)
    answer = go(back)
    keep_cookie(request, answer, SESSION, session, SESSION_HOURS * 3600)
    answer.delete_cookie(VISIT, path="/")
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, hub: TheHub, _: Posted) -> RedirectResponse:
    """End the session; signing out twice is signing out."""
    await access.close_session(hub, request.cookies.get(SESSION, ""))
    answer = go("/sign-in")
    answer.delete_cookie(SESSION, path="/")
    return answer


@router.post("/language")
async def choose_language(request: Request, form: Posted) -> RedirectResponse:
    """Read on in another language."""
    chosen = str(form.get("language", ""))
    answer = go(own_path(str(form.get("back", ""))))
    if chosen in LANGUAGES:
        keep_cookie(request, answer, LANGUAGE, chosen, LANGUAGE_SECONDS)
    return answer


def own_path(path: str) -> str:
    """`path` if it leads to a page of ours, else the first page: nobody is sent elsewhere by a link to the sign-in."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if fine else "/"
