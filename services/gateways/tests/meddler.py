"""Something between us and the software that does to one route what no software would: proxies, wires, thieves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

LONG_SECONDS = 5.0
PAGE = b"<html><body><h1>Forbidden by the proxy</h1></body></html>"
Misdeed = Callable[[asyncio.StreamWriter], Awaitable[None]]


def _answer(status: str, body: bytes = b"", *headers: str) -> Misdeed:
    async def act(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return act


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def _short(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"entry_array":')
    await writer.drain()


async def _silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(LONG_SECONDS)
    writer.close()


async def _other_tongue(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


MISDEEDS: dict[str, Misdeed] = {
    "401 without words": _answer("401 Unauthorized"),
    "403 of a proxy": _answer("403 Forbidden", PAGE),
    "404 of a proxy": _answer("404 Not Found", PAGE),
    "redirect": _answer("302 Found", b"", "Location: https://login.example/"),
    "empty 200": _answer("200 OK"),
    "502 of a proxy": _answer("502 Bad Gateway", PAGE),
    "slow drip": _drip,
    "endless body": _endless,
    "answer cut short": _short,
    "silence": _silent,
    "other protocol": _other_tongue,
}


class Meddler:
    """Hands requests on to `upstream` but for those of `routes` (`POST /entry`), to which it does `misdeed`."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.port = 0
        self.routes: set[str] = set()
        self.misdeed = ""
        self.struck: set[str] = set()

    @property
    def url(self) -> str:
        """Where it stands in the software's place."""
        return f"http://127.0.0.1:{self.port}{self.upstream.path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            route = self._route(head)
            if self.misdeed and route:
                self.struck.add(route)
                await MISDEEDS[self.misdeed](writer)
            else:
                await self._hand_on(head, body, writer)
        writer.close()

    def _route(self, head: bytes) -> str | None:
        """Which of the routes is asked, whatever stands before it in the address."""
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        asked = urlsplit(target).path
        named = (route.split(" ") for route in self.routes)
        return next((f"{verb} {path}" for verb, path in named if verb == method and asked.endswith(path)), None)

    async def _hand_on(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        answers, onward = await asyncio.open_connection(self.upstream.hostname, self.upstream.port)
        onward.write(head.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n" + body)
        while chunk := await answers.read(65_536):
            writer.write(chunk)
        await writer.drain()
        onward.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


@asynccontextmanager
async def meddling(upstream: str) -> AsyncIterator[Meddler]:
    """One, listening."""
    meddler = Meddler(upstream)
    server = await asyncio.start_server(meddler.serve, "127.0.0.1", 0)
    meddler.port = server.sockets[0].getsockname()[1]
    try:
        yield meddler
    finally:
        server.close()


@asynccontextmanager
async def serving(content: bytes, media_type: str) -> AsyncIterator[str]:
    """The address of a server that has these bytes under every path."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await _answer("200 OK", content, f"Content-Type: {media_type}")(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
