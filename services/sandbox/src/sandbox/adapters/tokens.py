"""Keys of accounting software as the stand-ins know them: by hash, never in clear (DESIGN 8, rule 6)."""

import hashlib
from dataclasses import dataclass
from typing import Any

from qontable.database import Connection
from sandbox.domain.seed import TokenSeed


@dataclass(frozen=True, slots=True)
class Token:
    """A key and what it may do. Without `software_file_id` it reaches every file of the firm.

    `requests` per `seconds` and `concurrent` are what was granted to it; None is the vendor's own limit.
    `scopes` None is every scope of a vendor that has scopes.
    """

    id: int
    firm: str
    token_sha256: bytes
    secret_sha256: bytes
    software_file_id: int | None
    activated: bool
    revoked: bool
    disconnected: bool
    forbidden_routes: tuple[str, ...]
    requests: int | None
    seconds: float | None
    concurrent: int | None
    scopes: tuple[str, ...] | None
    expired: bool


def secret_hash(secret: str) -> bytes:
    """How a token or a secret is kept."""
    return hashlib.sha256(secret.encode()).digest()


async def find_token(connection: Connection, connector: str, token_sha256: bytes) -> Token | None:
    """The key with this hash, also if it was revoked."""
    row = await connection.fetchrow(
        """
        select id, firm, token_sha256, secret_sha256, software_file_id, activated, revoked, disconnected,
               forbidden_routes, requests, seconds, concurrent, scopes,
               coalesce(expires_at <= clock_timestamp(), false) as expired
        from software_tokens where connector = $1 and token_sha256 = $2
        """,
        connector,
        token_sha256,
    )
    if row is None:
        return None
    scopes = None if row["scopes"] is None else tuple(row["scopes"])
    return Token(**(dict(row) | {"forbidden_routes": tuple(row["forbidden_routes"]), "scopes": scopes}))


async def activate_token(connection: Connection, token_id: int) -> None:
    """The key was used for the first time where a vendor demands it."""
    await connection.execute("update software_tokens set activated = true where id = $1 and not activated", token_id)


async def put_token(connection: Connection, seed: TokenSeed, software_file_id: int | None) -> int:
    """Make a key or change what it may do; the token itself names it."""
    return int(
        await connection.fetchval(
            """
            insert into software_tokens (connector, firm, token_sha256, secret_sha256, software_file_id, activated,
                                         revoked, disconnected, forbidden_routes, requests, seconds, concurrent,
                                         scopes)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            on conflict (connector, token_sha256) do update set
                firm = excluded.firm, secret_sha256 = excluded.secret_sha256,
                software_file_id = excluded.software_file_id, activated = excluded.activated,
                revoked = excluded.revoked, disconnected = excluded.disconnected,
                forbidden_routes = excluded.forbidden_routes, requests = excluded.requests,
                seconds = excluded.seconds, concurrent = excluded.concurrent, scopes = excluded.scopes,
                expires_at = null
            returning id
            """,
            seed.connector,
            seed.firm,
            secret_hash(seed.token.get_secret_value()),
            secret_hash(seed.secret.get_secret_value()),
            software_file_id,
            seed.activated,
            seed.revoked,
            seed.disconnected,
            list(seed.forbidden_routes),
            seed.requests,
            seed.seconds,
            seed.concurrent,
            None if seed.scopes is None else list(seed.scopes),
        )
    )


async def change_token(connection: Connection, connector: str, token: str, changes: dict[str, Any]) -> bool:
    """Change what a key may do: revoke it, disconnect it, grant limits. Says whether there is such a key."""
    assignments = ", ".join(f"{column} = ${place}" for place, column in enumerate(changes, 3))
    return bool(
        await connection.fetchval(
            f"update software_tokens set {assignments} where connector = $1 and token_sha256 = $2 returning true",  # noqa: S608
            connector,
            secret_hash(token),
            *changes.values(),
        )
    )
