"""The server of a stand-in accounting software that costs next to nothing (`bench.vendors`).

It notes when each entry came and was answered, keeps the last request that booked one, and serves documents for those
who fetch some. A firm whose token says so has a server of its own kind: slow, or dead. One process,
`python -m bench.vendor`, told which software it is.
"""

import asyncio
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from urllib.parse import parse_qs, urlsplit

import orjson

from bench.book import DEAD, SLOW, document_body
from bench.vendors import Request, Software, vendor_of

HEAD = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nrequest-id: bench\r\n\r\n"
SLOW_SECONDS = 3.0
FORWARDED = ("authorization", "x-", "ocp-", "society-id", "content-type")
"""Beginnings of the headers that whoever posts the same bytes again must send."""


@dataclass(slots=True)
class LastEntry:
    """The last request that booked an entry, for whoever posts the same bytes."""

    target: str
    headers: dict[str, str]
    body: str


@dataclass(slots=True)
class Office:
    """What the connections of one process share.

    `calls`: of every entry its reference, when its request was whole, when its answer was written (seconds since 1970).
    """

    software: Software
    calls: list[tuple[str, float, float]] = field(default_factory=list)
    last: LastEntry | None = None


class Vendor(asyncio.Protocol):
    """One connection of a client: requests with a known length, answered in order."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _length(head)
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            if DEAD.encode() in head:
                self._transport.abort()
                return
            if SLOW.encode() in head:
                asyncio.get_running_loop().call_later(SLOW_SECONDS, self._answer, head, body)
            else:
                self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        came, office = time.time(), self._office
        method, target, _ = head.decode("latin-1").split(" ", 2)
        url = urlsplit(target)
        route = url.path.rsplit("/", 1)[-1]
        if route == "calls":
            self._write(orjson.dumps(office.calls))
        elif route == "last":
            self._write(orjson.dumps(asdict(office.last) if office.last else None))
        elif route.startswith("doc_"):
            self._write(document_body(route), media_type=b"application/pdf")
        else:
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            answer = office.software.answer(Request(method, url.path, query, body))
            if answer.booked:
                office.last = LastEntry(target, _forwarded(head), body.decode())
            self._write(answer.body(), status=answer.status)
            office.calls += [(reference, came, time.time()) for reference in answer.booked]

    def _write(self, content: bytes, *, status: bytes = b"200 OK", media_type: bytes = b"application/json") -> None:
        self._transport.write(HEAD % (status, media_type, len(content)) + content)


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


def _forwarded(head: bytes) -> dict[str, str]:
    lines = (line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name: value for name, _, value in lines if name.lower().startswith(FORWARDED)}


async def _serve() -> None:
    order = orjson.loads(await asyncio.to_thread(sys.stdin.readline))
    office = Office(vendor_of(order["connector"]).Software())
    server = await asyncio.get_running_loop().create_server(partial(Vendor, office), "127.0.0.1", 0)
    print(orjson.dumps({"port": server.sockets[0].getsockname()[1]}).decode(), flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
