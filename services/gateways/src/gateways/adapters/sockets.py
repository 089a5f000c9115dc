"""Connections that are torn off when a request fails, so that no byte of it leaves after its outcome was told.

Closing a connection lets asyncio and the kernel deliver, minutes later, what they still hold for a server that had
stopped reading: an entry could be booked long after its attempt was given up. Tearing discards it and resets the
connection. What a server has received already it may still process; that is why such an entry is looked up.
"""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.connector import Connection

_NO_LINGER = struct.pack("ii", 1, 0)
_TAKEN: ContextVar[list[asyncio.Transport] | None] = ContextVar("_TAKEN", default=None)


class TearableConnector(aiohttp.TCPConnector):
    """Notes which connection a request was given, inside `torn_on_failure`."""

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        """As the base class; the connection is noted before anything is written to it."""
        connection = await super().connect(*args, **kwargs)
        taken = _TAKEN.get()
        if taken is not None and connection.transport is not None:
            taken.append(connection.transport)
        return connection


@contextmanager
def torn_on_failure() -> Iterator[None]:
    """Tears the connections that requests inside the block were given, if the block does not end well."""
    taken: list[asyncio.Transport] = []
    token = _TAKEN.set(taken)
    try:
        yield
    except BaseException:
        for transport in taken:
            _tear(transport)
        raise
    finally:
        _TAKEN.reset(token)


def _tear(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
