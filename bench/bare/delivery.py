"""Delivery without a thought: the same bytes posted to the same server, through the same transport, as many at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from bench.bare.order import Order, Run, obey


@asynccontextmanager
async def prepared(order: Order) -> AsyncIterator[Run]:
    """A client for `order["concurrent"]` calls at one time."""
    transport = AiohttpTransport(
        client=lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=order["concurrent"]))
    )
    body = order["body"].encode()
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:

        async def post(numbers: "asyncio.Queue[int]") -> None:
            while not numbers.empty():
                numbers.get_nowait()
                answer = await client.post(order["url"], headers=order["headers"], content=body)
                answer.raise_for_status()

        async def run(count: int) -> None:
            numbers: asyncio.Queue[int] = asyncio.Queue()
            for number in range(count):
                numbers.put_nowait(number)
            await asyncio.gather(*(post(numbers) for _ in range(order["concurrent"])))

        yield run


if __name__ == "__main__":
    obey(prepared)
