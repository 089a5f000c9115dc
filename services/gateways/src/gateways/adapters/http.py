"""HTTP towards accounting software: one factory of clients, one way to make a request, one kind of failure.

Nothing of ours travels with a request but what the connector put there: no `traceparent`, no baggage, no cookie of
another firm. Redirects are answers, not orders: a credential never follows one to another host.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import quote, urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from opentelemetry.trace import SpanKind

from gateways.adapters.sockets import TearableConnector, torn_on_failure
from gateways.adapters.transport import NoAnswer, Phase, classify
from gateways.domain.outcome import Exchange
from gateways.domain.port import DocumentUnavailable, Session
from qontable.clock import now
from qontable.telemetry import span

MOST_ANSWER_BYTES = 64 * 1024 * 1024
KEPT_ANSWER_BYTES = 16_384
SHOWN_CHARACTERS = 500
LEAST_SECONDS = 0.5
CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 4.0
OURS = {"User-Agent": "qontable-sync", "Accept-Encoding": "gzip, deflate"}
"""Headers of every request; a connector that names one of them means its own."""
HIDDEN = b"(hidden)"
LEAST_SECRET = 6
"""A shorter one is no secret, and stands in answers by chance."""
FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body of known length; `chunks` yields exactly `length` bytes and may be called once."""

    length: int
    chunks: Callable[[], AsyncIterator[bytes]]

    @classmethod
    def of(cls, content: bytes) -> "Body":
        """These bytes."""

        async def once() -> AsyncIterator[bytes]:
            yield content

        return cls(len(content), once)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `route` is its path without ids, for traces; secrets belong in `headers`, which are not shown.

    `secrets` are those that the connection's credentials do not hold: no answer is let in with any of them.
    """

    method: str
    url: str
    route: str
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status, header names in any case, the whole body."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status says success; what the body holds is another question."""
        return 200 <= self.status < 300

    @property
    def start(self) -> str:
        """How an answer of no known form begins: what is quoted of some proxy's page."""
        return self.body.decode("utf-8", "replace").strip()[:SHOWN_CHARACTERS]

    @property
    def request_id(self) -> str | None:
        """The id by which the software's own people find the request, under either of its usual names."""
        given: str | None = self.headers.get("request-id") or self.headers.get("x-request-id")
        return given

    def exchange(self, sent: Exchange | None = None) -> Exchange:
        """What is kept of the answer, beside what was sent."""
        return Exchange(
            http_status=self.status,
            request_id=self.request_id,
            sent=sent.sent if sent else None,
            answered=self.body[:KEPT_ANSWER_BYTES],
            cuts=sent.cuts if sent else (),
        )

    @property
    def retry_after(self) -> timedelta | None:
        """The software's own word for when to come back: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3)."""
        text = self.headers.get("retry-after", "").strip()
        try:
            if text.isdecimal():
                return timedelta(seconds=int(text))
            return max(parsedate_to_datetime(text) - now(), timedelta(0))
        except (ValueError, TypeError, OverflowError):
            return None


def open_client(connections: int = 100) -> httpx.AsyncClient:
    """A client for one connector's requests to all its firms; the caller closes it.

    Idle connections are dropped before most servers drop them: a connection that dies under a request leaves an
    unknown outcome behind. Proxies are not read from the environment.
    """
    transport = AiohttpTransport(client=lambda: _session(connections))
    nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        transport=transport,
        cookies=nobody,
        trust_env=False,
        follow_redirects=False,
    )


def _session(connections: int) -> aiohttp.ClientSession:
    connector = TearableConnector(
        limit=connections, keepalive_timeout=KEEPALIVE_SECONDS, ssl=httpx.create_ssl_context(trust_env=False)
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    session._retry_connection = False  # it has no parameter: else a lost read is made again, and counted once
    return session


async def ask(session: Session, request: Request, *, seconds: float) -> Answer:
    """Make one request in the session's turn, within `seconds` and before its deadline, and read the whole answer.

    Raises `NoAnswer`, which says whether the software can have received the request, and `DocumentUnavailable` when
    the body could not be read to its end: the software then cannot have received all of it.

    Some softwares repeat a request in their refusal, headers included: no credential comes back with the answer.
    """
    body = _WatchedBody(request.body) if request.body else None
    try:
        async with asyncio.timeout(session.deadline.remaining()), session.throttle.turn():
            _refuse_late_start(session)
            answer = await _traced(session.http, request, body, seconds)
            return without_secrets(answer, (*session.credentials.values(), *request.secrets))
    except TimeoutError as error:
        raise _failure(error, body) from None


def without_secrets(answer: Answer, secrets: Iterable[str]) -> Answer:
    """The answer with `HIDDEN` wherever one of these stood, as it is, in JSON or in an address."""
    forms = {form for secret in secrets if len(secret) >= LEAST_SECRET for form in _forms(secret)}
    if not any(form in part for form in forms for part in (answer.body, *(v for _, v in answer.headers.raw))):
        return answer
    found = re.compile(b"|".join(map(re.escape, sorted(forms, key=len, reverse=True))))
    headers = httpx.Headers([(name, found.sub(HIDDEN, value)) for name, value in answer.headers.raw])
    return Answer(answer.status, headers, found.sub(HIDDEN, answer.body))


def _forms(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    yield json.dumps(secret)[1:-1].encode()
    yield quote(secret, safe="").encode()


def _refuse_late_start(session: Session) -> None:
    """A turn that came too late: a request that cannot be answered before the deadline is not begun."""
    if session.deadline.remaining() < LEAST_SECONDS:
        raise TimeoutError


async def _traced(client: httpx.AsyncClient, request: Request, body: "_WatchedBody | None", seconds: float) -> Answer:
    """The exchange in a span of its own. What the span records of a failure is our word for it, never the error's."""
    host = urlsplit(request.url).hostname or ""
    attributes = {"http.request.method": request.method, "url.template": request.route, "server.address": host}
    with span(f"{request.method} {request.route}", kind=SpanKind.CLIENT, attributes=attributes) as current:
        try:
            async with asyncio.timeout(seconds):
                answer = await _exchange(client, _built(request, body, seconds))
        except FAILURES as error:
            raise _failure(error, body) from None
        current.set_attribute("http.response.status_code", answer.status)
        return answer


def _built(request: Request, body: "_WatchedBody | None", seconds: float) -> httpx.Request:
    """The request as it leaves. Not built by the client, which merges defaults that it does not have: twice as slow."""
    headers = httpx.Headers(OURS)
    headers.update(request.headers)
    if body:
        headers["Content-Length"] = str(body.length)
    limits = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    return httpx.Request(
        request.method,
        request.url,
        params=request.params,
        headers=headers,
        stream=body,
        extensions={"timeout": limits.as_dict()},
    )


async def _exchange(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    with torn_on_failure():
        response = await client.send(request, stream=True)
        try:
            return Answer(response.status_code, response.headers, await _read(response))
        finally:
            await response.aclose()


def _failure(error: BaseException, body: "_WatchedBody | None") -> NoAnswer | DocumentUnavailable:
    if body and body.failure:
        return body.failure
    return NoAnswer(classify(error, body.phase if body else Phase.BEFORE))


async def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_ANSWER_BYTES:
            raise httpx.ReadError("the answer is longer than we read")
    return bytes(content)


class _WatchedBody(httpx.AsyncByteStream):
    """Hands the body on and notes how far it came: nothing asked for yet, on its way, or not to be had.

    A body of another length than announced is stopped: the transport would cut a longer one without a word.
    """

    def __init__(self, body: Body) -> None:
        self.length = body.length
        self.phase = Phase.BEFORE
        self.failure: DocumentUnavailable | None = None
        self._chunks = body.chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.phase = Phase.AFTER
        try:
            async for chunk in _exactly(self.length, self._chunks()):
                yield chunk
        except DocumentUnavailable as error:
            self.failure = error
            raise


async def _exactly(length: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    left = length
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise DocumentUnavailable("a document is longer than it was")
        yield chunk
    if left:
        raise DocumentUnavailable("a document is shorter than it was")
