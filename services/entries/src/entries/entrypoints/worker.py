"""The worker: one process, everything in it."""

import asyncio

from entries.bootstrap import build
from entries.settings import EntriesSettings


async def work() -> None:
    """Run until told to stop."""
    service = await build(EntriesSettings())
    await service.run()


def main() -> None:
    """Start the worker."""
    asyncio.run(work())
