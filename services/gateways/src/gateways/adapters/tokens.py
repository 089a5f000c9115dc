"""The table of tokens: what a software gave in exchange for credentials, sealed; one row for each set of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import orjson

from qontable.database import Connection
from qontable.events.hub import Sealed

KIND = "tokens"
"""What is said inside their boxes, so that none is taken for a box of credentials."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """The newest tokens of one descent."""

    connection_id: str
    descent: str
    firm_id: str
    connector: str
    generation: int
    renew_at: datetime
    sealed: Sealed = field(repr=False)


def descent_of(credentials: Mapping[str, str]) -> str:
    """Tells the tokens of one set of credentials from those of another. Credentials that tokens are given for hold a
    secret too long to be guessed, so the hash tells nobody what they are."""
    return hashlib.sha256(orjson.dumps(dict(credentials), option=orjson.OPT_SORT_KEYS)).hexdigest()


async def newest(connection: Connection, connection_id: str, descent: str) -> TokenRow | None:
    """The tokens kept for these credentials."""
    row = await connection.fetchrow(
        "select * from tokens where connection_id = $1 and descent = $2", connection_id, descent
    )
    return _row(row) if row else None


async def keep(connection: Connection, row: TokenRow, *, after: int | None) -> bool:
    """Keep tokens in the place of generation `after`, or the first ones; false when that place is taken."""
    if after is None:
        done = await connection.execute(
            """
            insert into tokens (connection_id, descent, firm_id, connector, generation, renew_at, key_id, box)
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
            """,
            *_values(row),
        )
    else:
        done = await connection.execute(
            """
            update tokens set generation = $5, renew_at = $6, key_id = $7, box = $8, kept_at = now()
            where connection_id = $1 and descent = $2 and firm_id = $3 and connector = $4 and generation = $9
            """,
            *_values(row),
            after,
        )
    return bool(done.endswith(" 1"))


async def drop_others(connection: Connection, connection_id: str, descent: str) -> None:
    """Drop tokens of credentials that the connection has no more; those typed within a day may still be confirmed."""
    await connection.execute(
        "delete from tokens where connection_id = $1 and descent <> $2 and kept_at < now() - interval '1 day'",
        connection_id,
        descent,
    )


async def sealed_under_other_keys(
    connection: Connection, connectors: Sequence[str], key_id: str, known_keys: Sequence[str], most: int
) -> list[TokenRow]:
    """Tokens sealed under a key that is here, but not this one; nobody else touches them until the transaction ends."""
    rows = await connection.fetch(
        """
        select * from tokens where connector = any($1) and key_id <> $2 and key_id = any($3)
        order by connection_id, descent limit $4 for update skip locked
        """,
        list(connectors),
        key_id,
        list(known_keys),
        most,
    )
    return [_row(row) for row in rows]


async def reseal(connection: Connection, row: TokenRow, sealed: Sealed) -> None:
    """Keep the same tokens under another key."""
    await connection.execute(
        "update tokens set key_id = $3, box = $4 where connection_id = $1 and descent = $2",
        row.connection_id,
        row.descent,
        sealed.key_id,
        sealed.box,
    )


def _values(row: TokenRow) -> tuple[object, ...]:
    return (
        row.connection_id,
        row.descent,
        row.firm_id,
        row.connector,
        row.generation,
        row.renew_at,
        row.sealed.key_id,
        row.sealed.box,
    )


def _row(row: asyncpg.Record) -> TokenRow:
    return TokenRow(
        connection_id=row["connection_id"],
        descent=row["descent"],
        firm_id=row["firm_id"],
        connector=row["connector"],
        generation=row["generation"],
        renew_at=row["renew_at"],
        sealed=Sealed(key_id=row["key_id"], box=row["box"]),
    )
