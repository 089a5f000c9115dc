"""The table of connections: what the hub last said, credentials sealed as they came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import asyncpg

from qontable.database import Connection
from qontable.events.hub import ConnectionChanged, Sealed, Throttle


@dataclass(frozen=True, slots=True)
class KnownConnection:
    """A connection as the hub last said it."""

    connection_id: str
    firm_id: str
    connector: str
    version: int
    enabled: bool
    sealed: Sealed = field(repr=False)
    parameters: dict[str, str]
    throttle: Throttle | None


async def keep_newest(connection: Connection, changes: Sequence[ConnectionChanged]) -> list[KnownConnection]:
    """Keep the highest version of each connection; those that this changed are returned."""
    newest: dict[str, ConnectionChanged] = {}
    for change in changes:
        if change.connection_id not in newest or change.version > newest[change.connection_id].version:
            newest[change.connection_id] = change
    ordered = [newest[name] for name in sorted(newest)]
    rows = await connection.fetch(
        """
        insert into connections (
            connection_id, firm_id, connector, version, enabled, key_id, box, parameters, throttle
        )
        select * from unnest(
            $1::text[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::text[], $7::text[],
            $8::jsonb[], $9::jsonb[]
        )
        on conflict (connection_id) do update set
            firm_id = excluded.firm_id, connector = excluded.connector, version = excluded.version,
            enabled = excluded.enabled, key_id = excluded.key_id, box = excluded.box,
            parameters = excluded.parameters, throttle = excluded.throttle, changed_at = now()
            where connections.version < excluded.version
        returning *
        """,
        [change.connection_id for change in ordered],
        [change.firm_id for change in ordered],
        [change.connector for change in ordered],
        [change.version for change in ordered],
        [change.enabled for change in ordered],
        [change.sealed.key_id for change in ordered],
        [change.sealed.box for change in ordered],
        [change.options.parameters for change in ordered],
        [change.throttle.model_dump() if change.throttle else None for change in ordered],
    )
    return [_known(row) for row in rows]


async def by_id(connection: Connection, connection_id: str) -> KnownConnection | None:
    """A connection, if the hub has spoken of it."""
    row = await connection.fetchrow("select * from connections where connection_id = $1", connection_id)
    return _known(row) if row else None


async def by_ids(connection: Connection, connection_ids: Collection[str]) -> dict[str, KnownConnection]:
    """Those of these connections of which the hub has spoken."""
    rows = await connection.fetch("select * from connections where connection_id = any($1)", list(connection_ids))
    return {row["connection_id"]: _known(row) for row in rows}


async def sealed_under_other_keys(
    connection: Connection, connectors: Sequence[str], key_id: str, known_keys: Sequence[str], after: str, most: int
) -> list[KnownConnection]:
    """The next connections after an id whose credentials are sealed under a key that is here, but not this one."""
    rows = await connection.fetch(
        """
        select * from connections
        where connector = any($1) and key_id <> $2 and key_id = any($3) and connection_id > $4
        order by connection_id limit $5
        """,
        list(connectors),
        key_id,
        list(known_keys),
        after,
        most,
    )
    return [_known(row) for row in rows]


def _known(row: asyncpg.Record) -> KnownConnection:
    return KnownConnection(
        connection_id=row["connection_id"],
        firm_id=row["firm_id"],
        connector=row["connector"],
        version=row["version"],
        enabled=row["enabled"],
        sealed=Sealed(key_id=row["key_id"], box=row["box"]),
        parameters=row["parameters"],
        throttle=Throttle.model_validate(row["throttle"]) if row["throttle"] else None,
    )
