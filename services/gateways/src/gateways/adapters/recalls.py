"""The table of recalls: what must not be sent, even if its dispatch arrives later."""

from collections.abc import Collection, Mapping
from datetime import datetime

from qontable.database import Connection


async def remember(connection: Connection, requested: Mapping[str, datetime]) -> None:
    """Keep recalls by delivery."""
    await connection.execute(
        "insert into recalls select * from unnest($1::text[], $2::timestamptz[]) on conflict do nothing",
        list(requested),
        list(requested.values()),
    )


async def recalled_among(connection: Connection, delivery_ids: Collection[str]) -> set[str]:
    """Those of these deliveries that were recalled."""
    rows = await connection.fetch("select delivery_id from recalls where delivery_id = any($1)", list(delivery_ids))
    return {row["delivery_id"] for row in rows}
