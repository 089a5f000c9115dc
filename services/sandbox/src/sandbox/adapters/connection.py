"""Closing a caller's connection without an answer, which ASGI itself has no word for."""

import asyncio

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
        while (await receive())["type"] != "http.disconnect":
            continue
