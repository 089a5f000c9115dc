"""What a server does to its callers beyond answering: it closes their connection, or lets them wait."""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class CannotCut(RuntimeError):
    """The server does not let its connections be closed from inside."""


class CutConnection(Response):
    """Instead of an answer: the connection is gone, as when a server dies or a line breaks.

    Works behind uvicorn, whose `receive` belongs to the object that owns the connection. Raises `CannotCut` elsewhere.
    """

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Close the connection, and end when the server has noticed."""
        owner = getattr(receive, "__self__", None)
        transport = getattr(owner, "transport", None)
        if not isinstance(transport, asyncio.Transport):
            raise CannotCut("only uvicorn's connections can be cut")
        transport.abort()
        await _gone(receive)


class LateAnswer(Response):
    """An answer after so many seconds; none where the caller has gone before, so that a server that stalls can stop."""

    def __init__(self, answer: Response, seconds: float) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer = answer
        self._seconds = seconds

    @property
    def headers(self) -> MutableHeaders:
        """Those of the answer."""
        return self._answer.headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then answer."""
        gone = asyncio.ensure_future(_gone(receive))
        done, _waiting = await asyncio.wait({gone}, timeout=self._seconds)
        if not done:
            gone.cancel()
            await self._answer(scope, receive, send)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
