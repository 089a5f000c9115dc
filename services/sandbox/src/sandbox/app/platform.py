"""The parts of the stand-in platform, joined to the sandbox's service."""

from dataclasses import dataclass
from datetime import timedelta

from qontable.service import Service
from qontable.storage import Storage, open_storage
from qontable.unit import Units
from sandbox.adapters.platform_documents import link_key
from sandbox.app.answering import Answers
from sandbox.app.publishing import Publisher
from sandbox.domain.links import LinkSigner

MOUNT = "/platform"


@dataclass(frozen=True, slots=True)
class PlatformParts:
    """What the platform's API works with."""

    units: Units
    storage: Storage
    links: LinkSigner
    publisher: Publisher


async def join_platform(service: Service, *, public_url: str, link_lifetime: timedelta) -> PlatformParts:
    """Let the service answer for the platform. `public_url` is where others reach the sandbox."""
    async with service.database.transaction() as connection:
        key = await link_key(connection)
    links = LinkSigner(key, f"{public_url.rstrip('/')}{MOUNT}", link_lifetime)
    storage = open_storage(service.settings.storage_url)
    for subscription in Answers(links).subscriptions():
        service.add_subscription(subscription)
    return PlatformParts(service.units, storage, links, Publisher(service.units, storage, links))
