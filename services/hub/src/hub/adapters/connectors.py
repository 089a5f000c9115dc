"""Data sheets as the gateways announced them."""

from collections.abc import Sequence

from hub.adapters.batch import columns, latest
from hub.domain.connection import Connector
from qontable.database import Connection as Db
from qontable.events.connector import ConnectorAnnounced
from qontable.vault import SealingKey


async def keep_connectors(db: Db, events: Sequence[ConnectorAnnounced]) -> None:
    """Keep announcements. One of the same version replaces the earlier one: its sealing key may be newer."""
    kept = latest(events, lambda event: event.connector, lambda event: event.version)
    rows = [
        (event.connector, event.version, event.sheet.model_dump(mode="json"), event.sealing_key_id, event.sealing_key)
        for event in kept
    ]
    await db.execute(
        """
        insert into connector (connector, version, sheet, sealing_key_id, sealing_key)
        select * from unnest($1::text[], $2::bigint[], $3::jsonb[], $4::text[], $5::text[])
        on conflict (connector) do update set
            version = excluded.version, sheet = excluded.sheet, announced_at = now(),
            sealing_key_id = excluded.sealing_key_id, sealing_key = excluded.sealing_key
        where connector.version <= excluded.version
        """,
        *columns(rows),
    )


async def list_connectors(db: Db) -> list[Connector]:
    """Every software that can be connected, by name."""
    rows = await db.fetch("select connector, version, sheet from connector order by sheet ->> 'name', connector")
    return [Connector.model_validate(dict(row)) for row in rows]


async def find_connector(db: Db, connector: str) -> tuple[Connector, SealingKey] | None:
    """A software's data sheet and the key under which its credentials are sealed."""
    row = await db.fetchrow(
        "select connector, version, sheet, sealing_key_id, sealing_key from connector where connector = $1", connector
    )
    if row is None:
        return None
    return Connector.model_validate(dict(row)), SealingKey(row["sealing_key_id"], row["sealing_key"])
