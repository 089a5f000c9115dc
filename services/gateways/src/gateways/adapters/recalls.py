"""The table of recalls: what must not be sent, even if its dispatch arrives later."""

from collections.abc import Collection, Mapping
from datetime import datetime

from qontable.database import Connection

_ORDERS_LOCK = 0x516F6E02


async def share_orders(connection: Connection) -> None:
    """Take orders in beside others who do, but not while a recall looks for its order; until the transaction ends."""
    await connection.execute("select pg_advisory_xact_lock_shared($1, hashtext(current_schema()))", _ORDERS_LOCK)


async def hold_orders(connection: Connection) -> None:
    """Wait for orders that are being taken in, and keep others out until the transaction ends: so an order that is not
    there finds its recall when it comes."""
    await connection.execute("select pg_advisory_xact_lock($1, hashtext(current_schema()))", _ORDERS_LOCK)


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
