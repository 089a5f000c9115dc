"""Who is asking: the bearer of a firm's token, one of its administrators, or the platform."""

from typing import Annotated, TypeAlias

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.app.access import is_platform, recognise
from hub.app.hub import Hub
from hub.domain.firm import Caller
from hub.domain.problem import Refused
from hub.settings import HubSettings

_FIRM_TOKEN = HTTPBearer(auto_error=False, scheme_name="firmToken", description="A person's token for their firm.")
_PLATFORM = HTTPBearer(auto_error=False, scheme_name="platformSecret", description="The platform's own secret.")


def the_hub(request: Request) -> Hub:
    """The hub that this API serves."""
    hub: Hub = request.app.state.hub
    return hub


def the_settings(request: Request) -> HubSettings:
    """The settings of this hub."""
    settings: HubSettings = request.app.state.settings
    return settings


TheHub: TypeAlias = Annotated[Hub, Depends(the_hub)]
TheSettings: TypeAlias = Annotated[HubSettings, Depends(the_settings)]


async def signed_in(
    hub: TheHub, bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_FIRM_TOKEN)]
) -> Caller:
    """The person whose token was presented. Raises `Refused`: token_missing, token_refused."""
    if bearer is None:
        raise Refused("token_missing")
    return await recognise(hub, bearer.credentials)


async def administrator(caller: Annotated[Caller, Depends(signed_in)]) -> Caller:
    """The person, an administrator of their firm. Raises `Refused` administrators_only beside the above."""
    if caller.role != "administrator":
        raise Refused("administrators_only")
    return caller


async def platform(
    settings: TheSettings, bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_PLATFORM)]
) -> None:
    """The platform itself. Raises `Refused`: token_missing, platform_refused."""
    if bearer is None:
        raise Refused("token_missing")
    if not is_platform(bearer.credentials, settings.hub_platform_secret.get_secret_value()):
        raise Refused("platform_refused")


SignedIn: TypeAlias = Annotated[Caller, Depends(signed_in)]
Administrator: TypeAlias = Annotated[Caller, Depends(administrator)]
Platform: TypeAlias = Annotated[None, Depends(platform)]
