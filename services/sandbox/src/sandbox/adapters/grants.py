"""What firms granted to applications: codes and renewals, each good for one exchange. Only hashes are kept."""

from dataclasses import dataclass

from qontable.database import Connection
from sandbox.adapters.tokens import secret_hash
from sandbox.domain.seed import GrantSeed


@dataclass(frozen=True, slots=True)
class Grant:
    """What may be exchanged now: whose it is, for what, and the access that ends with it."""

    firm: str
    redirect_uri: str | None
    scopes: tuple[str, ...] | None
    access_token_id: int | None


@dataclass(frozen=True, slots=True)
class Issued:
    """An access and its renewal, in clear, as they are answered once."""

    access_token: str
    refresh_token: str
    access_seconds: int
    refresh_seconds: int


async def put_grant(connection: Connection, seed: GrantSeed) -> None:
    """Register the application, and grant it a code or a renewal; granting the same again makes it good again."""
    await connection.execute(
        """
        insert into software_clients (connector, client_id, secret_sha256) values ($1, $2, $3)
        on conflict (connector, client_id) do update set secret_sha256 = excluded.secret_sha256
        """,
        seed.connector,
        seed.client_id,
        secret_hash(seed.client_secret.get_secret_value()),
    )
    await connection.execute(
        """
        insert into software_grants (connector, firm, client_id, kind, token_sha256, redirect_uri, scopes, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
        on conflict (connector, token_sha256) do update set
            firm = excluded.firm, client_id = excluded.client_id, kind = excluded.kind, scopes = excluded.scopes,
            redirect_uri = excluded.redirect_uri, expires_at = excluded.expires_at, used_at = null
        """,
        seed.connector,
        seed.firm,
        seed.client_id,
        seed.kind,
        secret_hash(seed.token.get_secret_value()),
        seed.redirect_uri,
        None if seed.scopes is None else list(seed.scopes),
        seed.seconds,
    )


async def client_secret(connection: Connection, connector: str, client_id: str) -> bytes | None:
    """The hash of an application's secret, if there is such an application."""
    found: bytes | None = await connection.fetchval(
        "select secret_sha256 from software_clients where connector = $1 and client_id = $2", connector, client_id
    )
    return found


async def use_grant(connection: Connection, connector: str, client_id: str, kind: str, token: str) -> Grant | None:
    """Take a grant, which is gone then: of two callers at once, one gets it. None where it is used, ended, unknown."""
    row = await connection.fetchrow(
        """
        update software_grants set used_at = now()
        where connector = $1 and client_id = $2 and kind = $3 and token_sha256 = $4
            and used_at is null and expires_at > clock_timestamp()
        returning firm, redirect_uri, scopes, access_token_id
        """,
        connector,
        client_id,
        kind,
        secret_hash(token),
    )
    if row is None:
        return None
    scopes = None if row["scopes"] is None else tuple(row["scopes"])
    return Grant(row["firm"], row["redirect_uri"], scopes, row["access_token_id"])


async def issue(connection: Connection, connector: str, client_id: str, grant: Grant, issued: Issued) -> None:
    """Replace the access that came with a grant by a new one, with its renewal."""
    await connection.execute("update software_tokens set revoked = true where id = $1", grant.access_token_id)
    await connection.execute(
        """
        with access as (
            insert into software_tokens (connector, firm, token_sha256, secret_sha256, activated, scopes, expires_at,
                                         requests, seconds)
            select $1, $2, $3, ''::bytea, true, $4::text[], now() + make_interval(secs => $5), old.requests, old.seconds
            from (select) as one left join software_tokens old on old.id = $9
            returning id
        )
        insert into software_grants (connector, firm, client_id, kind, token_sha256, scopes, access_token_id,
                                     expires_at)
        select $1, $2, $6, 'refresh', $7, $4, access.id, now() + make_interval(secs => $8) from access
        """,
        connector,
        grant.firm,
        secret_hash(issued.access_token),
        None if grant.scopes is None else list(grant.scopes),
        float(issued.access_seconds),
        client_id,
        secret_hash(issued.refresh_token),
        float(issued.refresh_seconds),
        grant.access_token_id,
    )


async def revoke(connection: Connection, connector: str, client_id: str, token: str) -> None:
    """End a renewal and the access that came with it, or an access and its renewal; what is unknown stays unknown."""
    await connection.execute(
        """
        with ended as (
            update software_grants set used_at = coalesce(used_at, now())
            where connector = $1 and client_id = $2 and (
                token_sha256 = $3
                or access_token_id in (select id from software_tokens where connector = $1 and token_sha256 = $3)
            ) returning access_token_id
        )
        update software_tokens set revoked = true where id in (select access_token_id from ended)
        """,
        connector,
        client_id,
        secret_hash(token),
    )
