"""The wire of Cegid Loop: two keys in headers, JSON both ways, and errors that may come with status 200.

Reads raise `NotAnswered`; the one write, `import_json`, gives back whatever came.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from gateways.adapters.http import Answer, Body, Request, ask
from gateways.adapters.reading import Reader
from gateways.connectors.cegid_loop.answers import error_in, gate_words, rows_in
from gateways.connectors.cegid_loop.settings import CegidLoopSettings
from gateways.domain.judgement import Answered
from gateways.domain.outcome import Exchange, NotAnswered
from gateways.domain.port import Session
from qontable.sheet import Sheet

T = TypeVar("T")
PAGE_ROWS = 500
JSON = {"Accept": "application/json"}


class Api:
    """Cegid Loop's routes in one session: every request within its throttle and deadline, none made twice."""

    def __init__(self, sheet: Sheet, settings: CegidLoopSettings, session: Session) -> None:
        self.sheet = sheet
        self.reader = Reader(sheet, refusal_in)
        self._settings = settings
        self._session = session

    @property
    def file_code(self) -> str:
        """The client file's code, `codeDossier` of reads and `codeIbs` of imports."""
        assert self._session.software_file_id is not None, "the lane names the file of everything but a check"
        return self._session.software_file_id

    async def get(self, route: str, **params: str) -> Answer:
        """What a route answers, whatever it is. Raises `NotAnswered` when it answers nothing."""
        request = Request("GET", self._url(route), route, self._headers(), params, secrets=self._secrets())
        return await self.reader.answered(ask(self._session, request, seconds=self.sheet.request_timeout))

    async def rows(self, shape: TypeAdapter[list[T]], route: str, *, take: int, **params: str) -> list[T]:
        """Rows of the client file, one page of at most `take`. Raises `NotAnswered`, also for an answer of no list."""
        query = {"codeDossier": self.file_code, **params, "take": str(take)}
        answer = await self.get(route, **query)
        self.reader.refuse(answer)
        try:
            return shape.validate_python(rows_in(answer.body))
        except ValidationError:
            raise NotAnswered(self.reader.undocumented(answer)) from None

    async def pages(
        self, shape: TypeAdapter[list[T]], route: str, *, sort: str, take: int = PAGE_ROWS
    ) -> AsyncIterator[Sequence[T]]:
        """All rows of the client file, page by page, until a page is empty: how many rows a page may have at most is
        not known, so a short one proves nothing.

        Raises `NotAnswered`, also when a page comes again, as from a server that does not know `skip`.
        """
        skip, before = 0, None
        while page := await self.rows(shape, route, take=take, skip=str(skip), sort=sort):
            if page[0] == before:
                raise NotAnswered(
                    self.reader.unclear(
                        {"fr": f"{route} donne encore la même page.", "en": f"{route} gives the same page again."}
                    )
                )
            yield page
            skip, before = skip + len(page), page[0]

    async def import_json(self, body: Body, secrets: Sequence[str]) -> Answer:
        """`POST /importJson`; `secrets` are links that no answer may bring back. Raises `NoAnswer`."""
        headers = {**self._headers(), "Content-Type": "application/json"}
        hidden = (*self._secrets(), *secrets)
        request = Request("POST", self._url("/importJson"), "/importJson", headers, body=body, secrets=hidden)
        return await ask(self._session, request, seconds=self.sheet.request_timeout)

    def _url(self, path: str) -> str:
        return self._settings.url.rstrip("/") + path

    def _headers(self) -> dict[str, str]:
        return {
            "Ocp-Apim-Subscription-Key": self._settings.subscription_key.get_secret_value(),
            "x-apikey": self._api_key(),
            **JSON,
        }

    def _api_key(self) -> str:
        typed = self._session.credentials
        return f"{typed['api_key']}:{typed['api_secret']}"

    def _secrets(self) -> tuple[str, ...]:
        return self._settings.subscription_key.get_secret_value(), self._api_key()


def refusal_in(answer: Answer, sent: Exchange | None = None) -> Answered | None:
    """What an answer refuses and why; nothing for a success. A page of some proxy is quoted at its start.

    The instance that an error names is what Cegid asks for when asked about it.
    """
    error = error_in(answer.body)
    if error is None and answer.is_success:
        return None
    words, instance = error or (gate_words(answer.body) or answer.start, None)
    exchange = answer.exchange(sent)
    if instance:
        exchange = replace(exchange, request_id=instance)
    return Answered(answer.status, None, words, exchange, answer.retry_after)


def quoted(text: str) -> str:
    """A text inside a filter, whose language is that of JavaScript."""
    return json.dumps(text, ensure_ascii=False)
