"""A superuser's eyes on every schema, which stay open through kills of the server."""

import asyncio
from typing import Any

import asyncpg

from qontable.database import UNREACHABLE


class Eyes:
    """Reads; waits for a server that is away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    async def rows(self, query: str, *given: Any) -> list[asyncpg.Record]:
        """Every row, as soon as the server answers."""
        async with self._one_at_a_time:
            while True:
                try:
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await asyncpg.connect(self._url, timeout=5, command_timeout=30)
                    found: list[asyncpg.Record] = await self._connection.fetch(query, *given)
                except UNREACHABLE as away:
                    if isinstance(away, asyncpg.SyntaxOrAccessError):
                        raise
                    await self._shut()
                    await asyncio.sleep(0.2)
                else:
                    return found

    async def value(self, query: str, *given: Any) -> Any:
        """The first column of the first row."""
        found = await self.rows(query, *given)
        return found[0][0] if found else None

    async def close(self) -> None:
        """See nothing any more."""
        async with self._one_at_a_time:
            await self._shut()

    async def _shut(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
