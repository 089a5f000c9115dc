"""How client files are tied to software files: integrations, connections, connectors with their data sheets."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from entries.domain.facts import FileFacts
from qontable.database import Connection
from qontable.events.connector import ConnectionHealthChanged, ConnectorAnnounced
from qontable.events.hub import ConnectionChanged, FileIntegrationChanged, FilePolicies
from qontable.sheet import Sheet


async def save_integrations(
    connection: Connection, events: Sequence[FileIntegrationChanged], said_at: Mapping[str, datetime]
) -> list[str]:
    """Keep each file's tie at its highest version, at most one event per file; the files for which this was news.

    A tie is active since its event was said (`said_at`, by file), unless it was so before on the same software file.
    """
    rows = await connection.fetch(
        """
        insert into integrations (file_id, firm_id, version, connection_id, connector, software_file_id, active,
            send_from, before_send_from, journal_map, policies, active_since)
        select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::boolean[],
            $8::date[], $9::text[], $10::jsonb[], $11::jsonb[], $12::timestamptz[])
        on conflict (file_id) do update set
            version = excluded.version, connection_id = excluded.connection_id, connector = excluded.connector,
            software_file_id = excluded.software_file_id, active = excluded.active, send_from = excluded.send_from,
            before_send_from = excluded.before_send_from, journal_map = excluded.journal_map,
            policies = excluded.policies,
            active_since = case
                when excluded.active and (integrations.connection_id, integrations.software_file_id)
                    is not distinct from (excluded.connection_id, excluded.software_file_id)
                then coalesce(integrations.active_since, excluded.active_since) else excluded.active_since end
        where integrations.version < excluded.version and integrations.firm_id = excluded.firm_id
        returning file_id
        """,
        [event.file_id for event in events],
        [event.firm_id for event in events],
        [event.version for event in events],
        [event.connection_id for event in events],
        [event.connector for event in events],
        [event.software_file.software_file_id if event.software_file else None for event in events],
        [event.active for event in events],
        [date.fromisoformat(event.send_from) if event.send_from else None for event in events],
        [event.before_send_from for event in events],
        [event.journal_map for event in events],
        [event.policies.model_dump(mode="json") for event in events],
        [said_at[event.file_id] if event.active else None for event in events],
    )
    return [row["file_id"] for row in rows]


async def save_connections(
    connection: Connection, events: Sequence[ConnectionChanged], said_at: Mapping[str, datetime]
) -> list[str]:
    """Keep each connection at its highest version, at most one event each; those for which this was news.

    One that sends daily does so since its event was said (`said_at`, by connection), unless it did before. Credentials
    are not kept.
    """
    rows = await connection.fetch(
        """
        insert into connections (connection_id, firm_id, connector, version, enabled, frequency, daily_since)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::text[],
            $7::timestamptz[])
        on conflict (connection_id) do update set
            version = excluded.version, enabled = excluded.enabled, frequency = excluded.frequency,
            daily_since = case when excluded.daily_since is not null
                then coalesce(connections.daily_since, excluded.daily_since) end
        where connections.version < excluded.version and connections.firm_id = excluded.firm_id
        returning connection_id
        """,
        [event.connection_id for event in events],
        [event.firm_id for event in events],
        [event.connector for event in events],
        [event.version for event in events],
        [event.enabled for event in events],
        [event.options.frequency for event in events],
        [said_at[event.connection_id] if _sends_daily(event) else None for event in events],
    )
    return [row["connection_id"] for row in rows]


def _sends_daily(event: ConnectionChanged) -> bool:
    return event.enabled and event.options.frequency == "daily"


async def save_health(connection: Connection, events: Sequence[ConnectionHealthChanged]) -> None:
    """Keep each connection's health at its highest version; at most one event per connection."""
    await connection.execute(
        """
        insert into connection_health (connection_id, version, connected)
        select * from unnest($1::text[], $2::bigint[], $3::boolean[])
        on conflict (connection_id) do update set version = excluded.version, connected = excluded.connected
        where connection_health.version < excluded.version
        """,
        [event.connection_id for event in events],
        [event.version for event in events],
        [event.health == "connected" for event in events],
    )


async def save_connectors(connection: Connection, events: Sequence[ConnectorAnnounced]) -> list[str]:
    """Keep each connector's sheet at its highest version, at most one event each; those for which this was news."""
    rows = await connection.fetch(
        """
        insert into connectors (connector, version, sheet)
        select * from unnest($1::text[], $2::bigint[], $3::jsonb[])
        on conflict (connector) do update set version = excluded.version, sheet = excluded.sheet
        where connectors.version < excluded.version
            or (connectors.version = excluded.version and connectors.sheet <> excluded.sheet)
        returning connector
        """,
        [event.connector for event in events],
        [event.version for event in events],
        [event.sheet.model_dump(mode="json") for event in events],
    )
    return [row["connector"] for row in rows]


async def files_of_connections(connection: Connection, connection_ids: Sequence[str]) -> list[str]:
    """The files that are tied to one of these connections."""
    rows = await connection.fetch("select file_id from integrations where connection_id = any($1)", connection_ids)
    return [row["file_id"] for row in rows]


async def files_of_connectors(connection: Connection, connectors: Sequence[str]) -> list[str]:
    """The files that are tied to one of these connectors."""
    rows = await connection.fetch("select file_id from integrations where connector = any($1)", connectors)
    return [row["file_id"] for row in rows]


class Sheets:
    """Data sheets by connector, read anew only where they have changed."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Sheet] = {}

    async def fetch(self, connection: Connection) -> dict[str, Sheet]:
        """Every connector's sheet as it stands."""
        rows = await connection.fetch("select connector, md5(sheet::text) as digest from connectors")
        current = {(row["connector"], row["digest"]) for row in rows}
        if missing := [connector for connector, digest in current if (connector, digest) not in self._read]:
            fresh = await connection.fetch(
                "select connector, md5(sheet::text) as digest, sheet from connectors where connector = any($1)", missing
            )
            self._read |= {(row["connector"], row["digest"]): Sheet.model_validate(row["sheet"]) for row in fresh}
        return {connector: self._read[connector, digest] for connector, digest in current}


async def fetch_file_facts(
    connection: Connection, file_ids: Sequence[str], sheets: dict[str, Sheet]
) -> dict[str, FileFacts]:
    """Each file's tie as it stands."""
    rows = await connection.fetch(
        """
        select file_id, closed_at, i.connection_id, i.connector, i.software_file_id, i.active, i.send_from,
            i.before_send_from, i.journal_map, i.policies, c.enabled, c.frequency, h.connected,
            greatest(l.before, case when s.cut_off > greatest(c.daily_since, i.active_since) then s.cut_off end)
                as before,
            r.connection_id is not distinct from i.connection_id
                and r.software_file_id is not distinct from i.software_file_id and r.version > 0 as has_reference_data
        from files
        left join integrations i using (file_id)
        left join connections c on c.connection_id = i.connection_id
        left join connection_health h on h.connection_id = i.connection_id
        left join releases l using (file_id)
        left join lateral (
            select max(cut_off) as cut_off from schedules where file_id = files.file_id and state <> 'void'
        ) s on c.daily_since is not null and i.active_since is not null
        left join reference_files r using (file_id)
        where file_id = any($1)
        """,
        file_ids,
    )
    return {row["file_id"]: _file_facts(row, sheets) for row in rows}


def _file_facts(row: Any, sheets: dict[str, Sheet]) -> FileFacts:
    if row["active"] is None:
        return FileFacts(closed=row["closed_at"] is not None)
    return FileFacts(
        closed=row["closed_at"] is not None,
        connection_id=row["connection_id"],
        connector=row["connector"],
        software_file_id=row["software_file_id"],
        active=row["active"],
        connection_enabled=bool(row["enabled"]),
        connection_well=row["connected"] is not False,
        frequency=row["frequency"] or "manual",
        send_from=row["send_from"],
        before_send_from=row["before_send_from"],
        journal_map=row["journal_map"],
        policies=FilePolicies.model_validate(row["policies"]),
        released_before=row["before"],
        sheet=sheets.get(row["connector"]),
        has_reference_data=bool(row["has_reference_data"]),
    )
