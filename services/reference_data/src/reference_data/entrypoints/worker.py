"""Starts the reference data service."""

import asyncio

from reference_data.bootstrap import build
from reference_data.settings import ReferenceDataSettings


async def _run() -> None:
    service = await build(ReferenceDataSettings())
    await service.run()


def main() -> None:
    """Run until told to stop."""
    asyncio.run(_run())
