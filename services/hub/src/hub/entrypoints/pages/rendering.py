"""How pages are made: templates, the words around them, and the headers that keep strangers' scripts out."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hub.entrypoints.pages import formats
from hub.entrypoints.pages.session import FORM_TOKEN, TheVisitor, Visitor, form_token, keep_visit, language
from hub.entrypoints.pages.words import Words, catalogue
from qontable import figures

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every page: only our own scripts and styles, in no frame, kept by no cache."""


_SAID = frozenset({"said", "count"})
"""What an address says of a deed that led there."""


class Page:
    """Answers one request with pages in the reader's language."""

    def __init__(self, request: Request, visitor: Visitor | None) -> None:
        self.request = request
        self.visitor = visitor
        self.words = Words(language(request))
        self._mark = request.app.state.hub.signals.changes.mark(visitor.caller.firm_id) if visitor else ""

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page, or a piece of one."""
        text = environment().get_template(template).render(self._surroundings() | context)
        response = HTMLResponse(text, status_code=status, headers=HEADERS)
        keep_visit(self.request, response)
        return response

    def _surroundings(self) -> dict[str, Any]:
        words = self.words
        return {
            "t": words.say,
            "of": words.of,
            "language": words.language,
            "visitor": self.visitor,
            "address": _address(self.request),
            "form_token": form_token(self.request),
            "form_token_name": FORM_TOKEN,
            "date": lambda day: formats.write_date(day, words.language),
            "date_text": lambda text: formats.write_date_text(text, words.language),
            "hour": lambda moment: formats.write_hour(moment, words.language),
            "moment": lambda moment: formats.write_moment(moment, words.language),
            "number": lambda value: figures.write_number(value, words.language),
            "amount": lambda value, currency: figures.write_amount(Decimal(value), currency, words.language),
            "plain_amount": lambda text: figures.write_plain_amount(Decimal(text), words.language),
            "quoted": lambda text: figures.write_quoted(text, words.language),
            "bytes": lambda size: formats.write_bytes(size, words.language),
            "asset": self.request.app.state.assets.address,
            "said": _said(self.request),
            "said_count": _said_count(self.request),
            "mark": self._mark,
        }


def go(path: str, said: str | None = None, **query: str) -> RedirectResponse:
    """After a form: another page, where `said` names what was done (key `said.…` of the words)."""
    parameters = {**query, **({"said": said} if said else {})}
    return RedirectResponse(f"{path}?{urlencode(parameters)}" if parameters else path, status_code=303)


@cache
def environment() -> Environment:
    """The templates. A name that is not there is a mistake, not an empty place."""
    made = Environment(
        loader=PackageLoader("hub.entrypoints.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["with_query"] = with_query
    return made


def with_query(query: Mapping[str, str | None]) -> str:
    """`?…` of the values that are there, or nothing."""
    there = {name: value for name, value in query.items() if value}
    return f"?{urlencode(there)}" if there else ""


def _address(request: Request) -> str:
    """The path with its query, to come back to; without what was said there."""
    query = urlencode([pair for pair in request.query_params.multi_items() if pair[0] not in _SAID])
    return f"{request.url.path}?{query}" if query else request.url.path


def _said(request: Request) -> str | None:
    """What was done, if the address names something that we say."""
    said = request.query_params.get("said")
    return said if f"said.{said}" in catalogue() else None


def _said_count(request: Request) -> int:
    """To how many it was done, if the address says so."""
    count = request.query_params.get("count", "")
    return int(count) if count.isascii() and count.isdecimal() and len(count) < 10 else 0


def own_asset_version(name: str) -> str:
    """A few characters that change with a file of ours, so that browsers may keep it for long."""
    return sha256(files("hub.entrypoints.pages").joinpath("static", name).read_bytes()).hexdigest()[:12]


def public_page(request: Request) -> Page:
    """A page for anybody."""
    return Page(request, None)


def own_page(request: Request, visitor: TheVisitor) -> Page:
    """A page for the firm's people. Raises `NotSignedIn`."""
    return Page(request, visitor)


PublicPage: TypeAlias = Annotated[Page, Depends(public_page)]
ThePage: TypeAlias = Annotated[Page, Depends(own_page)]
