"""The wire of Pennylane: a bearer token, JSON both ways, lists in pages, one company of the firm in the path.

Reads, uploads and account creation raise `NotAnswered`; the one write that books, `book`, gives back whatever came.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

import orjson
from pydantic import TypeAdapter

from gateways.adapters.http import Answer, Body, Request, ask
from gateways.adapters.reading import Reader, by_status
from gateways.adapters.transport import NoAnswer, Phase, classify
from gateways.connectors.pennylane.access import Access
from gateways.connectors.pennylane.answers import ENTRY, Entry, Page
from gateways.connectors.pennylane.refusals import read_refusal
from gateways.connectors.pennylane.settings import PennylaneSettings
from gateways.domain.outcome import CouldNotAsk, Exchange, NotAnswered
from gateways.domain.port import Session
from gateways.domain.words import words
from qontable.database import UNREACHABLE
from qontable.sheet import Sheet

T = TypeVar("T")
FIRM = "/api/external/firm/v1"
COMPANY = f"{FIRM}/companies/{{company}}"
PAGE = "100"
"""The most that the contract lets every list by cursor, and that of fiscal years, give at once."""
COMPANIES_PAGE = "1000"
Filter = tuple[str, str, str]
"""Field, operator, value."""


class Api:
    """Pennylane's routes in one session: every request within its throttle and deadline, none made twice."""

    def __init__(self, sheet: Sheet, settings: PennylaneSettings, session: Session) -> None:
        self.sheet = sheet
        self.reader = Reader(sheet, by_status(read_refusal))
        self._settings = settings
        self._session = session
        self._access = Access(sheet, settings, session)

    async def get(self, shape: TypeAdapter[T], route: str, **query: str) -> T:
        """What a route answers, in this shape. Raises `NotAnswered`, also for a success of another shape."""
        return self.reader.read(shape, await self._answer(Request("GET", *self._place(route), {}, query)))

    async def pages(
        self, shape: TypeAdapter[Page[T]], route: str, *, filters: Sequence[Filter] = (), sort: str = ""
    ) -> AsyncIterator[tuple[T, ...]]:
        """A list that is read by cursor, page after page; filters are sent again with each. Raises `NotAnswered`."""
        query = {"limit": PAGE, **_filtered(filters), **({"sort": sort} if sort else {})}
        async for page in self._walk(shape, route, query):
            yield page

    async def numbered_pages(
        self, shape: TypeAdapter[Page[T]], route: str, per_page: str
    ) -> AsyncIterator[tuple[T, ...]]:
        """A list whose pages have numbers. Raises `NotAnswered`, also for fewer or more rows than Pennylane counts."""
        async for page in self._walk(shape, route, {"page": "1", "per_page": per_page}):
            yield page

    async def post(self, shape: TypeAdapter[T], route: str, content: Mapping[str, str]) -> T:
        """What is created. Raises `NotAnswered`; it may have been created all the same."""
        return self.reader.read(shape, await self._answer(self._posting(route, orjson.dumps(content))))

    async def upload(self, shape: TypeAdapter[T], route: str, body: Body, content_type: str) -> T:
        """What is made of a file. Raises `NotAnswered`, after which it may be there, and `DocumentUnavailable`."""
        request = Request("POST", *self._place(route), {"Content-Type": content_type}, body=body)
        return self.reader.read(shape, await self._answer(request))

    async def book(self, content: bytes) -> Answer:
        """`POST …/ledger_entries`, which books. Raises `NoAnswer`, and `NotAnswered` when surely nothing was booked."""
        return await self._send(self._posting(f"{COMPANY}/ledger_entries", content))

    async def entry(self, entry_id: str) -> Entry:
        """An entry as the books show it. Raises `NotAnswered`."""
        return self.reader.read(ENTRY, await self._answer(Request("GET", *self._entry_place(entry_id), {})))

    async def attach(self, entry_id: str, attachment_id: int) -> None:
        """Name an uploaded file as that of an entry: nothing else of it changes. Raises `NotAnswered`."""
        content = orjson.dumps({"file_attachment_id": attachment_id})
        headers = {"Content-Type": "application/json"}
        request = Request("PUT", *self._entry_place(entry_id), headers, body=Body.of(content))
        self.reader.read(ENTRY, await self._answer(request))

    def _entry_place(self, entry_id: str) -> tuple[str, str]:
        address, route = self._place(f"{COMPANY}/ledger_entries")
        return f"{address}/{entry_id}", f"{route}/{{id}}"

    async def _walk(
        self, shape: TypeAdapter[Page[T]], route: str, query: Mapping[str, str]
    ) -> AsyncIterator[tuple[T, ...]]:
        """Every page, followed as the answers themselves are paged."""
        met: set[str] = set()
        rows = 0
        following: dict[str, str] | None = {}
        while following is not None:
            page = await self.get(shape, route, **{**query, **following})
            rows += len(page.items)
            yield page.items
            following = self._following(page, following, rows)
            if str(following) in met:
                raise NotAnswered(
                    self.reader.unclear(
                        {
                            "fr": "Pennylane donne toujours la même page d'une liste.",
                            "en": "Pennylane gives the same page of a list again and again.",
                        }
                    )
                )
            met.add(str(following))

    def _following(self, page: Page[T], before: Mapping[str, str], rows: int) -> dict[str, str] | None:
        """What the next page is asked with; nothing after the last. Raises `NotAnswered` for a list that breaks off."""
        if page.has_more is not None:
            if page.has_more and not page.next_cursor:
                raise NotAnswered(
                    self.reader.unclear(
                        {
                            "fr": "Pennylane dit qu'une liste continue, mais pas où.",
                            "en": "Pennylane says that a list goes on, but not where.",
                        }
                    )
                )
            return {"cursor": page.next_cursor} if page.has_more and page.next_cursor else None
        if page.total_pages is None:
            raise NotAnswered(
                self.reader.unclear(
                    {
                        "fr": "Pennylane ne dit pas si une liste continue.",
                        "en": "Pennylane does not say whether a list goes on.",
                    }
                )
            )
        number = int(before.get("page", "1"))
        if number < page.total_pages:
            return {"page": str(number + 1)}
        if page.total_items is not None and page.total_items != rows:
            raise NotAnswered(
                self.reader.unclear(
                    {
                        "fr": f"Pennylane compte {page.total_items} lignes, mais en donne {rows}.",
                        "en": f"Pennylane counts {page.total_items} rows but lists {rows}.",
                    }
                )
            )
        return None

    def _posting(self, route: str, content: bytes) -> Request:
        return Request("POST", *self._place(route), {"Content-Type": "application/json"}, body=Body.of(content))

    def _place(self, route: str) -> tuple[str, str]:
        """Address and route of a request about the session's company, if it is about one."""
        path = route.replace("{company}", self._session.software_file_id or "")
        return self._settings.url.rstrip("/") + path, route

    async def _answer(self, request: Request) -> Answer:
        return await self.reader.answered(self._send(request))

    async def _send(self, request: Request) -> Answer:
        """Make a request with the session's token. One that is refused for the token alone is `NotAnswered`."""
        token = await self._token()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", **request.headers}
        signed = Request(
            request.method, request.url, request.route, headers, request.params, request.body, secrets=(token,)
        )
        answer = await ask(self._session, signed, seconds=self.sheet.request_timeout)
        if answer.status == 401 and self._access.renewable:
            raise NotAnswered(await self._access.refused(token, answer))
        return answer

    async def _token(self) -> str:
        """The token, or `NotAnswered`: without one nothing was asked, whatever kept us from having it."""
        try:
            async with asyncio.timeout(self._session.deadline.remaining()):
                return await self._access.token()
        except TimeoutError as error:
            message = NoAnswer(classify(error, Phase.BEFORE)).message
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=message)) from None
        except UNREACHABLE:
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=words("not_answered"))) from None


def _filtered(filters: Sequence[Filter]) -> dict[str, str]:
    """The parameter `filter`: a list of conditions as JSON text, of which all must hold."""
    conditions = [{"field": name, "operator": operator, "value": value} for name, operator, value in filters]
    return {"filter": orjson.dumps(conditions).decode()} if conditions else {}
