"""Who may ask: tokens given, presented, ended."""

import hmac
from datetime import timedelta
from uuid import uuid4

from hub.adapters import firms, tokens
from hub.adapters.audit import note
from hub.adapters.changes import SESSIONS, announce
from hub.app.hub import Action, Hub
from hub.domain.firm import Caller, Me, Member
from hub.domain.problem import Refused
from hub.domain.token import IssuedToken, new_token, token_hash
from qontable.clock import now
from qontable.database import Connection as Db

PLATFORM = "platform"


async def issue_token(db: Db, firm_id: str, *, user_id: str | None, holds: timedelta, by: str) -> IssuedToken:
    """A new token for a member, by default the firm's first administrator. Noted in the audit log as `by`'s deed.

    Raises `Refused`: firm_unknown, member_unknown.
    """
    first = await firms.first_administrator(db, firm_id)
    if first is None:
        raise Refused("firm_unknown", firm_id=firm_id)
    member = await firms.find_member(db, firm_id, user_id or first)
    if member is None:
        raise Refused("member_unknown", firm_id=firm_id, user_id=user_id or first)
    token = new_token()
    issued = IssuedToken(
        token=token,
        token_id=f"tok_{uuid4().hex}",
        firm_id=firm_id,
        user_id=member.user_id,
        role=member.role,
        expires_at=now() + holds,
    )
    await tokens.insert_token(
        db,
        token_id=issued.token_id,
        firm_id=firm_id,
        user_id=member.user_id,
        hashed=token_hash(token),
        expires_at=issued.expires_at,
    )
    details = {"user_id": member.user_id, "role": member.role}
    await note(db, firm_id, by, "token.issued", {issued.token_id: details})
    return issued


async def admit(hub: Hub, firm_id: str, member: Member | None, days: int) -> IssuedToken:
    """The platform signs a person in: it says who they are, and gets their token. Raises as `issue_token` does."""
    async with hub.look(firm_id) as db:
        if member is not None:
            if await firms.find_firm(db, firm_id) is None:
                raise Refused("firm_unknown", firm_id=firm_id)
            await firms.keep_member(db, firm_id, member)
            await note(db, firm_id, PLATFORM, "member.introduced", {member.user_id: {"role": member.role}})
        user_id = member.user_id if member else None
        return await issue_token(db, firm_id, user_id=user_id, holds=timedelta(days=days), by=PLATFORM)


async def recognise(hub: Hub, token: str) -> Caller:
    """Whose token this is. Raises `Refused` token_refused, whatever is wrong with it."""
    async with hub.knock() as db:
        caller = await tokens.find_caller(db, token_hash(token))
    if caller is None:
        raise Refused("token_refused")
    return caller


async def open_session(hub: Hub, token: str, hours: int) -> str:
    """A token of its own for a browser, of whoever presents theirs. Raises `Refused` token_refused."""
    caller = await recognise(hub, token)
    async with hub.look(caller.firm_id) as db:
        session = await issue_token(
            db, caller.firm_id, user_id=caller.user_id, holds=timedelta(hours=hours), by=caller.user_id
        )
    return session.token


async def close_session(hub: Hub, session: str) -> None:
    """End a browser's token; one that holds no more has ended."""
    try:
        caller = await recognise(hub, session)
    except Refused:
        return
    async with hub.look(caller.firm_id) as db:
        token_id = await tokens.revoke_presented(db, token_hash(session))
        if token_id:
            await note(db, caller.firm_id, caller.user_id, "token.revoked", {token_id: {}})
            await announce(db, [(caller.firm_id, SESSIONS)])


def is_platform(presented: str, secret: str) -> bool:
    """Whether the platform's secret was presented, in a time that tells nothing about it."""
    return hmac.compare_digest(presented.encode(), secret.encode())


async def read_me(db: Db, caller: Caller) -> Me:
    """The caller and their firm."""
    firm = await firms.find_firm(db, caller.firm_id)
    member = await firms.find_member(db, caller.firm_id, caller.user_id)
    if firm is None or member is None:
        raise Refused("token_refused")
    return Me(firm=firm, member=member)


async def end_token(action: Action, token_id: str) -> None:
    """Revoke one of the firm's tokens. Raises `Refused` token_unknown."""
    if not await tokens.revoke_token(action.db, action.firm_id, token_id):
        raise Refused("token_unknown", token_id=token_id)
    await action.note("token.revoked", token_id)
