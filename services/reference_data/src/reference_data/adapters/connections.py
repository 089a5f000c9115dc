"""What connections say that matters for reference data."""

from collections.abc import Sequence

from qontable.database import Connection
from qontable.events.hub import ConnectionChanged


async def save_connections(connection: Connection, changes: Sequence[ConnectionChanged]) -> None:
    """Keep the newest state of each connection."""
    await connection.executemany(
        """
        insert into connection (connection_id, firm_id, version, enabled, synchronize_accounts)
        values ($1, $2, $3, $4, $5)
        on conflict (connection_id) do update set
            version = excluded.version, enabled = excluded.enabled,
            synchronize_accounts = excluded.synchronize_accounts
        where connection.version < excluded.version and connection.firm_id = excluded.firm_id
        """,
        [
            (change.connection_id, change.firm_id, change.version, change.enabled, change.options.synchronize_accounts)
            for change in changes
        ],
    )
