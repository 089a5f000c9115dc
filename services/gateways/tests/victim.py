"""A gateway as a process of its own, for tests to stop and kill in the middle of an entry.

It says `opened ENTRY` when an attempt is on record, `left ENTRY` when the request's turn has come, `kept ENTRY` when it
was not let through. Started with the name of its slot; everything else comes from the environment.
"""

import asyncio
import sys

from software import Software, accept, not_sent

from gateways.bootstrap import build
from gateways.domain.outcome import SendOutcome
from gateways.domain.port import Parcel, Session
from gateways.settings import GatewaySettings


class Slow(Software):
    """Takes long before the first byte of an entry named `before…`, and after that of every other one."""

    async def _send(self, session: Session, parcel: Parcel) -> SendOutcome:
        entry = parcel.entry.ref.entry_id
        tell("opened", entry)
        if entry.startswith("before"):
            await asyncio.sleep(0.7)
        try:
            async with session.throttle.turn():
                tell("left", entry)
                await asyncio.sleep(0.7)
                return accept(self, parcel)
        except TimeoutError:
            tell("kept", entry)
            return not_sent("unreachable")(self, parcel)


def tell(what: str, entry: str) -> None:
    """A line for the test."""
    sys.stdout.write(f"{what} {entry}\n")
    sys.stdout.flush()


async def main() -> None:
    service = await build(GatewaySettings(slot=sys.argv[1], lease_seconds=1.0), {"myunisoft": Slow()})
    await service.run()


asyncio.run(main())
