"""The wire of MyUnisoft: two secrets in headers, JSON both ways, `{"error": {"code", "message"}}` for every refusal.

Reads and account creation raise `NotAnswered`; the one write that books, `book`, gives back whatever came.
"""

from collections.abc import Mapping
from typing import TypeVar

import orjson
from pydantic import TypeAdapter

from gateways.adapters.http import Answer, Body, Request, ask
from gateways.adapters.reading import Reader, by_status
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.domain.judgement import Answered
from gateways.domain.outcome import Exchange
from gateways.domain.port import Session
from qontable.sheet import Sheet

T = TypeVar("T")


class Api:
    """MyUnisoft's routes in one session: every request within its throttle and deadline, none made twice."""

    def __init__(self, sheet: Sheet, settings: MyUnisoftSettings, session: Session) -> None:
        self.sheet = sheet
        self.reader = Reader(sheet, by_status(read_refusal))
        self._settings = settings
        self._session = session

    async def get(self, shape: TypeAdapter[T], route: str, **params: str) -> T:
        """What a route answers, in this shape. Parameters that the route names in braces go into the path.

        Raises `NotAnswered`, also for a success of another shape.
        """
        return self.reader.read(shape, await self.get_answer(route, **params))

    async def get_answer(self, route: str, **params: str) -> Answer:
        """Whatever a route answers. Raises `NotAnswered` when it answers nothing."""
        query = {name: value for name, value in params.items() if f"{{{name}}}" not in route}
        url = self._url(route.format_map(params))
        return await self._ask(Request("GET", url, route, self._headers(), query, secrets=self._secrets()))

    async def post(self, shape: TypeAdapter[T], route: str, content: Mapping[str, str]) -> T:
        """What an upsert answers. Raises `NotAnswered`; the call may be made again."""
        body = orjson.dumps(content)
        return self.reader.read(shape, await self._ask(self._posting(route, {}, Body.of(body))))

    async def book(self, body: Body) -> Answer:
        """`POST /entry?type=e`, which books. Raises `NoAnswer` and `DocumentUnavailable`."""
        request = self._posting("/entry", {"type": "e"}, body)
        return await ask(self._session, request, seconds=self.sheet.request_timeout)

    def _posting(self, route: str, params: Mapping[str, str], body: Body) -> Request:
        headers = {**self._headers(), "Content-Type": "application/json"}
        return Request("POST", self._url(route), route, headers, params, body, self._secrets())

    def _url(self, path: str) -> str:
        return self._settings.url.rstrip("/") + path

    def _headers(self) -> dict[str, str]:
        """A firm's token opens many files: `society-id` says which one (forgetting it is the usual mistake)."""
        headers = {
            "Authorization": f"Bearer {self._session.credentials['token']}",
            "X-Third-Party-Secret": self._settings.partner_secret.get_secret_value(),
            "Accept": "application/json",
        }
        if self._session.software_file_id:
            headers["society-id"] = self._session.software_file_id
        return headers

    def _secrets(self) -> tuple[str, ...]:
        return (self._settings.partner_secret.get_secret_value(),)

    async def _ask(self, request: Request) -> Answer:
        return await self.reader.answered(ask(self._session, request, seconds=self.sheet.request_timeout))


def read_refusal(answer: Answer, sent: Exchange | None = None) -> Answered:
    """Code and words of an answer that is no success; a page of some proxy has no code and is quoted at its start."""
    code, text = _code_and_words(answer)
    return Answered(answer.status, code, text, answer.exchange(sent), answer.retry_after)


def _code_and_words(answer: Answer) -> tuple[str | None, str]:
    try:
        error = orjson.loads(answer.body)["error"]
        return str(error["code"]) if error["code"] else None, str(error.get("message") or "")
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return None, answer.start
