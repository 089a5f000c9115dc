"""The parts of a running system that a command drives, and patience with what takes its time to arrive."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from qontable.addresses import Addresses
from sandbox.adapters.api import Api, ApiRefused
from sandbox.adapters.hub_api import HubApi
from sandbox.adapters.sandbox_api import ControlApi, PlatformApi
from sandbox.software.registry import rules_of

T = TypeVar("T")
ARRIVES_WITHIN_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.25
NOT_YET = frozenset({404, 409})


class GaveUp(Exception):
    """Something did not happen in time; the message says what, and what was seen last."""


class Progress(Protocol):
    """Where a job says what it does, for whoever watches."""

    def step(self, text: str) -> None:
        """Something is done."""

    def count(self, text: str, done: int, total: int) -> None:
        """So many of so many are done."""


@dataclass(frozen=True, slots=True)
class Systems:
    """The Hub, the stand-in platform and the stand-in softwares of one running system, and the secrets between them."""

    hub: HubApi
    platform: PlatformApi
    control: ControlApi
    platform_secret: str
    partner_secrets: Mapping[str, str]

    def firm_key(self, connector: str, firm_id: str) -> str:
        """The key that a firm has made in its stand-in software: the same every time."""
        return rules_of(connector).key.key(self._random(connector, firm_id))

    def typed_key(self, connector: str, firm_id: str) -> dict[str, str]:
        """The same key as the firm types it, by field of the connector's wizard."""
        return rules_of(connector).key.fields(self._random(connector, firm_id))

    def _random(self, connector: str, firm_id: str) -> str:
        return hashlib.sha256(f"{self.partner_secrets[connector]}\x1f{connector}\x1f{firm_id}".encode()).hexdigest()


@asynccontextmanager
async def open_systems(addresses: Addresses) -> AsyncIterator[Systems]:
    """The parts at these addresses; nothing is called yet."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(Api("the Hub", addresses.http["hub"]))
        sandbox = await stack.enter_async_context(Api("the sandbox", addresses.http["sandbox"]))
        yield Systems(
            HubApi(hub),
            PlatformApi(sandbox),
            ControlApi(sandbox),
            addresses.platform_secret,
            addresses.partner_secrets,
        )


async def once_arrived(what: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """The result of `attempt` as soon as no part says any more that it does not know or not yet. Raises `GaveUp`."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + ARRIVES_WITHIN_SECONDS
    while True:
        try:
            return await attempt()
        except ApiRefused as refusal:
            if refusal.status not in NOT_YET:
                raise
            if clock() > deadline:
                raise GaveUp(f"{what}: {refusal}") from None
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
