"""A stand-in accounting software that costs next to nothing: the routes that a send needs, answered at once.

It keeps no books, so it judges nothing; the sandbox does. It notes when each entry came and was answered, and serves
documents for those who fetch some. One process, `python -m bench.vendor`.
"""

import asyncio
import sys
import time
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

import orjson

from bench.book import document_body

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nrequest-id: bench\r\n\r\n"


class Vendor(asyncio.Protocol):
    """One connection of a client: requests with a known length, answered in order."""

    calls: list[tuple[str, float, float]]
    """Of every entry: its reference, when its request was whole, when its answer was written (seconds since 1970)."""
    last_entry: bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _length(head)
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, target: str, body: bytes) -> None:
        came = time.time()
        url = urlsplit(target)
        route = url.path.rsplit("/", 1)[-1]
        if route == "entry":
            Vendor.last_entry = body
            self._write(b'{"entry_id":%d}' % len(Vendor.calls))
            Vendor.calls.append((orjson.loads(body)["entry_origin_partner_id"], came, time.time()))
        elif route.startswith("doc_"):
            self._write(document_body(route), b"application/pdf")
        else:
            self._write(orjson.dumps(_read(route, parse_qs(url.query))))

    def _write(self, content: bytes, media_type: bytes = b"application/json") -> None:
        self._transport.write(HEAD % (media_type, len(content)) + content)


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


def _read(route: str, query: dict[str, list[str]]) -> object:
    match route:
        case "info":
            return {"target": {"type": "firm"}, "isActivated": True}
        case "account":
            number = query["begin_by"][0]
            return {"account_array": [{"account_id": crc32(number.encode()), "account_number": number}]}
        case "diary":
            return [{"diary_id": 1, "code": query["code"][0], "diary_type_code": "ACH"}]
        case "calls":
            return Vendor.calls
        case "last":
            return orjson.Fragment(Vendor.last_entry)
        case _:
            raise LookupError(f"the stand-in has no route {route}")


async def _serve() -> None:
    Vendor.calls, Vendor.last_entry = [], b"null"
    await asyncio.to_thread(sys.stdin.readline)
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0)
    print(orjson.dumps({"port": server.sockets[0].getsockname()[1]}).decode(), flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
