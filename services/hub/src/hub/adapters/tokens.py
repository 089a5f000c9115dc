"""Tokens by their hashes."""

from datetime import datetime

from hub.domain.firm import Caller
from hub.domain.token import TokenSummary
from qontable.database import Connection as Db


async def insert_token(
    db: Db, *, token_id: str, firm_id: str, user_id: str, hashed: bytes, expires_at: datetime
) -> None:
    """Keep a new token."""
    await db.execute(
        "insert into api_token (token_id, firm_id, user_id, token_hash, expires_at) values ($1, $2, $3, $4, $5)",
        token_id,
        firm_id,
        user_id,
        hashed,
        expires_at,
    )


async def find_caller(db: Db, hashed: bytes) -> Caller | None:
    """Whose token this is, if it holds. Leaves the transaction acting for that firm.

    A token's row shows itself to whoever presents the hash (policy `presented`); the firm in it then opens the rest.
    """
    await db.execute("select set_config('qontable.token_hash', $1, true)", hashed.hex())
    firm_id = await db.fetchval(
        """
        select set_config('qontable.firm_id', firm_id, true) from api_token
        where token_hash = $1 and revoked_at is null and expires_at > now()
        """,
        hashed,
    )
    if firm_id is None:
        return None
    row = await db.fetchrow(
        """
        select member.firm_id, member.user_id, member.role
        from api_token join member using (firm_id, user_id) where token_hash = $1
        """,
        hashed,
    )
    return Caller(**row) if row else None


async def list_tokens(db: Db, firm_id: str) -> list[TokenSummary]:
    """The firm's tokens, latest first."""
    rows = await db.fetch(
        """
        select token_id, user_id, created_at, expires_at, revoked_at from api_token
        where firm_id = $1 order by created_at desc, token_id
        """,
        firm_id,
    )
    return [TokenSummary.model_validate(dict(row)) for row in rows]


async def revoke_token(db: Db, firm_id: str, token_id: str) -> bool:
    """End a token; false when the firm has no such token. Ending it twice is ending it."""
    done = await db.fetchval(
        """
        update api_token set revoked_at = coalesce(revoked_at, now())
        where firm_id = $1 and token_id = $2 returning true
        """,
        firm_id,
        token_id,
    )
    return bool(done)


async def revoke_presented(db: Db, hashed: bytes) -> str | None:
    """End the firm's token with this hash; its id."""
    token_id: str | None = await db.fetchval(
        "update api_token set revoked_at = coalesce(revoked_at, now()) where token_hash = $1 returning token_id", hashed
    )
    return token_id
