"""The one place where the sandbox's parts are joined."""

from dataclasses import dataclass
from datetime import timedelta

from qontable.service import Service
from sandbox.app.platform import PlatformParts, join_platform
from sandbox.settings import SandboxSettings

NAME = "sandbox"


@dataclass(frozen=True, slots=True)
class Parts:
    """The service, and the platform's side of it for whatever serves HTTP."""

    service: Service
    platform: PlatformParts


async def build(settings: SandboxSettings) -> Parts:
    """The sandbox without its HTTP entrypoints, connected to PostgreSQL and ready to run."""
    service = await Service.open(NAME, settings)
    lifetime = timedelta(minutes=settings.link_minutes)
    platform = await join_platform(service, public_url=settings.public_url, link_lifetime=lifetime)
    return Parts(service, platform)
