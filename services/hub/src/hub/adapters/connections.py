"""Connections. Credentials go in sealed and come out sealed, for the event only."""

from collections.abc import Sequence
from typing import Any

from hub.adapters.batch import columns, latest
from hub.domain.connection import ChosenOptions, Connection, ConnectionHealth
from qontable.database import Connection as Db
from qontable.events.connector import ConnectionHealthChanged, ConnectionResealed
from qontable.events.hub import ConnectionChanged, ConnectionOptions, Sealed, Throttle


async def insert_connection(db: Db, connection: Connection, *, firm_id: str, created_by: str) -> None:
    """Keep a connection that waits for its first confirmed credentials."""
    await db.execute(
        """
        insert into connection
            (connection_id, firm_id, connector, name, frequency, synchronize_accounts, throttle, created_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        connection.connection_id,
        firm_id,
        connection.connector,
        connection.name,
        connection.options.frequency,
        connection.options.synchronize_accounts,
        connection.throttle.model_dump() if connection.throttle else None,
        connection.created_at,
        created_by,
    )


async def list_connections(db: Db, firm_id: str) -> list[Connection]:
    """Every connection of the firm, by name."""
    rows = await db.fetch(
        """
        select connection_id, connector, name, version, enabled, parameters, frequency, synchronize_accounts, throttle,
            health, health_since, health_message, created_at
        from connection where firm_id = $1 order by name, connection_id
        """,
        firm_id,
    )
    return [_connection(row) for row in rows]


async def find_connection(db: Db, firm_id: str, connection_id: str) -> Connection | None:
    """One connection of the firm."""
    row = await db.fetchrow(
        """
        select connection_id, connector, name, version, enabled, parameters, frequency, synchronize_accounts, throttle,
            health, health_since, health_message, created_at
        from connection where firm_id = $1 and connection_id = $2
        """,
        firm_id,
        connection_id,
    )
    return _connection(row) if row else None


async def lock_connection(db: Db, firm_id: str, connection_id: str) -> bool:
    """Hold the connection's row until the transaction ends: versions are assigned under this lock."""
    found = await db.fetchval(
        "select true from connection where firm_id = $1 and connection_id = $2 for update", firm_id, connection_id
    )
    return bool(found)


async def read_state(db: Db, connection_id: str) -> ConnectionChanged | None:
    """The connection's whole state as it is published; nothing before its first credentials are confirmed."""
    row = await db.fetchrow("select * from connection where connection_id = $1 and version > 0", connection_id)
    return _state(row) if row else None


async def read_states_after(db: Db, connection_id: str, limit: int) -> list[ConnectionChanged]:
    """The next states in the order of their ids, locked so that no change overtakes them on the topic."""
    rows = await db.fetch(
        """
        select * from connection where connection_id > $1 and version > 0
        order by connection_id limit $2 for update
        """,
        connection_id,
        limit,
    )
    return [_state(row) for row in rows]


async def set_options(db: Db, connection_id: str, options: ChosenOptions) -> None:
    """New options, a new version."""
    await db.execute(
        """
        update connection set frequency = $2, synchronize_accounts = $3, version = version + sign(version)::int
        where connection_id = $1
        """,
        connection_id,
        options.frequency,
        options.synchronize_accounts,
    )


async def set_throttle(db: Db, connection_id: str, throttle: Throttle | None) -> None:
    """How often the software may be called, or again what the data sheet says; a new version."""
    await db.execute(
        "update connection set throttle = $2, version = version + sign(version)::int where connection_id = $1",
        connection_id,
        throttle.model_dump() if throttle else None,
    )


async def set_enabled(db: Db, connection_id: str, *, enabled: bool) -> None:
    """Switched on or off, a new version."""
    await db.execute(
        "update connection set enabled = $2, version = version + 1 where connection_id = $1", connection_id, enabled
    )


async def set_credentials(db: Db, connection_id: str, sealed: Sealed, parameters: dict[str, str]) -> None:
    """Confirmed credentials, a new version; the first ones switch the connection on."""
    await db.execute(
        """
        update connection set
            key_id = $2, box = $3, parameters = $4, version = version + 1, credentials_version = version + 1,
            enabled = enabled or version = 0
        where connection_id = $1
        """,
        connection_id,
        sealed.key_id,
        sealed.box,
        parameters,
    )


async def reseal(db: Db, events: Sequence[ConnectionResealed]) -> list[ConnectionChanged]:
    """Take boxes that gateways sealed again, unless a person confirmed others since; the new states.

    Changes of options since leave the credentials what they are, so the version opened need not be the present one.
    Several gateways may seal the same box again: the first is taken.
    """
    kept = latest(events, lambda event: event.connection_id, lambda event: event.from_version)
    rows = await db.fetch(
        """
        update connection set key_id = sealed.key_id, box = sealed.box, version = connection.version + 1
        from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
            as sealed (firm_id, connection_id, from_version, key_id, box)
        where connection.connection_id = sealed.connection_id and connection.firm_id = sealed.firm_id
            and sealed.from_version between greatest(connection.credentials_version, 1) and connection.version
            and sealed.key_id is distinct from connection.key_id
        returning connection.*
        """,
        *columns([(e.firm_id, e.connection_id, e.from_version, e.sealed.key_id, e.sealed.box) for e in kept]),
    )
    return [_state(row) for row in rows]


async def keep_health(db: Db, events: Sequence[ConnectionHealthChanged]) -> None:
    """Keep what the gateways say of connections."""
    kept = latest(events, lambda event: event.connection_id, lambda event: event.version)
    rows = [
        (e.firm_id, e.connection_id, e.version, e.health, e.since, e.message.model_dump() if e.message else None)
        for e in kept
    ]
    await db.execute(
        """
        update connection set
            health = said.health, health_version = said.version, health_since = said.since,
            health_message = said.message
        from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::jsonb[])
            as said (firm_id, connection_id, version, health, since, message)
        where connection.connection_id = said.connection_id and connection.firm_id = said.firm_id
            and connection.health_version < said.version
        """,
        *columns(rows),
    )


async def known_connections(db: Db, connection_ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that are connections."""
    rows = await db.fetch(
        "select connection_id from connection where connection_id = any($1::text[])", list(connection_ids)
    )
    return frozenset(row["connection_id"] for row in rows)


def _connection(row: Any) -> Connection:
    switched = "enabled" if row["enabled"] else "disabled"
    state = switched if row["version"] else "to_confirm"
    health = row["health"] and ConnectionHealth(
        state=row["health"], since=row["health_since"], message=row["health_message"]
    )
    return Connection(**{**row, "state": state, "health": health, "options": _options(row)})


def _state(row: Any) -> ConnectionChanged:
    return ConnectionChanged(
        firm_id=row["firm_id"],
        connection_id=row["connection_id"],
        connector=row["connector"],
        version=row["version"],
        enabled=row["enabled"],
        sealed=Sealed(key_id=row["key_id"], box=row["box"]),
        options=_options(row),
        throttle=row["throttle"],
    )


def _options(row: Any) -> ConnectionOptions:
    return ConnectionOptions(
        frequency=row["frequency"],
        synchronize_accounts=row["synchronize_accounts"],
        parameters=row["parameters"],
    )
