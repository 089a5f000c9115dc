"""Document fetching without a thought: got with aiohttp, hashed, written; as many at one time as entries fetches."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count as counting
from pathlib import Path

import aiohttp

from bench.bare.order import Order, Run, obey


@asynccontextmanager
async def prepared(order: Order) -> AsyncIterator[Run]:
    """A session for `order["concurrent"]` fetches at one time, into an empty folder."""
    folder = Path(order["folder"])
    folder.mkdir()
    names = counting()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=order["concurrent"])) as session:

        async def fetch(left: "asyncio.Queue[int]") -> None:
            while not left.empty():
                left.get_nowait()
                async with session.get(f"{order['url']}/doc_bare_{next(names)}") as answer:
                    body = await answer.read()
                (folder / hashlib.sha256(body).hexdigest()).write_bytes(body)

        async def run(count: int) -> None:
            left: asyncio.Queue[int] = asyncio.Queue()
            for number in range(count):
                left.put_nowait(number)
            await asyncio.gather(*(fetch(left) for _ in range(order["concurrent"])))

        yield run


if __name__ == "__main__":
    obey(prepared)
