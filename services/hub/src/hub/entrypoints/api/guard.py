"""What stands before every request: a span, a time, a limit on bodies, and an answer whatever happens behind it."""

from collections.abc import Callable
from time import monotonic

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette import status
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.domain.problem import Refused
from hub.entrypoints.api.refusals import MAX_BODY_BYTES, respond
from qontable import metrics
from qontable.database import UNREACHABLE
from qontable.telemetry import frames, span

log = structlog.get_logger()


METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
Answer = Callable[[Refused, str | None], ASGIApp]
"""How a refusal is answered to somebody who accepts these languages."""


class BrokenOff(Exception):
    """An answer that failed after it had begun; the server closes the connection."""


class Guard:
    """ASGI middleware. An error that nobody expected is logged by where it arose, never by what it says."""

    def __init__(self, app: ASGIApp, answer: Answer = respond) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = _Answer(send)
        started = monotonic()
        with span(_method(scope), kind=SpanKind.SERVER, parent=headers.get("traceparent")) as current:
            try:
                await self._app(scope, _limited(receive), answer.send)
            except Exception as error:  # noqa: BLE001 - every request is answered, and no value is logged
                if answer.status is not None:
                    log.error("answer broke off", error=type(error).__name__, at=frames(error))
                    raise BrokenOff from None
                refused = self._answer(_refusal(error), headers.get("accept-language"))
                await refused(scope, receive, answer.send)
            _note(scope, current, answer.status, monotonic() - started)


class _Answer:
    """Notices the status that is sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _limited(receive: Receive) -> Receive:
    """`receive`, which gives up on a body that is too large. FastAPI hands on no other exception from here."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY_BYTES:
            raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE)
        return message

    return limited


def _refusal(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, UNREACHABLE):
        log.warning("database unreachable", error=type(error).__name__)
        return Refused("unavailable")
    log.error("request failed", error=type(error).__name__, at=frames(error))
    return Refused("unexpected")


def _note(scope: Scope, current: Span, status: int | None, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unknown")
    method = _method(scope)
    current.update_name(f"{method} {route}")
    current.set_attribute("http.route", route)
    current.set_attribute("http.response.status_code", status or 0)
    metrics.HTTP_SECONDS.labels(method, route, str(status)).observe(seconds)


def _method(scope: Scope) -> str:
    """The method, if it is one of ours: any word can stand in its place."""
    return scope["method"] if scope["method"] in METHODS else "OTHER"
