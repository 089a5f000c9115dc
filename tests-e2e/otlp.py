"""An OTLP/HTTP receiver inside the test: keeps every span that the system's processes export."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """One span as it was exported."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str]


@dataclass
class Receiver:
    """Where to export to, and what has arrived: spans, and the exports as they came."""

    url: str = ""
    spans: list[ReceivedSpan] = field(default_factory=list)
    exports: list[bytes] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        """Take one export."""
        self.exports.append(await request.body())
        export = ExportTraceServiceRequest.FromString(self.exports[-1])
        for resource in export.resource_spans:
            service = next(
                item.value.string_value for item in resource.resource.attributes if item.key == "service.name"
            )
            for scope in resource.scope_spans:
                self.spans += [
                    ReceivedSpan(
                        service,
                        item.name,
                        item.trace_id.hex(),
                        item.span_id.hex(),
                        item.parent_span_id.hex(),
                        {attribute.key: attribute.value.string_value for attribute in item.attributes},
                    )
                    for item in scope.spans
                ]
        return Response(status_code=200, media_type="application/x-protobuf")


@asynccontextmanager
async def otlp_receiver(port: int) -> AsyncIterator[Receiver]:
    """A receiver that listens inside the block."""
    receiver = Receiver(url=f"http://127.0.0.1:{port}")
    app = Starlette(routes=[Route("/v1/traces", receiver.receive, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_config=None))
    serving = asyncio.create_task(server.serve())
    try:
        yield receiver
    finally:
        server.should_exit = True
        await serving
