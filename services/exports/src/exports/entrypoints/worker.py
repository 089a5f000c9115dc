"""One process of exports."""

import asyncio

from exports.bootstrap import build
from exports.entrypoints.downloads import serve_downloads
from exports.settings import ExportsSettings


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_run())


async def _run() -> None:
    settings = ExportsSettings()
    service = await build(settings)
    serve_downloads(service, settings)
    await service.run()
