"""The sandbox as a process: stand-in platform, stand-in softwares and their control on one port."""

import asyncio

from qontable.service import Service
from sandbox.app.platform import MOUNT
from sandbox.bootstrap import build
from sandbox.entrypoints.books import add_softwares
from sandbox.entrypoints.platform_api import platform_application
from sandbox.settings import SandboxSettings


async def assemble(settings: SandboxSettings) -> Service:
    """The whole sandbox, ready to run."""
    parts = await build(settings)
    parts.service.add_app(MOUNT, platform_application(parts.platform))
    add_softwares(parts.service)
    return parts.service


def main() -> None:
    """Run until told to stop."""

    async def run() -> None:
        service = await assemble(SandboxSettings())
        await service.run()

    asyncio.run(run())
