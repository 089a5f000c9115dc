"""A gateway as a process of its own, in haste, for the suite to kill. Takes the names of its slot and connectors."""

import asyncio
import sys

from terms import hurried_connectors

from gateways.bootstrap import build
from gateways.settings import GatewaySettings


async def main() -> None:
    service = await build(GatewaySettings(slot=sys.argv[1], lease_seconds=1.0), hurried_connectors(sys.argv[2:]))
    await service.run()


asyncio.run(main())
