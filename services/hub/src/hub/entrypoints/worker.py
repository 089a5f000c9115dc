"""The hub as a process: consumers, loops, API and pages on one port."""

import asyncio

from hub.bootstrap import build
from hub.entrypoints.api.application import PREFIX, create_api
from hub.entrypoints.pages.application import create_pages
from hub.settings import HubSettings
from qontable.service import Service


async def assemble(settings: HubSettings) -> Service:
    """The whole hub, ready to run."""
    parts = await build(settings)
    parts.service.add_app(PREFIX, create_api(parts.hub, settings))
    parts.service.add_app("", create_pages(parts.hub, settings))
    return parts.service


def main() -> None:
    """Run until told to stop."""

    async def run() -> None:
        service = await assemble(HubSettings())
        await service.run()

    asyncio.run(run())
