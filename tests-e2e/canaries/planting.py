"""A canary of each encoding, put by hand into every kind of sink: what the search must find before it is believed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit
from urllib.request import url2pathname

import asyncpg
import httpx
import psutil
import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from local_stack.ports import free_port
from local_stack.services import SERVICES
from qontable.producer import open_producer

from .search import ENCODINGS, TEXTUAL, Canary
from .sinks import Sinks

PLANTED = {
    encoding: Canary(f"planted {encoding}", "planted", f"Canari n° {number} «é & ü» +/%? {token_hex(6)}")
    for number, encoding in enumerate(ENCODINGS)
}


def _all(encodings: Iterable[str], around: bytes = b" ") -> bytes:
    return around.join(ENCODINGS[encoding](PLANTED[encoding].text) for encoding in encodings)


TEXT = _all(TEXTUAL).decode()
BYTES = _all(ENCODINGS)


@asynccontextmanager
async def planted(sinks: Sinks) -> AsyncIterator[dict[str, set[str]]]:
    """Plants everything; inside the block every sink named must be found to hold these canaries."""
    async with AsyncExitStack() as stack:
        _plant_files(sinks)
        await _plant_rows(sinks)
        await _plant_record(sinks)
        await _plant_span(sinks)
        url = await stack.enter_async_context(_page(sinks))
        stack.callback(_plant_process(sinks))
        text, everything = ({PLANTED[name].name for name in names} for names in (TEXTUAL, ENCODINGS))
        texts = ["trace", f"metrics {url}", "answer 418 hub", "process planted command line"]
        texts += ["process planted environment", "printed set-aside list", "topic connection.resealed key"]
        texts += [f"log {path.stem}" for path in sinks.logs] + ["topic connection.resealed headers"]
        tables = [f"table {spec.name}.planted" for spec in SERVICES]
        texts += [f"{table}.{column}" for table in tables for column in ("words", "document", "list")]
        whole = ["topic connection.resealed body", "storage attempts/planted.json", "storage documents/planted"]
        yield dict.fromkeys(texts, text) | dict.fromkeys([*whole, *(f"{table}.bytes" for table in tables)], everything)


def _plant_files(sinks: Sinks) -> None:
    for path in sinks.logs:
        with path.open("ab") as log:
            log.write(TEXT.encode() + b"\n")
    folder = Path(url2pathname(urlsplit(sinks.system.world.storage_url).path))
    for name in ("attempts/planted.json", "documents/planted"):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(BYTES)


async def _plant_rows(sinks: Sinks) -> None:
    """A table of its own in every schema, and a record set aside that a command shows."""
    connection = await asyncpg.connect(sinks.system.world.admin_url)
    try:
        for spec in SERVICES:
            table = f"{spec.name}.planted"
            await connection.execute(f"create table {table} (words text, document jsonb, list text[], bytes bytea)")
            await connection.execute(
                f"insert into {table} values ($1, jsonb_build_object('said', $1::text), array[$1], $2)", TEXT, BYTES
            )
        await connection.execute(
            "insert into entries.set_aside (consumer, topic, headers, reason, detail) values ('', '', '[]', '', $1)",
            TEXT,
        )
    finally:
        await connection.close()
    await sinks.run("set-aside", "list", "--json")


async def _plant_record(sinks: Sinks) -> None:
    producer = await open_producer(sinks.system.world.kafka)
    try:
        topic = f"{sinks.system.world.topic_prefix}connection.resealed"
        await producer.send_and_wait(topic, BYTES, key=TEXT.encode(), headers=[("said", TEXT.encode())])
    finally:
        await producer.stop()


async def _plant_span(sinks: Sinks) -> None:
    export = ExportTraceServiceRequest()
    resource = export.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "planted"
    span = resource.scope_spans.add().spans.add(name="planted")
    span.events.add(name="exception").attributes.add(key="exception.message").value.string_value = TEXT
    async with httpx.AsyncClient() as client:
        await client.post(f"{sinks.receiver.url}/v1/traces", content=export.SerializeToString())


@asynccontextmanager
async def _page(sinks: Sinks) -> AsyncIterator[str]:
    """A page of metrics that says them, and an error of an API."""

    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT, status_code=200 if request.url.path == "/metrics" else 418)

    port = free_port()
    app = Starlette(routes=[Route("/metrics", answer), Route("/error", answer)])
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_config=None))
    serving = asyncio.create_task(server.serve())
    url = f"http://127.0.0.1:{port}/metrics"
    try:
        while not server.started:
            await asyncio.sleep(0.02)
        async with sinks.client("hub") as client:
            await client.get(f"http://127.0.0.1:{port}/error")
        sinks.pages.append(url)
        yield url
    finally:
        sinks.pages.remove(url)
        server.should_exit = True
        await serving


def _plant_process(sinks: Sinks) -> Callable[[], None]:
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(300)", TEXT], env=os.environ | {"PLANTED": TEXT}
    )
    sinks.processes["planted"] = psutil.Process(child.pid)

    def end() -> None:
        del sinks.processes["planted"]
        child.kill()
        child.wait()

    return end
