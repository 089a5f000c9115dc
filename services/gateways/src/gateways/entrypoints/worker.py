"""One gateway process."""

import asyncio

from gateways.bootstrap import build
from gateways.settings import GatewaySettings


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_run())


async def _run() -> None:
    service = await build(GatewaySettings())
    await service.run()
