"""One gateway process."""

import asyncio

from gateways.bootstrap import build
from gateways.entrypoints.documents import serve_documents
from gateways.settings import GatewaySettings


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_run())


async def _run() -> None:
    settings = GatewaySettings()
    service = await build(settings)
    serve_documents(service, settings)
    await service.run()
