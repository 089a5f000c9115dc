"""The wire of MyUnisoft: two secrets in headers, JSON both ways, `{"error": {"code", "message"}}` for every refusal.

Reads and account creation raise `NotAnswered`; the one write that books, `book`, gives back whatever came.
"""

from collections.abc import Mapping
from typing import TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from gateways.adapters.http import Answer, Body, Request, ask
from gateways.adapters.transport import NoAnswer
from gateways.connectors.myunisoft.settings import MyUnisoftSettings
from gateways.domain.judgement import Answered, judge_read, own_words
from gateways.domain.outcome import CouldNotAsk, Exchange, NotAnswered
from gateways.domain.port import Session
from qontable.sheet import Sheet

T = TypeVar("T")


class Api:
    """MyUnisoft's routes in one session: every request within its throttle and deadline, none made twice."""

    def __init__(self, sheet: Sheet, settings: MyUnisoftSettings, session: Session) -> None:
        self.sheet = sheet
        self._settings = settings
        self._session = session

    async def get(self, shape: TypeAdapter[T], route: str, **params: str) -> T:
        """What a route answers, in this shape. Parameters that the route names in braces go into the path.

        Raises `NotAnswered`, also for a success of another shape.
        """
        return self.read(shape, await self.get_answer(route, **params))

    async def get_answer(self, route: str, **params: str) -> Answer:
        """Whatever a route answers. Raises `NotAnswered` when it answers nothing."""
        query = {name: value for name, value in params.items() if f"{{{name}}}" not in route}
        url = self._url(route.format_map(params))
        return await self._ask(Request("GET", url, route, self._headers(), query, secrets=self._secrets()))

    async def post(self, shape: TypeAdapter[T], route: str, content: Mapping[str, str]) -> T:
        """What an upsert answers. Raises `NotAnswered`; the call may be made again."""
        body = orjson.dumps(content)
        return self.read(shape, await self._ask(self._posting(route, {}, Body.of(body))))

    async def book(self, body: Body) -> Answer:
        """`POST /entry?type=e`, which books. Raises `NoAnswer` and `DocumentUnavailable`."""
        request = self._posting("/entry", {"type": "e"}, body)
        return await ask(self._session, request, seconds=self.sheet.request_timeout)

    def read(self, shape: TypeAdapter[T], answer: Answer) -> T:
        """A success in this shape. Raises `NotAnswered` for a refusal and for anything that is not of the shape."""
        if not answer.is_success:
            raise NotAnswered(judge_read(self.sheet, read_refusal(answer)))
        try:
            return shape.validate_json(answer.body)
        except ValidationError:
            raise NotAnswered(self.unclear("The answer is not what MyUnisoft documents.", answer)) from None

    def unclear(self, text: str, answer: Answer | None = None) -> CouldNotAsk:
        """A question whose answer does not say what was asked."""
        exchange = exchange_of(answer) if answer else Exchange()
        return CouldNotAsk(exchange=exchange, message=own_words(self.sheet, "answer_unclear", text))

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
        try:
            return await ask(self._session, request, seconds=self.sheet.request_timeout)
        except NoAnswer as error:
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=error.message)) from None


def read_refusal(answer: Answer, sent: Exchange | None = None) -> Answered:
    """Code and words of an answer that is no success; a page of some proxy has no code and is quoted at its start."""
    code, text = _code_and_words(answer)
    return Answered(answer.status, code, text, exchange_of(answer, sent), answer.retry_after)


def exchange_of(answer: Answer, sent: Exchange | None = None) -> Exchange:
    """What is kept of an answer, beside what was sent."""
    return answer.exchange(sent, answer.headers.get("request-id"))


def _code_and_words(answer: Answer) -> tuple[str | None, str]:
    try:
        error = orjson.loads(answer.body)["error"]
        return str(error["code"]) if error["code"] else None, str(error.get("message") or "")
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return None, answer.start
