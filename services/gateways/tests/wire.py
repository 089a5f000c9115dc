"""What every test of a connector by itself works with: replies on a real socket, books in memory, a document."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aiohttp import web

from gateways.domain.port import ParcelDocument
from qontable.events.delivery import KeptDocument

PDF = b"%PDF-1.7 a small invoice"
LARGEST = 200_000_000


@dataclass
class Reply:
    """One answer: JSON unless `raw` is given."""

    content: Any = None
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, **usual: str) -> web.Response:
        """As it leaves, with these headers besides its own."""
        body = self.raw if self.raw is not None else json.dumps(self.content).encode()
        headers = {name.replace("_", "-"): value for name, value in usual.items()} | self.headers
        return web.Response(status=self.status, body=body, headers=headers, content_type="application/json")


@asynccontextmanager
async def listening(handle: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """The address under which every request is handled so."""
    application = web.Application(client_max_size=LARGEST)
    application.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class MemoryBooks:
    """The `Books` of one software file, in memory."""

    def __init__(self, kept: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.kept = {kind: dict(ids) for kind, ids in (kept or {}).items()}

    async def ids(self, kind: str, numbers: Collection[str]) -> dict[str, str]:
        return {number: name for number, name in self.kept.get(kind, {}).items() if number in set(numbers)}

    async def remember(self, kind: str, ids: Mapping[str, str]) -> None:
        self.kept.setdefault(kind, {}).update(ids)

    async def forget(self, kind: str, numbers: Collection[str]) -> None:
        for number in numbers:
            self.kept.get(kind, {}).pop(number, None)


class FreeThrottle:
    """No limit; counts the turns taken."""

    def __init__(self) -> None:
        self.turns = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self.turns += 1
        yield


def kept_document(content: bytes = PDF, **changes: Any) -> KeptDocument:
    """An invoice as it was kept."""
    described = {
        "document_id": "doc_9",
        "file_name": "FD-2026-0147.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
        "storage_key": "doc_9",
    }
    return KeptDocument.model_validate(described | changes)


def document(content: bytes = PDF, **changes: Any) -> ParcelDocument:
    """A kept document whose bytes come in small chunks."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    return ParcelDocument(kept=kept_document(content, **changes), open=chunks)
