"""Access to a service's own schema: a pool, transactions, and the firm whose rows a transaction may see.

A pool has a scope. Workers act for the house (`service`) and see every firm's rows; pages and APIs act for one firm
(`firm`) and see nothing until `transaction(firm_id=...)` names it: row-level security decides, not the query
(DESIGN 8, rule 7).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import asyncpg
import orjson

LONGEST_IDLE_SECONDS = 30
"""A process that is stopped inside a transaction must not keep its locks: the server ends the session."""

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Scope = Literal["service", "firm"]
CLOSE_SECONDS = 5.0

UNREACHABLE: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,
    asyncpg.exceptions.InvalidCatalogNameError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.ObjectNotInPrerequisiteStateError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.PostgresSystemError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,
    asyncpg.exceptions.UndefinedTableError,
    asyncpg.exceptions.UndefinedColumnError,
)
"""Failures of the surroundings, not of the data: the same work can succeed later, once a migration is applied too."""


class Database:
    """A pool of connections with the service's role."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def connect(cls, url: str, *, scope: Scope = "service", connections: int = 8, name: str = "") -> "Database":
        """Open the pool. Raises one of `UNREACHABLE` when PostgreSQL does not answer."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=connections,
            init=_speak_json,
            reset=_leave_as_it_is,
            command_timeout=60,
            server_settings={
                "qontable.scope": scope,
                "application_name": name or "qontable",
                # People ask with some filters of many: a plan made for all of them at once reads a whole file.
                "plan_cache_mode": "force_custom_plan" if scope == "firm" else "auto",
                "idle_in_transaction_session_timeout": f"{LONGEST_IDLE_SECONDS}s",
            },
        )
        return cls(pool)

    @asynccontextmanager
    async def transaction(self, firm_id: str | None = None) -> AsyncIterator[Connection]:
        """One transaction, as `firm_id` where one is given; it commits when the block ends without an exception."""
        async with self.pool.acquire() as connection, connection.transaction():
            if firm_id is not None:
                await connection.execute("select set_config('qontable.firm_id', $1, true)", firm_id)
            yield connection

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """A connection for session locks and channels listened to, which live as long as it does: for the block."""
        async with self.pool.acquire() as connection:
            try:
                yield connection
            finally:
                await connection.close(timeout=CLOSE_SECONDS)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()


async def _leave_as_it_is(_connection: asyncpg.Connection) -> None:
    """A connection given back holds no state: settings end with their transaction, the rest is for `session`.

    Without this asyncpg asks the server to forget everything each time, which costs as much as a statement.
    """


async def _speak_json(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_encode, decoder=orjson.loads, schema="pg_catalog")


def _encode(value: Any) -> str:
    return orjson.dumps(value).decode()
