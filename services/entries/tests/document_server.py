"""A small HTTP server that serves documents, or misbehaves, as each test tells it to."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

MUCH = 200_000_000
"""Bytes after which an answer without end ends all the same."""
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"0" * 100
PDF = b"%PDF-1.4\n" + b"1 0 obj<<>>endobj\n" * 20 + b"%%EOF\n"


class DocumentServer:
    """Serves documents over HTTP as told: each path has a status, headers and a body, and counts its visits."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.visits: dict[str, int] = {}
        self.pours: dict[str, tuple[bytes, bytes, float]] = {}
        self.poured: dict[str, int] = {}
        self.hosts: list[str] = []
        self.address = ""

    def put(self, name: str, body: bytes = PDF, status: int = 200, **headers: str) -> str:
        """Serve `body` under a name; its link."""
        self.answers[f"/{name}"] = status, headers, body
        return f"{self.address}/{name}"

    def pour(self, name: str, head: bytes, chunk: bytes, pause: float = 0.0) -> str:
        """Answer with `head`, then with `chunk` again and again until whoever asked has enough; its link."""
        self.pours[f"/{name}"] = head, chunk, pause
        self.poured[f"/{name}"] = 0
        return f"{self.address}/{name}"

    def document(
        self, document_id: str, body: bytes = PDF, served: bytes | None = None, **changes: Any
    ) -> dict[str, Any]:
        """A document that announces `body`, served as `served` where that is something else."""
        announced = {
            "document_id": document_id,
            "file_name": f"{document_id}.pdf",
            "media_type": "application/pdf",
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "url": self.put(document_id, body if served is None else served),
            "url_expires_at": datetime.now(UTC) + timedelta(minutes=30),
        }
        return {**announced, **changes}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["DocumentServer"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()  # whoever asked is gone
            return
        path = head.split(b" ", 2)[1].decode()
        self.visits[path] = self.visits.get(path, 0) + 1
        self.hosts += [text[6:].decode() for text in head.split(b"\r\n") if text.startswith(b"Host: ")]
        if path in self.pours:
            with suppress(ConnectionError):
                await self._pour(path, writer)
            writer.close()
            return
        status, headers, body = self.answers.get(path, (404, {}, b""))
        sent = {"Content-Length": str(len(body)), "Connection": "close", **headers}
        writer.write(f"HTTP/1.1 {status} X\r\n".encode())
        writer.write("".join(f"{name}: {value}\r\n" for name, value in sent.items()).encode() + b"\r\n" + body)
        writer.close()

    async def _pour(self, path: str, writer: asyncio.StreamWriter) -> None:
        head, chunk, pause = self.pours[path]
        writer.write(b"HTTP/1.1 200 OK\r\n" + head)
        while self.poured[path] < MUCH and path in self.pours:
            writer.write(chunk)
            await writer.drain()
            self.poured[path] += len(chunk)
            await asyncio.sleep(pause)
