"""Tokens, and who one is with them."""

from typing import Annotated

from fastapi import APIRouter, Body, status
from pydantic import BaseModel

from hub.adapters import firms, tokens
from hub.app import access
from hub.domain.firm import Firm, Me, Member
from hub.domain.token import IssuedToken, TokenSummary
from hub.entrypoints.api import values
from hub.entrypoints.api.access import Administrator, Platform, SignedIn, TheHub, TheSettings
from hub.entrypoints.api.refusals import refuses
from qontable.events.base import Id

router = APIRouter(tags=["Firm"])


class TokenRequest(values.Body):
    """Whose token: a person whom the platform introduces, or the firm's first administrator."""

    user: Member | None = None


class Members(BaseModel):
    """The firm's members."""

    members: list[Member]


class Tokens(BaseModel):
    """The firm's tokens."""

    tokens: list[TokenSummary]


@router.post(
    "/firms/{firm_id}/tokens",
    status_code=status.HTTP_201_CREATED,
    responses=refuses("token_missing", "platform_refused", "firm_unknown", "member_unknown", signed_in=False),
)
async def issue_token(
    _: Platform, hub: TheHub, settings: TheSettings, firm_id: Id, body: Annotated[TokenRequest, Body()]
) -> IssuedToken:
    """The platform signs a person in. The token is shown this once."""
    return await access.admit(hub, firm_id, body.user, settings.hub_token_days)


@router.get("/me", responses=refuses())
async def read_me(caller: SignedIn, hub: TheHub) -> Me:
    """Whose token this is."""
    async with hub.look(caller.firm_id) as db:
        return await access.read_me(db, caller)


@router.get("/firm", responses=refuses())
async def read_firm(caller: SignedIn, hub: TheHub) -> Firm:
    """The caller's firm."""
    async with hub.look(caller.firm_id) as db:
        return (await access.read_me(db, caller)).firm


@router.get("/members", responses=refuses())
async def list_members(caller: SignedIn, hub: TheHub) -> Members:
    """Everyone of the firm who signed in once, and its first administrator."""
    async with hub.look(caller.firm_id) as db:
        return Members(members=await firms.list_members(db, caller.firm_id))


@router.get("/tokens", responses=refuses("administrators_only"))
async def list_tokens(caller: Administrator, hub: TheHub) -> Tokens:
    """The firm's tokens, latest first, without the tokens themselves."""
    async with hub.look(caller.firm_id) as db:
        return Tokens(tokens=await tokens.list_tokens(db, caller.firm_id))


@router.delete(
    "/tokens/{token_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refuses("administrators_only", "token_unknown"),
)
async def revoke_token(caller: Administrator, hub: TheHub, token_id: Id) -> None:
    """End a token at once."""
    async with hub.act(caller) as action:
        await access.end_token(action, token_id)
